"""Code edited where it stands: a script as one piece, a notebook cell by cell, every other byte kept."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from causeway.actions.fix.notebook_text import NotebookText
from causeway.core.errors import Refused
from causeway.core.finding import Evidence
from causeway.core.poc import Source
from causeway.intake.python.code import Block, Code, parse, strip_magics

_BREAK = re.compile(r"\r\n|\r|\n")
_MARK = b"\xef\xbb\xbf"


class Edit(Struct, frozen=True):
    """In one piece, these characters give way to this text; lines in it end with a plain newline."""

    piece: int
    start: int
    end: int
    text: str


class Piece(Struct, frozen=True, dict=True):
    """A text that parses by itself, and the cell that it is."""

    text: str
    tree: ast.Module
    number: int = 0
    cell: int | None = None

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    @property
    def newline(self) -> str:
        """How lines end here."""
        found = _BREAK.search(self.text)
        return found[0] if found else "\n"

    def offset(self, line: int, column: int) -> int:
        """The character at a line (from 1) and a column in UTF-8 bytes, as syntax trees count."""
        start = self.starts[line - 1]
        text = self.text[start : (*self.starts, len(self.text))[line]]
        return start + len(text.encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where the node's text begins and ends."""
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.offset(node.lineno, node.col_offset), end

    def source(self, node: ast.expr | ast.stmt) -> str:
        """The node as written."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_span(self, node: ast.stmt) -> tuple[int, int]:
        """Where the statement's lines begin and end, the last line's break included."""
        last = node.end_lineno or node.lineno
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        return self.starts[node.lineno - 1], end

    def edit(self, span: tuple[int, int], text: str) -> Edit:
        """The change of this span into that text."""
        return Edit(self.number, span[0], span[1], text)


class CodeFile:
    """A script or notebook whose pieces can be edited; everything else stays byte for byte."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.notebook = NotebookText(content.decode("utf-8-sig")) if path.endswith(".ipynb") else None
        self.pieces = tuple(self._pieces())

    @property
    def code(self) -> Code:
        """The pieces as intake reads them."""
        blocks = [Block(piece.tree, piece.cell, piece.text) for piece in self.pieces]
        return Code(Source(self.path, "Python", 0), tuple(blocks))

    def at(self, piece: Piece, node: ast.AST) -> Evidence:
        """Where this node stands."""
        return Evidence(self.path, line=getattr(node, "lineno", None), cell=piece.cell)

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """The file with these edits; what would not parse any more is refused."""
        by_piece: dict[int, list[Edit]] = {}
        for edit in edits:
            by_piece.setdefault(edit.piece, []).append(edit)
        texts = {number: _replaced(self.pieces[number], found) for number, found in by_piece.items()}
        for number, text in texts.items():
            self._check(self.pieces[number], text)
        if self.notebook is not None:
            cells = {self.pieces[number].cell or 0: text for number, text in texts.items()}
            mark = _MARK if self.content.startswith(_MARK) else b""
            return mark + self.notebook.with_cells(cells).encode()
        return self._encoded(texts[0]) if texts else self.content

    def _pieces(self) -> list[Piece]:
        if self.notebook is None:
            tree, _ = parse(text := self._decoded())
            return [Piece(text, tree)] if tree is not None and _is_text(text) else []
        found: list[Piece] = []
        for cell, text in self.notebook.code_cells():
            tree, _ = parse(strip_magics(text))
            if tree is not None and _is_text(text):
                found.append(Piece(text, tree, len(found), cell))
        return found

    @cached_property
    def encoding(self) -> str:
        """The encoding that the script declares, without the byte order mark."""
        found, _ = tokenize.detect_encoding(io.BytesIO(self.content).readline)
        return found

    def _decoded(self) -> str:
        try:
            return self.content.decode(self.encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError):
            return "\0"

    def _encoded(self, text: str) -> bytes:
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError:
            raise Refused(
                f"{self.path} is written in {self.encoding}, which lacks a character of the change",
                hint="save it as UTF-8 first",
            ) from None

    def _check(self, piece: Piece, text: str) -> None:
        tree, error = parse(strip_magics(text) if piece.cell is not None else text)
        if tree is None:
            raise Refused(
                f"{self.path} would not parse after the change: {error.msg if error else ''}",
                where=str(Evidence(self.path, cell=piece.cell)),
                hint="nothing was changed; please report it with that file",
            )


def open_code(path: str, content: bytes) -> CodeFile | None:
    """The file ready to be edited; None where it is no Python that parses."""
    try:
        file = CodeFile(path, content)
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None
    return file if file.pieces else None


def _is_text(text: str) -> bool:
    """Whether the text can be written as UTF-8: JSON may hold halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def import_edit(piece: Piece, line: str) -> Edit | None:
    """The edit that brings an import of Python's own modules in at the top; None where it stands already."""
    body = piece.tree.body
    if any(isinstance(node, ast.Import | ast.ImportFrom) and piece.source(node) == line for node in body):
        return None
    future = [n for n in body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    if future:
        return _after(piece, future[-1], line)
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports:
        start, _ = piece.line_span(imports[0])
        return piece.edit((start, start), f"{line}\n")
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return _after(piece, body[0], f"\n{line}")
    start = piece.line_span(body[0])[0] if body else 0
    return piece.edit((start, start), f"{line}\n\n")


def _after(piece: Piece, node: ast.stmt, text: str) -> Edit:
    _, end = piece.line_span(node)
    return piece.edit((end, end), f"{text}\n")


def _replaced(piece: Piece, edits: Sequence[Edit]) -> str:
    """The piece's text with the edits, which must not overlap; those at one place in the order given."""
    parts, last = [], 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < last:
            raise Refused("two changes meet in one place", where=f"cell {piece.cell}" if piece.cell else "")
        parts += [piece.text[last : edit.start], edit.text.replace("\n", piece.newline)]
        last = edit.end
    return "".join([*parts, piece.text[last:]])
