"""What may be undefined about a value, said so that its sender can mend it."""

from collections.abc import Collection

from msgspec import Struct

SHOWN_CHARACTERS = 60
SHOWN_CATEGORIES = 6
COMPARED_CATEGORIES = 1000


class Problem(Struct, frozen=True, omit_defaults=True):
    """A value that the rules do not define.

    `kind` is `missing`, `unseen`, `unparsable`, `unproven` (a character that no proven row had), `type`, or
    `range` (outside what was proven, or between two bins). A row with a
    `refused` problem has no answer; the others are flags on an answer that was given.
    """

    row: int
    field: str
    kind: str
    value: str = ""
    hint: str = ""
    refused: bool = True


def shown(value: object) -> str:
    """The value as it was sent, cut short."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def near(text: str, known: Collection[str]) -> str:
    """The categories that may be meant."""
    words = sorted(known)
    if len(words) <= SHOWN_CATEGORIES:
        return f"known: {', '.join(words)}"
    import difflib  # noqa: PLC0415 - for what is refused, and a gateway is to be small

    compared = words[:COMPARED_CATEGORIES]
    close = difflib.get_close_matches(text[:SHOWN_CHARACTERS], compared, n=3, cutoff=0.6)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return f"{meant}{len(words)} known, among them {', '.join(words[:3])}"
