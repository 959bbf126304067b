"""The page about what a product costs and brings, for a terminal of eighty columns and as Markdown."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from causeway.assess.worth.amounts import events, money
from causeway.assess.worth.blocks import Block, Cell, Grid, Items, Pairs, Para, Picture, Title
from causeway.assess.worth.document import document
from causeway.assess.worth.parts import Bridge, WorthPage

WIDTH = 80
GAP = 2
LEAST = 8
BAR = 30
MARKS = {"gross": "=", "less": "/", "booked": "#", "cost": "\\", "net": "#"}
NO_LETTERS = str.maketrans(
    {"|": "\\|", "<": "&lt;", ">": "&gt;", "*": "\\*", "_": "\\_", "[": "\\[", "#": "\\#"}
)


def text(page: WorthPage) -> str:
    """The page for a terminal."""
    return text_of(document(page), page)


def text_of(blocks: Iterable[Block], page: WorthPage | None = None) -> str:
    """These blocks for a terminal; pictures are drawn of the page, if there is one."""
    return "\n".join(line for block in blocks for line in _lines(block, page)).strip("\n")


def _lines(block: Block, page: WorthPage | None) -> Iterator[str]:
    match block:
        case Title(text=said):
            yield from ("", said, "-" * len(said))
        case Pairs(rows=rows):
            wide = max(len(name) for name, _ in rows) + GAP
            for name, cell in rows:
                yield from _hanging(f"{name:<{wide}}", cell.text)
            yield ""
        case Items(name=name, lines=lines):
            yield f"{name}:"
            for line in lines:
                yield from _hanging("- ", line)
            yield ""
        case Picture():
            yield from _picture(block, page)
        case Grid():
            yield from _table(block)
        case Para(text=said):
            yield from (*textwrap.wrap(said.replace("`", ""), WIDTH), "")


def _picture(block: Picture, page: WorthPage | None) -> Iterator[str]:
    if block.chart == "bridge" and page is not None:
        yield from (*_bars(page.bridge), "")
    elif block.chart == "payback":
        yield from _table(block.table)
    else:
        yield from (*textwrap.wrap(f"{block.title}: {block.words}", WIDTH), "")


def _hanging(head: str, said: str) -> list[str]:
    return textwrap.wrap(
        said.replace("`", ""), WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
    ) or [head.rstrip()]


def _bars(bridge: Bridge) -> Iterator[str]:
    """Each step a bar of letters that begins where the one before ended."""
    ends = [
        (0.0 if step.kind in "gross booked net" else float(step.after - step.amount)) for step in bridge.steps
    ]
    after = [float(step.after) for step in bridge.steps]
    least, most = min(0.0, *ends, *after), max(0.0, *ends, *after)
    span = (most - least) or 1.0
    wide = max(len(step.what) for step in bridge.steps) + 7
    for step, begin, end in zip(bridge.steps, ends, after, strict=True):
        first, last = sorted(round(BAR * (each - least) / span) for each in (begin, end))
        bar = " " * first + MARKS[step.kind] * max(1, last - first)
        less = "less " if step.kind in {"less", "cost"} else ""
        amount = step.after if step.kind in {"booked", "net"} else abs(step.amount)
        right = f"{money(amount, bridge.currency):>{WIDTH - wide - BAR - 2}}"
        yield f"{less + step.what:<{wide}}{bar:<{BAR + 1}} {right}"


def _table(grid: Grid) -> Iterator[str]:
    rows = [[_plain(cell) for cell in row] for row in grid.rows]
    widths = _widths([list(grid.head), *rows])
    yield from textwrap.wrap(f"{grid.caption}:", WIDTH)
    for at, row in enumerate([list(grid.head), *rows]):
        yield from _row(row, widths, grid.numbers)
        if at == 0:
            yield (" " * GAP).join("-" * wide for wide in widths)
    yield ""


def _plain(cell: Cell) -> str:
    return cell.text.replace("`", "")


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """As wide as the longest entry; what is too much is taken from the widest, words last of all."""
    columns = range(len(rows[0]))
    widths = [max(1, *(len(row[at]) for row in rows)) for at in columns]
    words = [max((len(word) for row in rows for word in row[at].split()), default=1) for at in columns]
    for least in (words, [LEAST] * len(widths)):
        while sum(widths) + GAP * (len(widths) - 1) > WIDTH:
            wide = [at for at in columns if widths[at] > least[at]]
            if not wide:
                break
            widths[max(wide, key=lambda at: widths[at])] -= 1
    return widths


def _row(row: Sequence[str], widths: Sequence[int], numbers: Sequence[int]) -> Iterator[str]:
    cells = [textwrap.wrap(each, wide) or [""] for each, wide in zip(row, widths, strict=True)]
    for at in range(max(map(len, cells))):
        parts = [
            f"{(cell[at] if at < len(cell) else ''):{'>' if column in numbers else '<'}{wide}}"
            for column, (cell, wide) in enumerate(zip(cells, widths, strict=True))
        ]
        yield (" " * GAP).join(parts).rstrip()


def markdown(page: WorthPage) -> str:
    """The page for a wiki or a ticket: pictures as their tables."""
    lines = [f"# {page.header.product}: what it costs and what it brings", ""]
    for block in document(page):
        lines += _marked(block)
    return "\n".join(lines).rstrip("\n") + "\n"


def _marked(block: Block) -> Iterator[str]:
    match block:
        case Title(text=said):
            yield from (f"## {said}", "")
        case Para(text=said, tone=tone, facts=facts):
            told = _safe(said, facts)
            yield from (f"**{told}**" if tone == "lead" else told, "")
        case Pairs(rows=rows):
            yield from _marked_table(Grid("", ("", ""), tuple((Cell(name), cell) for name, cell in rows)))
        case Items(name=name, lines=lines):
            yield from (f"{name}:", "")
            yield from (f"- {_safe(line)}" for line in lines)
            yield ""
        case Picture(words=words, table=table):
            yield from (_safe(words), "")
            yield from _marked_table(table)
        case Grid():
            yield from _marked_table(block)


def _marked_table(grid: Grid) -> Iterator[str]:
    if grid.caption:
        yield from (f"*{_safe(grid.caption)}*", "")
    yield "| " + " | ".join(map(_safe, grid.head)) + " |"
    yield "|" + "|".join("---:" if at in grid.numbers else "---" for at in range(len(grid.head))) + "|"
    for row in grid.rows:
        cells = (
            f"**{_safe(cell.text, cell.facts)}**" if cell.strong else _safe(cell.text, cell.facts)
            for cell in row
        )
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _safe(said: str, facts: Sequence[str] = ()) -> str:
    """Words that mean nothing else in Markdown, with the events behind them; commands stay code."""
    parts = " ".join(said.split()).split("`")
    told = "".join(
        f"`{part}`" if at % 2 and at < len(parts) - 1 else part.translate(NO_LETTERS)
        for at, part in enumerate(parts)
    )
    named = events(facts)
    return f"{told} ({named})" if named else told
