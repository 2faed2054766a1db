"""Compare the sites in a file of cases: one JSON document, no database, no server."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

BAR = 24


class Command(BaseCommand):
    """``manage.py compare_sites CASES --site … --outcome …``; see docs/compare_sites.md."""

    help = __doc__
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Make a fault among the options one line too, with no list of options before it."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def error(message: str) -> NoReturn:
            if parser.called_from_command_line:
                parser.exit(2, f"CommandError: {message}\n")
            raise CommandError(message, returncode=2)

        parser.error = error
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the columns and the settings."""
        parser.usage = "manage.py compare_sites CASES --site COLUMN --outcome COLUMN [options]"
        parser.add_argument("cases", type=Path, help="a CSV or Parquet file, one row a case")
        parser.add_argument("--site", required=True, help="column naming the site")
        parser.add_argument("--outcome", required=True, help="column with 0, 1 or blank")
        parser.add_argument(
            "--adjust", nargs="*", default=[], metavar="NAME[:CODING[:REFERENCE]]",
            help="adjusters: name, name:categorical[:reference], name:spline3, spline4 or spline5",
        )  # fmt: skip
        parser.add_argument("--risk", help="column with a predicted risk, instead of adjusters")
        parser.add_argument(
            "--recalibrate", choices=("intercept", "slope"),
            help="with --risk: bring the given risks to these cases before comparing",
        )  # fmt: skip
        parser.add_argument("--model", default="random-intercept", choices=("random-intercept", "logistic"))
        parser.add_argument("--quadrature", type=int, default=15, help="nodes for each site, 1 to 25")
        parser.add_argument("--interval", default="exact", choices=("exact", "byar", "midp"))
        parser.add_argument("--level", type=float, default=0.95)
        parser.add_argument("--funnel", default="none", choices=("none", "additive", "multiplicative"))
        parser.add_argument("--benchmark", default="pooled", help="pooled, or a rate between 0 and 1")
        parser.add_argument("--draws", type=int, default=2000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--events-per-parameter", type=float, default=5.0)
        parser.add_argument("--out", type=Path, help="where to write the document (standard output when left out)")
        parser.add_argument("--plots", type=Path, help="a folder for funnel.svg and rates.svg")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, compare, write; a refusal is one line on standard error and exit code 2."""
        logging.getLogger("numexpr").setLevel(logging.WARNING)  # standard error is for the one line of a refusal
        from feedback import case_files, plain_plots  # noqa: PLC0415 (numbers are loaded only when asked for)
        from feedback.statistics.compare import ComparisonRefusal, Settings, compare, to_document  # noqa: PLC0415

        try:
            self._progress(0, "reading")
            file = case_files.read(options["cases"])
            cohort = case_files.cohort_of(
                file,
                site=options["site"],
                outcome=options["outcome"],
                adjust=options["adjust"],
                risk=options["risk"],
            )
            self._progress(1, "comparing")
            settings = Settings(
                model=options["model"],
                quadrature=options["quadrature"],
                interval=options["interval"],
                level=options["level"],
                funnel=options["funnel"],
                benchmark=_benchmark(options["benchmark"]),
                draws=options["draws"],
                seed=options["seed"],
                events_per_parameter=options["events_per_parameter"],
            )
            recalibration = None
            if options["recalibrate"]:
                cohort, recalibration = _recalibrated(cohort, kind=options["recalibrate"])
            document = to_document(compare(cohort, settings=settings))
            if recalibration:
                document["settings"]["recalibration"] = recalibration
        except ComparisonRefusal as refusal:
            self._progress(3, "refused")
            raise CommandError(" ".join(" ".join(refusal.reasons).split()), returncode=2) from refusal
        self._progress(2, "writing")
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        pictures = {"funnel.svg": plain_plots.funnel, "rates.svg": plain_plots.shrunken}
        try:
            if options["plots"]:
                options["plots"].mkdir(parents=True, exist_ok=True)
                for name, draw in pictures.items():
                    (options["plots"] / name).write_text(draw(document), encoding="utf-8")
            if options["out"]:
                options["out"].write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be written: {error.strerror}.", returncode=2) from error
        self._progress(3, "done")
        if not options["out"]:
            self.stdout.write(text, ending="")

    def _progress(self, step: int, words: str) -> None:
        """Draw a bar of three steps on a terminal; nothing elsewhere."""
        if self.stderr.isatty():
            full = BAR * step // 3
            bar = "█" * full + "·" * (BAR - full)
            self.stderr.write(f"\r{bar} {words:<12}", self.style.NOTICE, ending="\n" if step == 3 else "")


def _recalibrated(cohort: Any, *, kind: str) -> tuple[Any, dict[str, Any]]:
    from feedback.statistics import external_risk  # noqa: PLC0415 (as above)

    moved, found = external_risk.recalibrated(cohort, kind=kind)
    return moved, {"kind": kind, "intercept": found.intercept, "slope": found.slope}


def _benchmark(word: str) -> float | None:
    if word == "pooled":
        return None
    from feedback.statistics.refusal import ComparisonRefusal  # noqa: PLC0415 (as above)

    try:
        return float(word)
    except ValueError:
        raise ComparisonRefusal("BAD_SETTINGS", (f"The benchmark must be pooled or a rate, not {word}.",)) from None
