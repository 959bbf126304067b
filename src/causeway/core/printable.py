"""Text of strangers, made fit for a terminal."""

import re

# what a terminal obeys instead of showing it, and marks that turn the order of letters round
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with escapes for what a terminal would obey: names and lines of a folder are anybody's."""
    return _OBEYED.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
