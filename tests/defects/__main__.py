"""Plant each defect of the list, run the tests that ought to notice it, and print how many were caught.

Run from the project folder: ``python -m tests.defects [--only WORDS …]``. First the same tests run with nothing planted:
they must all pass. Exit code 1 when fewer than 95 % are caught.
"""

import argparse
import contextlib
import io
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests import plugin

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trust.md"
BEGIN, END = "<!-- make defects -->", "<!-- end of make defects -->"
ENOUGH = 0.95
ALREADY_IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")


def main(arguments: list[str]) -> int:
    """Plant, run, count."""
    options = argparse.ArgumentParser(prog="make defects", description=__doc__)
    options.add_argument(
        "--only", nargs="*", default=[], help="only defects whose words hold one of these; nothing is written then"
    )
    chosen = options.parse_args(arguments).only
    with plugin.started():
        os.environ.update(plugin.variables())
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ["PYTEST_XDIST_WORKER"] = "gw0"  # the runs below join these servers instead of starting their own
        import django

        django.setup()
        from tests.defects.listed import DEFECTS

        wanted = [one for one in DEFECTS if not chosen or any(words in f"{one.words} {one.tests}" for words in chosen)]
        sound, said = run(tuple(sorted({path for one in wanted for path in one.tests})))
        if sound != 0:
            print(f"Nothing is planted, and the tests already fail:\n{said[-3000:]}")
            return 1
        missed = [one.words for one in wanted if not caught(one)]
    share = 1 - len(missed) / len(wanted)
    words = f"{len(wanted) - len(missed)} of {len(wanted)} planted defects were caught ({share:.0%})"
    print(words + "".join(f"\n  missed: {one}" for one in missed))
    if not chosen:
        write(words, missed)
    return 0 if share >= ENOUGH else 1


def caught(defect: object) -> bool:
    """Tell whether the tests notice a defect; a run that could not even begin is no catch."""
    from tests.defects.planting import planted

    began = time.process_time()
    with planted(defect):
        status, said = run(defect.tests)
    noticed = status == 1
    took = f"{time.process_time() - began:.1f} s of processor time"
    print(f"{'caught' if noticed else 'MISSED'}  {defect.words}  ({took})", flush=True)
    if status not in {0, 1}:
        print(said[-2000:], flush=True)
    return noticed


def run(tests: tuple[str, ...]) -> tuple[int, str]:
    """Run tests in this process up to the first failure; return pytest's exit code and what it said."""
    import pytest

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main(["-q", "-x", "--no-cov", "-p", "no:cacheprovider", *ALREADY_IMPORTED, *tests])
    return int(code), said.getvalue()


def write(words: str, missed: list[str]) -> None:
    """Put the figure between its marks in docs/trust.md."""
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    list_of_missed = f" Missed: {'; '.join(missed)}." if missed else ""
    day = f"{datetime.now(UTC):%-d %B %Y}"
    PAGE.write_text(f"{before}{BEGIN}\nOn {day} {words}.{list_of_missed}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
