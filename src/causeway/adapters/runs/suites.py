"""A proof of concept's own tests, run on a copy of it in an environment of its own."""

import re
from pathlib import Path

from causeway.adapters.runs.processes import run_bounded
from causeway.core.environment import Environment, Limits
from causeway.core.errors import OutsideError
from causeway.core.proofs import Suite

REPORT = "causeway-tests.xml"
MAX_REPORT_BYTES = 1 << 20
LAST_WORDS = 200
_COUNTS = re.compile(rb"<testsuite\s[^>]*>")


def run_suite(environment: Environment, copy: Path, *, limits: Limits) -> Suite:
    """How many of the tests in this copy passed, failed and were skipped, as pytest's own report has it."""
    python = Path(environment.python).absolute()
    report = copy / REPORT
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    try:
        ended = run_bounded(
            command, cwd=copy, scratch=copy, limits=limits, what="the tests", path=str(python.parent)
        )
    except OutsideError as error:
        return Suite(0, 0, why=error.message)
    counts = _counts(report)
    if counts is None:
        return Suite(0, 0, why=" ".join(ended.printed.split())[-LAST_WORDS:] or "pytest wrote no report")
    failed = counts.get("failures", 0) + counts.get("errors", 0)
    skipped = counts.get("skipped", 0)
    why = "" if ended.code == 0 or failed else f"pytest ended with code {ended.code}"
    return Suite(counts.get("tests", 0) - failed - skipped, failed, skipped, why)


def _counts(report: Path) -> dict[str, int] | None:
    try:
        with report.open("rb") as stream:
            found = _COUNTS.search(stream.read(MAX_REPORT_BYTES))
    except OSError:
        return None
    if found is None:
        return None
    return {name.decode(): int(count) for name, count in re.findall(rb'(\w+)="(\d+)"', found[0])}
