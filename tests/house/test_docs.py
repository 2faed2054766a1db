"""What the paper says is there is there: links, commands, the version."""

import re
import tomllib

import pytest
from django.core.management import get_commands

from config.embedded.places import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|\!\[[^\]]*\]\(([^)\s]+)\)")
MAKE = re.compile(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)")
MANAGE = re.compile(r"manage\.py ([a-z_]+)")
TARGETS = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def broken_links(text, folder):
    """Return links to files that are not there."""
    targets = [first or second for first, second in LINK.findall(text)]
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    return [target for target in local if target and not (folder / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page):
    assert broken_links(page.read_text(), page.parent) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_commands_exist(page):
    text = page.read_text()
    assert set(MAKE.findall(text)) - TARGETS == set()
    portal = {"add_payer"}  # a command of the portal's process
    assert set(MANAGE.findall(text)) - set(get_commands()) - portal == set()


def test_the_changelog_knows_the_version():
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(rf"^## .*\b{re.escape(version)}\b", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_a_broken_link_is_noticed(tmp_path):
    assert broken_links("See [this](gone.md) and [that](#here), [web](https://x.example).", tmp_path) == ["gone.md"]


def test_decisions_are_numbered_once():
    numbers = [page.name[:4] for page in (PROJECT / "docs" / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))
