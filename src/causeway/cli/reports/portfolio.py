"""Many proofs of concept, at eighty columns or as wide as the terminal: a line each, and what they share."""

import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from causeway.actions.portfolio import Judged, Portfolio, Total
from causeway.cli.reports.findings import COMMON
from causeway.core.finding import Severity

WIDTH = 80
WIDEST = 160
MOST_CODES = 10
NAME, KIND, GAP = 22, 14, "  "


def text(found: Portfolio, *, full: bool = False, width: int = 0) -> str:
    """The summary, a line for each of them, and what stands between them and production."""
    width = width or _width()
    stages = {proof.stage for proof in found.proofs if proof.stage}
    parts = [
        textwrap.fill(_summary(found, stages), width),
        "\n".join(_table(found.proofs, staged=len(stages) > 1, width=width)),
        "\n".join(_shared(found, full=full, width=width)),
        _left_out(found.left_out),
    ]
    first = next((proof for proof in found.proofs if proof.verdict), None)
    then = f"\nNext: {first.command}" if first else ""
    return "\n\n".join(part for part in parts if part) + then


def _summary(found: Portfolio, stages: set[str]) -> str:
    count = len(found.proofs)
    at = f" at {stages.copy().pop()}" if len(stages) == 1 else ""
    told = [f"{found.ready} ready", f"{found.not_ready} not ready"]
    told += [f"{found.failed} could not be judged"] if found.failed else []
    return f"{count} proof{'s' * (count != 1)} of concept{at}: {', '.join(told)}."


def _table(proofs: Sequence[Judged], *, staged: bool, width: int) -> Iterator[str]:
    """A row for each: name, counts, kind, gravest finding, stage, and what fits of the sentence."""
    rows = [("", "B/F/N", "kind", "gravest", *(["stage"] if staged else []))]
    rows += [_cells(proof, staged=staged) for proof in proofs if proof.verdict]
    rows[0] = ("name", *rows[0][1:])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row, proof in zip(rows, [None, *proofs], strict=False):
        line = "  " + GAP.join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True))
        told = _plain(proof) if proof else ""
        yield _cut(f"{line}{GAP}{told}".rstrip(), width)
    for proof in proofs:
        if not proof.verdict:
            yield _cut(f"  {_cut(proof.name, NAME).ljust(widths[0])}{GAP}not judged: {proof.error}", width)


def _cells(proof: Judged, *, staged: bool) -> tuple[str, ...]:
    counts = proof.verdict
    told = f"{counts.blockers}/{counts.fixes}/{counts.notes}" if counts else ""
    stage = [proof.stage] if staged else []
    return (_cut(proof.name, NAME), told, _cut(proof.kind or "unknown", KIND), proof.top or "nothing", *stage)


def _plain(proof: Judged) -> str:
    """The sentence without the kind that it begins with, which has a column of its own."""
    _, of, rest = proof.sentence.partition(" of ")
    return rest if of and proof.kind and "," not in _ else proof.sentence


def _shared(found: Portfolio, *, full: bool, width: int) -> Iterator[str]:
    judged = found.ready + found.not_ready
    grave = [total for total in found.totals if full or total.severity is not Severity.NOTE]
    if not judged or not found.totals:
        return
    yield f"What stands between {'it' if judged == 1 else f'these {judged}'} and production:"
    shown = grave if full or len(grave) <= MOST_CODES + 1 else grave[:MOST_CODES]
    column = max((len(total.code) for total in shown), default=0)
    for total in shown:
        yield _cut(f"  {total.proofs:>{len(str(judged))}}  {total.code.ljust(column)}  {total.says}", width)
    if len(grave) > len(shown):
        yield f"  and {len(grave) - len(shown)} more: causeway check --all {shlex.quote(found.folder)} --full"
    if not full:
        yield from _common(found.totals, width)


def _common(totals: Sequence[Total], width: int) -> Iterator[str]:
    """What nine in ten lack, with its counts, in one line."""
    told = [f"{COMMON[total.code]} {total.proofs}" for total in totals if total.code in COMMON]
    if told:
        line = f"Missing, as in most: {', '.join(told)}."
        yield textwrap.fill(line, width, initial_indent="  ", subsequent_indent="  ")


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return textwrap.fill(f"Left out, nothing to judge in them: {', '.join(names[:3])}{more}.", WIDTH)


def _cut(text: str, width: int) -> str:
    plain = " ".join(text.split()) if "\n" in text else text
    return plain if len(plain) <= width else f"{plain[: width - 3].rstrip()}..."


def _width() -> int:
    return min(max(shutil.get_terminal_size().columns, WIDTH), WIDEST) if sys.stdout.isatty() else WIDTH
