"""pip-audit, where it is installed: it asks its own service about pinned packages, and we read its report."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from causeway.core.errors import OutsideError, remedy

TOOL = "pip-audit"
SECONDS = 300.0
SERVICE_SECONDS = "15"
MOST_SAID = 200
BRING = "or let it run where it can, and bring its report: causeway prove --only scan --scan report.json"
WORDS = (
    "--no-deps",
    "--disable-pip",
    "--progress-spinner",
    "off",
    "--timeout",
    SERVICE_SECONDS,
    "--format",
    "json",
)


def audit(pins: Path, report: Path, *, seconds: float = SECONDS) -> None:
    """Writes pip-audit's report on these pinned packages; OutsideError where there is none."""
    tool = shutil.which(TOOL)
    if tool is None:
        raise OutsideError(f"{TOOL} is not on the PATH", hint=f"pipx install {TOOL}, {BRING}")
    with tempfile.TemporaryFile() as said:
        try:
            code = subprocess.run(  # noqa: S603 - the tool that the person asked for, without a shell
                [tool, *WORDS, "--output", str(report), "--requirement", str(pins)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                timeout=seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise OutsideError(
                f"{TOOL} had not ended after {seconds:g} seconds", hint=f"repeat it, {BRING}"
            ) from None
        except OSError as error:
            raise OutsideError(f"{TOOL} cannot be run: {error.strerror}", hint=remedy(error)) from error
        # it ends with 1 for a weakness as for a service that it cannot reach: only the first has a report
        if not report.is_file() or not report.stat().st_size:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines() or [f"it ended with {code}"]
            raise OutsideError(
                f"{TOOL} wrote no report: {lines[-1].strip()[:MOST_SAID]}",
                hint=f"see that this machine reaches its service, {BRING}",
            )
