"""What may stand between a fit of some columns and the split without the two meeting."""

import ast
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from causeway.intake.python.trees import nodes_in

READ_ONLY = frozenset(
    {"head", "tail", "shape", "columns", "info", "dtypes", "describe", "sample", "isnull", "isna"}
)
KEEPS_ROWS = frozenset({"copy", "drop"})


def names_in(node: ast.AST) -> set[str]:
    """Every name in this piece of code."""
    return {part.id for part in nodes_in(node) if isinstance(part, ast.Name)}


def passes(node: ast.stmt, frames: AbstractSet[str], columns: AbstractSet[str]) -> set[str]:
    """The tables that hold the columns, untouched, after this statement; none where that is not certain."""
    if not names_in(node) & frames:
        return set(frames)
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_table(value, frames, columns):
            return {*frames, name}
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return set(frames) - {name} if _reads_others(value, frames, columns) else set()
        case _:
            return set(frames) if _is_apart(node, frames, columns) else set()


def is_table(name: str, body: Iterable[ast.stmt]) -> bool:
    """Whether these statements do to the name what is done to tables only."""
    for node in (part for step in body for part in nodes_in(step)):
        match node:
            case ast.Attribute(value=ast.Name(id=of), attr="columns" | "iloc" | "drop") if of == name:
                return True
            case ast.Assign(targets=[ast.Name(id=of)], value=ast.Call(func=ast.Attribute(attr="drop"))):
                if of == name:
                    return True
            case _:
                continue
    return False


def _is_apart(node: ast.stmt, frames: AbstractSet[str], columns: AbstractSet[str]) -> bool:
    """Whether the statement reads and writes only other columns."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(), slice=key)], value=value):
            keys = _keys(key)
            return keys is not None and not keys & columns and _reads_others(value, frames, columns)
        case ast.For(target=ast.Name(id=name), iter=ast.List() as listed, body=body):
            keys = _keys(listed)
            return (
                keys is not None and not keys & columns and all(_by_loop(one, name, frames) for one in body)
            )
        case ast.Expr(value=value):
            return _reads_others(value, frames, columns)
        case _:
            return False


def _is_table(value: ast.expr, frames: AbstractSet[str], columns: AbstractSet[str]) -> bool:
    """Whether the value is a table of the same rows that still has the columns as they were."""
    match value:
        case ast.Name(id=name):
            return name in frames
        case ast.Subscript(value=ast.Name(id=name), slice=ast.List() as listed):
            return name in frames and columns <= (_keys(listed) or set())
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if name in frames:
            return attr in KEEPS_ROWS and _leaves_out(value, columns)
        case ast.Call(func=ast.Attribute(attr="get_dummies"), args=[ast.Name(id=name)]):
            given = next((word.value for word in value.keywords if word.arg == "columns"), None)
            keys = _keys(given) if given is not None else None
            return name in frames and keys is not None and not keys & columns
        case _:
            return False


def _leaves_out(call: ast.Call, columns: AbstractSet[str]) -> bool:
    """Whether a `drop` drops written-out columns other than these, and no rows."""
    named = {word.arg: word.value for word in call.keywords}
    if not call.args and not named:
        return isinstance(call.func, ast.Attribute) and call.func.attr == "copy"
    if "inplace" in named:
        return False
    axis = named.get("axis")
    listed = named.get("columns") or (call.args[0] if call.args else None)
    by_column = "columns" in named or (isinstance(axis, ast.Constant) and axis.value in {1, "columns"})
    keys = _keys(listed) if listed is not None else None
    return by_column and keys is not None and not keys & columns


def _reads_others(value: ast.expr, frames: AbstractSet[str], columns: AbstractSet[str]) -> bool:
    """Whether everything it takes from the tables is other columns, or only what a person looks at."""
    parents = {id(child): node for node in nodes_in(value) for child in ast.iter_child_nodes(node)}
    for node in nodes_in(value):
        if isinstance(node, ast.Name) and node.id in frames:
            match parents.get(id(node)):
                case ast.Subscript(value=ast.Name(), slice=key):
                    keys = _keys(key)
                    if keys is None or keys & columns:
                        return False
                case ast.Attribute(attr=attr):
                    if attr not in READ_ONLY:
                        return False
                case ast.Call(func=ast.Name(id="len")):
                    continue
                case _:
                    return False
    return True


def _by_loop(node: ast.stmt, name: str, frames: AbstractSet[str]) -> bool:
    """Whether the loop's statement touches the tables only in the column that the loop is at."""
    if not isinstance(node, ast.Assign | ast.Expr):
        return not names_in(node) & frames
    parents = {id(child): above for above in nodes_in(node) for child in ast.iter_child_nodes(above)}
    for part in nodes_in(node):
        if isinstance(part, ast.Name) and part.id in frames:
            match parents.get(id(part)):
                case ast.Subscript(slice=ast.Name(id=key)) if key == name:
                    continue
                case _:
                    return False
    return True


def _keys(key: ast.expr) -> set[str] | None:
    """The columns written out in this subscript or list; None where they are not."""
    match key:
        case ast.Constant(value=str(name)):
            return {name}
        case ast.List(elts=elts):
            names = {e.value for e in elts if isinstance(e, ast.Constant) and isinstance(e.value, str)}
            return names if len(names) == len(elts) else None
        case _:
            return None


def receiver(call: ast.Call) -> ast.expr:
    """What a method is called on; a plain function itself."""
    return call.func.value if isinstance(call.func, ast.Attribute) else call.func
