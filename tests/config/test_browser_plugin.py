"""A journey without a browser is never silently left out."""

import pytest

from tests.plugin import browser


class Item:
    def __init__(self, *marks):
        self.marks = marks

    def get_closest_marker(self, name):
        return name if name in self.marks else None


@pytest.fixture
def no_browser(monkeypatch):
    monkeypatch.setattr(browser, "find", lambda: None)


def test_in_ci_a_journey_without_a_browser_fails(no_browser, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="No Chromium was found"):
        browser.pytest_runtest_setup(Item("journey"))


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_elsewhere_it_is_skipped_and_named_loudly(no_browser, monkeypatch, value):
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.skip.Exception, match="No Chromium was found"):
        browser.pytest_runtest_setup(Item("journey"))


def test_other_tests_need_no_browser(no_browser, monkeypatch):
    monkeypatch.setenv("CI", "true")
    browser.pytest_runtest_setup(Item())


def test_the_end_of_a_run_lists_the_journeys_that_did_not_run(monkeypatch):
    lines = []

    class Terminal:
        def section(self, title, **style):
            lines.append(title)

        def line(self, text):
            lines.append(text)

    class Report:
        skipped, longrepr, nodeid = True, ("file", 1, f"Skipped: {browser.MISSING}"), "tests/journeys/test_payer.py::test_day"

    monkeypatch.setattr(browser, "_skipped", [])
    browser.pytest_runtest_logreport(Report())
    browser.pytest_terminal_summary(Terminal())
    assert lines == ["BROWSER JOURNEYS THAT DID NOT RUN", browser.MISSING, "  tests/journeys/test_payer.py::test_day"]


def test_the_persons_choice_of_browser_comes_first(monkeypatch):
    monkeypatch.setenv("CAIRN_CHROMIUM", "/bin/sh")
    assert browser.find() == "/bin/sh"
    monkeypatch.setenv("CAIRN_CHROMIUM", "/no/such/browser")
    assert browser.find() is None
