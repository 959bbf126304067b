"""A judgement: what is so, how much it matters, where one can see it, what to do about it."""

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How much a finding matters: a blocker stops the next stage, a fix should be made, a note informs."""

    BLOCKER = "blocker"
    FIX = "fix"
    NOTE = "note"


class Evidence(Struct, frozen=True, omit_defaults=True):
    """Where one can see it for oneself: a file with line or cell, or an event in the ledger."""

    path: str = ""
    line: int | None = None
    cell: int | None = None
    text: str = ""
    event: str = ""

    def __str__(self) -> str:
        place = self.path
        if self.cell is not None:
            place += f" cell {self.cell}"
        if self.line is not None:
            place += f"{' line ' if self.cell is not None else ':'}{self.line}"
        return place or self.event or self.text


class Remedy(Struct, frozen=True, omit_defaults=True):
    """What to do: plain words, and a command that exists where there is one."""

    words: str
    command: str = ""


class Finding(Struct, frozen=True, omit_defaults=True):
    """One judgement about a product or a proof of concept.

    `certainty` and `damage` lie between 0 and 1; findings are shown in the order of their product.
    `common` marks what nine in ten proofs of concept share, shown together in one line.
    """

    code: str
    severity: Severity
    title: str
    remedy: Remedy
    evidence: tuple[Evidence, ...] = ()
    certainty: float = 1.0
    damage: float = 0.5
    common: bool = False
    blocks_ship: bool = False
