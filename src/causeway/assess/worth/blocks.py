"""A page as blocks that every form of it is made of: terminal, Markdown, HTML and PDF say the same."""

from msgspec import Struct


class Cell(Struct, frozen=True, omit_defaults=True):
    """One entry of a table, and the events that it rests on."""

    text: str
    facts: tuple[str, ...] = ()
    strong: bool = False


class Title(Struct, frozen=True, tag=True):
    """A section begins."""

    text: str
    id: str


class Para(Struct, frozen=True, tag=True, omit_defaults=True):
    """A paragraph; `tone` is `lead`, `quiet`, `alarm` or empty."""

    text: str
    tone: str = ""
    facts: tuple[str, ...] = ()


class Pairs(Struct, frozen=True, tag=True):
    """Names with what belongs to them."""

    rows: tuple[tuple[str, Cell], ...]


class Grid(Struct, frozen=True, tag=True, omit_defaults=True):
    """A table; `numbers` says which columns are set to the right."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: tuple[int, ...] = ()


class Items(Struct, frozen=True, tag=True, omit_defaults=True):
    """A list under a word or two."""

    name: str
    lines: tuple[str, ...]


class Picture(Struct, frozen=True, tag=True):
    """A chart: which, its title, what it shows in words, and the same as a table."""

    chart: str
    title: str
    words: str
    table: Grid


Block = Title | Para | Pairs | Grid | Items | Picture
