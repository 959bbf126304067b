"""The codes that training gives to a column's categories: encoders, codes of categories, literal maps."""

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import DataFile
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted
from causeway.intake.python.trees import nodes_in

ENCODERS = {"LabelEncoder", "OrdinalEncoder"}
FITS = {"fit_transform", "fit"}


class Coded(Struct, frozen=True):
    """A column that is coded; `codes` is empty where they follow the alphabet of its categories."""

    column: str
    at: Evidence
    how: str
    codes: dict[str, int] = {}


def plain(text: str) -> str:
    """A name or category without case, blanks and signs."""
    return re.sub(r"[\W_]", "", text.casefold())


def literal_codes(node: ast.AST | None) -> dict[str, int]:
    """`{"no": 0, "yes": 1}`; empty for any other expression."""
    if not isinstance(node, ast.Dict):
        return {}
    keys, values = [constant(key) for key in node.keys], [constant(value) for value in node.values]
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    if not whole or not all(isinstance(key, str) for key in keys):
        return {}
    return {str(key): value for key, value in zip(keys, values, strict=True) if isinstance(value, int)}


def coded_columns(code: Code, files: list[DataFile]) -> Iterator[Coded]:
    """Every column that the file codes, in the order of the code."""
    nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
    reader = _Reader(code, [node for node, _ in nodes], files)
    for node, block in nodes:
        if isinstance(node, ast.Call):
            yield from reader.of_call(node, block)
        elif isinstance(node, ast.Attribute) and node.attr == "codes":
            yield from reader.of_codes(node, block)


class _Reader:
    def __init__(self, code: Code, nodes: list[ast.AST], files: list[DataFile]) -> None:
        self._code = code
        self._known = aliases_of(code)
        self._texts = [c.name for file in files for c in file.columns if c.kind in {"text", "boolean"}]
        named = [
            (node.targets[0].id, node.value)
            for node in nodes
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        ]
        said = {name: {ast.dump(value) for other, value in named if other == name} for name, _ in named}
        self._named = {name: value for name, value in named if len(said[name]) == 1}
        self._loops = _loops(nodes)
        self._encoders = {name for name, value in named if self._builds(value)}

    def of_call(self, node: ast.Call, block: Block) -> Iterator[Coded]:
        """The columns that a call of `fit_transform`, `map`, `replace` or `apply` codes."""
        func = node.func
        if not (isinstance(func, ast.Attribute) and node.args):
            return
        first, at = node.args[0], self._code.at(node, block)
        if func.attr in FITS and self._encodes(func.value):
            yield from (Coded(name, at, self._how(func.value)) for name in self._columns(first))
        elif func.attr == "apply" and isinstance(first, ast.Attribute) and first.attr in FITS:
            if self._encodes(first.value):
                yield from (Coded(name, at, self._how(first.value)) for name in self._columns(func.value))
        elif func.attr in {"map", "replace"}:
            codes = literal_codes(self._named.get(first.id) if isinstance(first, ast.Name) else first)
            if codes:
                yield from (Coded(name, at, func.attr, codes) for name in self._columns(func.value))

    def of_codes(self, node: ast.Attribute, block: Block) -> Iterator[Coded]:
        """`table["plan"].astype("category").cat.codes`."""
        accessor = node.value
        made = accessor.value if isinstance(accessor, ast.Attribute) and accessor.attr == "cat" else None
        if not (isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.args):
            return
        if made.func.attr == "astype" and constant(made.args[0]) == "category":
            at = self._code.at(node, block)
            yield from (Coded(name, at, "cat.codes") for name in self._columns(made.func.value))

    def _builds(self, node: ast.AST) -> bool:
        """An encoder that orders its categories by itself."""
        if not isinstance(node, ast.Call) or any(item.arg == "categories" for item in node.keywords):
            return False
        return dotted(node.func, self._known).rsplit(".", 1)[-1] in ENCODERS

    def _encodes(self, node: ast.AST) -> bool:
        return (isinstance(node, ast.Name) and node.id in self._encoders) or self._builds(node)

    def _how(self, node: ast.AST) -> str:
        made = self._named.get(node.id) if isinstance(node, ast.Name) else node
        name = dotted(made.func, self._known).rsplit(".", 1)[-1] if isinstance(made, ast.Call) else ""
        return name or "LabelEncoder"

    def _columns(self, node: ast.AST) -> list[str]:
        """The columns that `table["plan"]`, `table[name]`, `table[["plan", "size"]]`, `table.plan` are."""
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in {"astype", "copy", "strip", "lower"}:
                return []
            held = node.func.value
            node = held.value if isinstance(held, ast.Attribute) and held.attr == "str" else held
        if isinstance(node, ast.Subscript):
            said = constant(node.slice)
            if isinstance(said, str):
                return [said]
            return self._list(self._loops.get(node.slice, node.slice))
        return [node.attr] if isinstance(node, ast.Attribute) and node.attr in self._texts else []

    def _list(self, node: ast.AST) -> list[str]:
        """The names in a list, in the list of that name, or every column of texts."""
        if isinstance(node, ast.List | ast.Tuple):
            return [item for part in node.elts if isinstance(item := constant(part), str)]
        if isinstance(node, ast.Name) and node.id in self._named:
            found = self._named.get(node.id)
            return self._list(found) if found is not None and not isinstance(found, ast.Name) else []
        said = ast.unparse(node)
        return list(self._texts) if "select_dtypes" in said and "object" in said else []


def _loops(nodes: list[ast.AST]) -> dict[ast.AST, ast.expr]:
    """What a loop's variable goes over, wherever the loop uses it."""
    return {
        part: node.iter
        for node in nodes
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
        for part in nodes_in(node)
        if isinstance(part, ast.Name) and part.id == node.target.id
    }
