"""TOML from folders of strangers: what would take gigabytes to read is refused first."""

import tomllib
from typing import Any

MAX_DOTS = 1_000
TOO_DEEP = "nested too deeply"


def read_toml(text: str) -> dict[str, Any]:
    """The document; raises ValueError where it is none, or takes more than it can be worth."""
    # the reader keeps every beginning of a dotted key, so its memory grows with the square of the parts
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MAX_DOTS:
            raise ValueError(f"a key has too many parts (at line {number}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error
