"""TOML from folders of strangers: what would take gigabytes to read is refused first."""

import tomllib
from typing import Any

MAX_DOTS = 1_000


def read_toml(text: str) -> dict[str, Any]:
    """The document; raises ValueError where it is none, or takes more than it can be worth."""
    # the reader keeps every beginning of a dotted key, so its memory grows with the square of the parts
    if any(line.count(".") > MAX_DOTS for line in text.split("\n")):
        raise ValueError("a key has too many parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
