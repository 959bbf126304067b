"""How findings put several names into one sentence."""

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """One, two and three, as a person writes it."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
