"""Classes that a dictionary of the training does not know, so that their records fall out without a word."""

import ast
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from causeway.core.poc import DataFile, Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import constant
from causeway.intake.python.trees import nodes_in

LEARNS = {"train_test_split", "fit", "fit_transform", "to_categorical"}
_COUNT = re.compile(r"^(\S.*?)\s{2,}(\d+)$", re.MULTILINE)


class Mapped(Struct, frozen=True):
    """A column whose values are looked up in a dictionary, written as `column` in the code."""

    column: str
    name: str
    keys: frozenset[str]
    place: int


def classes_that_fall_out(codes: Iterable[Code], data: Iterable[DataFile]) -> list[Sighting]:
    """For each target that is mapped and then rid of gaps: the classes that the dictionary leaves out, with
    their records, where the data or a kept output tells.
    """
    files = list(data)
    return [sighting for code in codes for sighting in _in_file(code, files)]


def _in_file(code: Code, files: list[DataFile]) -> Iterator[Sighting]:
    nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
    learned = {
        ast.unparse(argument).removesuffix(".values")
        for node, _ in nodes
        if isinstance(node, ast.Call) and _last(node.func) in LEARNS
        for argument in (*node.args, *(item.value for item in node.keywords))
        if isinstance(argument, ast.Subscript | ast.Attribute)
    }
    for place, (node, block) in enumerate(nodes):
        mapped = _mapped(node, place)
        if mapped is None or mapped.column not in learned or not _rid_of_gaps(nodes, mapped):
            continue
        counts = _printed(code, mapped, block) or _in_data(mapped, files)
        left_out = {kind: count for kind, count in counts.items() if kind not in mapped.keys}
        if left_out and len(left_out) < len(counts):
            said = ", ".join(f"{kind} ({count:,})" for kind, count in left_out.items())
            yield Sighting("class_dropped", said, code.at(node, block), f"{sum(counts.values()):,}")


def _mapped(node: ast.AST, place: int) -> Mapped | None:
    """`table["mood"] = table["mood"].map({...})`."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args):
        return None
    call, target = node.value, node.targets[0]
    codes = call.args[0]
    if (
        _last(call.func) != "map"
        or not isinstance(codes, ast.Dict)
        or not isinstance(call.func, ast.Attribute)
    ):
        return None
    column = ast.unparse(target)
    if ast.unparse(call.func.value) != column or not isinstance(target, ast.Subscript):
        return None
    name = constant(target.slice)
    keys = frozenset(str(constant(key)) for key in codes.keys)
    return Mapped(column, name if isinstance(name, str) else "", keys, place)


def _rid_of_gaps(nodes: list[tuple[ast.AST, Block]], mapped: Mapped) -> bool:
    """Whether the table loses its records with gaps after that."""
    table = mapped.column.split("[")[0]
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "dropna"
        and ast.unparse(node.func.value) == table
        and (place > mapped.place)
        for place, (node, _) in enumerate(nodes)
    )


def _printed(code: Code, mapped: Mapped, until: Block) -> dict[str, int]:
    """What an earlier cell shows of `table["mood"].value_counts()`."""
    found: dict[str, int] = {}
    for block in code.blocks:
        if block is until:
            return found
        last = block.tree.body[-1] if block.tree.body else None
        if isinstance(last, ast.Expr) and ast.unparse(last) == f"{mapped.column}.value_counts()":
            found = {kind: int(count) for kind, count in _COUNT.findall(block.printed)}
    return {}


def _in_data(mapped: Mapped, files: list[DataFile]) -> dict[str, int]:
    """The classes of the only file that has the column."""
    columns = [column for file in files if (column := file.column(mapped.name)) is not None and file.exact]
    return dict(columns[0].categories) if len(columns) == 1 else {}


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
