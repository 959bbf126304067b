"""The parts of a notebook's cell: statements with the comments above them, magics as comments."""

import ast
import builtins
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from causeway.intake.python.trees import nodes_in

_MAGIC = re.compile(r"^(\s*)((?:[!%?]|\w[\w.]*\s*=\s*[!%]\S).*|.*\S\?\s*)$")
_COLAB = re.compile(
    r"^\s*(from google\.colab|import google\.colab|drive\.mount\(|files\.(upload|download)\()"
)
SHOWING = frozenset(
    {
        "head",
        "tail",
        "describe",
        "sample",
        "unique",
        "nunique",
        "value_counts",
        "isnull",
        "isna",
        "sum",
        "corr",
    }
)
_BUILTINS = frozenset(dir(builtins))


class Part(Struct, frozen=True, dict=True):
    """A statement and the lines above it that belong to it; a comment where `node` is None."""

    text: str
    node: ast.stmt | None

    @cached_property
    def binds(self) -> set[str]:
        """The names that it gives a value at the top."""
        match self.node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                return {name}
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                return {alias.asname or alias.name.split(".")[0] for alias in names}
            case None:
                return set()
            case node:
                return _named(node, ast.Store)

    @cached_property
    def reads(self) -> set[str]:
        """Every name that it reads."""
        return _named(self.node, ast.Load) if self.node is not None else set()

    @cached_property
    def called(self) -> set[str]:
        """The plain names that it calls."""
        nodes = nodes_in(self.node) if self.node is not None else ()
        return {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}

    @property
    def is_definition(self) -> bool:
        """Whether it defines a function or class."""
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)

    @cached_property
    def needs(self) -> set[str]:
        """The names that must have a value already when it is defined: decorators, defaults, bases."""
        match self.node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                arguments = self.node.args
                noted = [a.annotation for a in nodes_in(arguments) if isinstance(a, ast.arg)]
                defaults = [*arguments.defaults, *arguments.kw_defaults]
                early = [*self.node.decorator_list, *defaults, *noted, self.node.returns]
            case ast.ClassDef():
                # a class body runs when it is defined
                early = [self.node]
            case _:
                early = []
        there = [node for node in early if node is not None]
        names = {name for node in there for name in _named(node, ast.Load)}
        inner = {name for node in there for name in _named(node, ast.Store)}
        return names - inner - _BUILTINS - self._own_names()

    def _own_names(self) -> set[str]:
        """Names inside a class's methods, which are only looked up when these run."""
        if not isinstance(self.node, ast.ClassDef):
            return set()
        methods = [n for n in self.node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside = {n.id for m in methods for part in m.body for n in nodes_in(part) if isinstance(n, ast.Name)}
        at_once = {n.id for part in self.node.bases for n in nodes_in(part) if isinstance(n, ast.Name)}
        return inside - at_once | {a.arg for m in methods for a in nodes_in(m.args) if isinstance(a, ast.arg)}

    @property
    def modules(self) -> set[str]:
        """The first parts of the modules that it imports."""
        match self.node:
            case ast.Import(names=names):
                return {alias.name.split(".")[0] for alias in names}
            case ast.ImportFrom(module=str(module)):
                return {module.split(".")[0]}
            case _:
                return set()

    @property
    def root(self) -> str:
        """The name at the beginning of what it calls or assigns, such as `plt` of `plt.show()`."""
        value = self.node.value if isinstance(self.node, ast.Expr | ast.Assign) else None
        while isinstance(value, ast.Call | ast.Attribute | ast.Subscript):
            value = value.func if isinstance(value, ast.Call) else value.value
        return value.id if isinstance(value, ast.Name) else ""

    @cached_property
    def inside(self) -> frozenset[int]:
        """The lines, from 1, that begin inside a text over several lines."""
        found: set[int] = set()
        for first, last in _texts(self.text):
            found.update(range(first + 1, last + 1))
        return frozenset(found)

    @property
    def only_shows(self) -> bool:
        """Whether a notebook would show a value here and a module does nothing."""
        return isinstance(self.node, ast.Expr) and _shows(self.node.value)

    def apart(self) -> "tuple[Part, Part]":
        """The comments above, and the statement without them."""
        lines = self.text.split("\n")
        first = next((n for n, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#"), 0)
        return Part("\n".join(lines[:first]), None), Part("\n".join(lines[first:]), self.node)


def _shows(value: ast.expr) -> bool:
    match value:
        case ast.Name():
            return True
        case ast.Attribute(value=inner) | ast.Subscript(value=inner):
            return _shows(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr=attr)):
            return attr in SHOWING and _shows(inner)
        case ast.Call(func=ast.Name(id="len"), args=[inner]):
            return _shows(inner)
        case _:
            return False


def _named(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {n.id for n in nodes_in(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def parts_of(text: str, tree: ast.Module) -> list[Part]:
    """The cell's statements in order; lines that only a notebook understands become comments."""
    texts = _inside_texts(tree)
    written = text.replace("\r\n", "\n").split("\n")
    lines = [line if number in texts else _plain(line) for number, line in enumerate(written, start=1)]
    parts: list[Part] = []
    done = 0
    for node in tree.body:
        first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        if first <= done:
            # several statements on one line stay together, and stay where they are
            more = "\n".join(lines[done:last])
            parts[-1] = Part("\n".join(filter(None, [parts[-1].text, more])), ast.Pass())
        else:
            text_of = "\n".join(lines[done:last])
            parts.append(Part(text_of, _what(node, lines[first - 1])))
        done = max(done, last)
    rest = "\n".join(lines[done:]).strip("\n")
    return [*parts, *([Part(rest, None)] if rest.strip() else [])]


def _inside_texts(tree: ast.Module) -> set[int]:
    """The lines that begin inside a text: what looks like a magic there is none."""
    texts = [
        node
        for node in nodes_in(tree)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    ]
    return {line for node in texts for line in range(node.lineno + 1, (node.end_lineno or 0) + 1)}


def _what(node: ast.stmt, line: str) -> ast.stmt | None:
    """The statement, or None where its line became a comment."""
    return None if line.lstrip().startswith("#") else node


def _plain(line: str) -> str:
    """The line as Python alone reads it."""
    magic = _MAGIC.match(line)
    if magic and not line.lstrip().startswith("#"):
        return f"{magic[1]}{'pass  ' if magic[1] else ''}# {magic[2]}"
    if _COLAB.match(line):
        lead = line[: len(line) - len(line.lstrip())]
        return f"{lead}{'pass  ' if lead else ''}# {line.lstrip()}"
    return line


def _texts(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of every text that goes over several lines."""
    begun: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = tokenize.tok_name[token.type]
            if kind == "FSTRING_START":
                begun.append(token.start[0])
            elif kind == "FSTRING_END":
                yield begun.pop(), token.end[0]
            elif kind == "STRING":
                yield token.start[0], token.end[0]
    except (tokenize.TokenError, IndentationError, IndexError):
        return
