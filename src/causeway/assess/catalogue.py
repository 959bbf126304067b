"""What is asked of a product, and from which stage on: the checks, as data."""

import csv
import io
import pkgutil
from functools import cache

from msgspec import Struct

STAGES = ("sandbox", "pilot", "production", "scaled")
"""In the order in which a product goes through them."""

_GENERATIVE = ("llm", "agent")


class Check(Struct, frozen=True):
    """One question about a product, what would answer it, and what to do when the answer is no."""

    id: str
    theme: str
    words: str
    asked_from: str
    answered_by: str
    """`automatic`, `human attestation`, or both: presence by the tool, content by a person."""
    evidence: str
    how_verified: str
    remedy: str
    kinds: tuple[str, ...] = ()
    """Kinds of product it is asked of; all of them when empty."""

    def is_asked(self, stage: str, *, kind: str) -> bool:
        """Whether it is asked of a product of this kind at this stage."""
        reached = STAGES.index(self.asked_from) <= STAGES.index(stage)
        return reached and (not self.kinds or kind in self.kinds)


@cache
def catalogue() -> tuple[Check, ...]:
    """Every check there is, in the order of its themes."""
    content = pkgutil.get_data("causeway.assess", "checks.csv") or b""
    return tuple(_check(row) for row in csv.DictReader(io.StringIO(content.decode())))


def asked(stage: str, *, kind: str = "") -> tuple[Check, ...]:
    """The checks asked at this stage of a product of this kind."""
    return tuple(check for check in catalogue() if check.is_asked(stage, kind=kind))


def _check(row: dict[str, str]) -> Check:
    theme, _, condition = row["theme"].partition(" (when")
    return Check(
        id=row["id"],
        theme=theme,
        words=row["check"],
        asked_from=row["asked_from_stage"],
        answered_by=row["verdict"],
        evidence=row["evidence"],
        how_verified=row["how_verified"],
        remedy=row["remedy"],
        kinds=_GENERATIVE if condition else (),
    )
