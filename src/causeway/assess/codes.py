"""The vocabulary of findings: what each code says, why it matters, and what mending it takes, as data."""

import csv
import io
import pkgutil
from functools import cache

from msgspec import Struct


class Effort(Struct, frozen=True):
    """Person-days: hardly under `low`, mostly `likely`, hardly over `high`; `basis` says for what."""

    low: float
    likely: float
    high: float
    basis: str


class Code(Struct, frozen=True):
    """One code: `says` what is so in any folder that has it, `matters` why one should care.

    `tool` is the verb of Causeway that does the work where it applies, else empty.
    """

    code: str
    says: str
    matters: str
    effort: Effort
    tool: str = ""


@cache
def codes() -> dict[str, Code]:
    """Every code of a check, by its name."""
    content = pkgutil.get_data("causeway.assess", "codes.csv") or b""
    return {row["code"]: _code(row) for row in csv.DictReader(io.StringIO(content.decode()))}


def _code(row: dict[str, str]) -> Code:
    effort = Effort(float(row["low"]), float(row["likely"]), float(row["high"]), row["basis"])
    return Code(row["code"], row["says"], row["matters"], effort, row["tool"] or "")
