"""What a fix would change in a folder, and how that reads as a unified diff."""

import difflib
import re
from collections.abc import Iterable

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.intake.files.text import sniff_encoding

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NO_NEWLINE = "\\ No newline at end of file\n"


class Change(Struct, frozen=True):
    """One file as it is and as it would be; `before` is None where there is no such file yet."""

    path: str
    before: bytes | None
    after: bytes


class Left(Struct, frozen=True, omit_defaults=True):
    """A place that the fix leaves alone, and why."""

    why: str
    at: Evidence | None = None

    def __str__(self) -> str:
        return f"{self.at}: {self.why}" if self.at else self.why


class Mend(Struct, frozen=True, omit_defaults=True):
    """What one fix would do here: the files, what a person should know of it, what it leaves alone."""

    name: str
    changes: tuple[Change, ...] = ()
    told: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


def diff_of(changes: Iterable[Change], *, prefixed: bool = False) -> str:
    """The unified diff; `prefixed` writes a/ and b/ before the paths, as git does."""
    return "".join(_one(change, prefixed=prefixed) for change in changes)


def counted(changes: Iterable[Change]) -> tuple[int, int]:
    """How many lines the changes add and take away."""
    lines = [line for change in changes for line in _lines(change, "", "")[2:]]
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)


def is_plain(change: Change) -> bool:
    """Whether name and both sides are plain UTF-8 text, so that a patch can carry the change."""
    if not change.path.isprintable() or set(change.path) & set('"\\'):
        return False
    return all(
        sniff_encoding(side) in {"utf-8", "utf-8-sig"} for side in (change.before or b"", change.after)
    )


def _one(change: Change, *, prefixed: bool = False) -> str:
    old, new = (f"a/{change.path}", f"b/{change.path}") if prefixed else (change.path, change.path)
    # a blank would end the name without the tab
    end = "\t" if prefixed and " " in change.path else ""
    lines = _lines(change, "/dev/null" if change.before is None else old + end, new + end)
    body = [line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines]
    head = f"diff --git {old} {new}\n" if prefixed else ""
    made = "new file mode 100644\n" if prefixed and change.before is None else ""
    return head + made + _of_encoding(change) + "".join(body)


def _lines(change: Change, old: str, new: str) -> list[str]:
    """The two lines that name the files, and the hunks."""
    before, after = _LINE.findall(_text(change.before)), _LINE.findall(_text(change.after))
    return list(difflib.unified_diff(before, after, old, new))


def _of_encoding(change: Change) -> str:
    if change.before is None:
        return ""
    old, new = sniff_encoding(change.before), sniff_encoding(change.after)
    return f"{change.path}: {old.upper()} -> {new.upper()}\n" if old != new and "16" in old else ""


def _text(content: bytes | None) -> str:
    content = content or b""
    encoding = sniff_encoding(content)
    # a byte order mark is kept where it was, and is no line of its own
    return content.decode("utf-8" if encoding == "utf-8-sig" else encoding, "replace")
