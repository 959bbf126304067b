"""The interpreter and packages in which a proof of concept's own code runs."""

from msgspec import Struct


class Problem(Struct, frozen=True):
    """A requirement that could not be met as written; `proposal` is what stands in for it, if anything."""

    requirement: str
    why: str
    proposal: str = ""


class Environment(Struct, frozen=True):
    """An interpreter with packages of its own; `pins` is what is really installed, name to version."""

    python: str
    version: str
    pins: dict[str, str]
    problems: tuple[Problem, ...]
    key: str
    folder: str


class Limits(Struct, frozen=True):
    """What a run of the proof of concept's code may use before it is stopped."""

    seconds: float = 900.0
    memory_bytes: int = 6 << 30
    file_bytes: int = 2 << 30


class Resolved(Struct, frozen=True):
    """Versions that fit together, and what was left out to get there: name to reason."""

    pins: dict[str, str]
    dropped: dict[str, str]


class Pin(Struct, frozen=True):
    """One exact version; `digest` is that of its wheel, empty where nobody told it."""

    name: str
    version: str
    digest: str = ""

    @property
    def line(self) -> str:
        """As pip reads it."""
        return f"{self.name}=={self.version}" + (f" --hash={self.digest}" if self.digest else "")
