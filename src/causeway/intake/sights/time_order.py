"""Signs in code that its rows are a series in time: lags, features of the date index, splits by date."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import constant, dotted
from causeway.intake.python.trees import nodes_in

_DATE = re.compile(r"^\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?(?:[ T]\d|$)")
_PARTS = {
    "hour", "minute", "dayofweek", "day_of_week", "weekday", "quarter", "month", "year", "dayofyear",
    "day_of_year", "day", "weekofyear", "week", "isocalendar",
}  # fmt: skip
_MADE = {"to_datetime", "Timestamp", "datetime", "date", "DateOffset", "Timedelta"}
_READ = {"to_datetime", "date_range", "DatetimeIndex"}
_BACK = {"shift", "rolling"}


def time_order(codes: Iterable[Code]) -> list[Sighting]:
    """Every sign; `detail` is the column that a lag is taken of, where it is known."""
    return [sign for code in codes for sign in _in_file(code)]


def _in_file(code: Code) -> Iterator[Sighting]:
    nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
    named = {
        node.targets[0].id: node.value
        for node, _ in nodes
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }
    for node, block in nodes:
        for sign, column in _signs(node, named):
            yield _sighting(sign, column, code, node, block)


def _sighting(sign: str, column: str, code: Code, node: ast.AST, block: Block) -> Sighting:
    return Sighting("time_order", sign, code.at(node, block), column)


def _signs(node: ast.AST, named: dict[str, ast.expr]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Call):
        name = dotted(node.func, {}).rsplit(".", 1)[-1]
        if name == "TimeSeriesSplit":
            yield "time folds", ""
        if name == "train_test_split" and any(_unshuffled(item) for item in node.keywords):
            yield "kept in order", ""
        if name in _READ or any(keyword.arg == "parse_dates" for keyword in node.keywords):
            yield "dates", ""
    elif isinstance(node, ast.Compare) and _by_date(node, named):
        yield "split by date", ""
    elif isinstance(node, ast.Assign) and any(isinstance(to, ast.Subscript) for to in node.targets):
        yield from _assigned(node.value, named)


def _unshuffled(option: ast.keyword) -> bool:
    return option.arg == "shuffle" and isinstance(option.value, ast.Constant) and option.value.value is False


def _by_date(node: ast.Compare, named: dict[str, ast.expr]) -> bool:
    """Whether rows are chosen by where their index, or a column, stands beside a date."""
    ordered = all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
    index = isinstance(node.left, ast.Attribute) and node.left.attr == "index"
    return (
        ordered and (index or isinstance(node.left, ast.Subscript)) and _is_date(node.comparators[0], named)
    )


def _is_date(node: ast.expr, named: dict[str, ast.expr]) -> bool:
    if isinstance(node, ast.Name):
        node = named.get(node.id, node)
    value = constant(node)
    if isinstance(value, str):
        return bool(_DATE.match(value))
    return isinstance(node, ast.Call) and dotted(node.func, {}).rsplit(".", 1)[-1] in _MADE


def _assigned(value: ast.expr, named: dict[str, ast.expr]) -> Iterator[tuple[str, str]]:
    """What a new column is made of."""
    for node in ast.walk(value):
        if isinstance(node, ast.Attribute) and node.attr in _PARTS and _is_index(node.value):
            yield "made of the index", ""
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _is_index(node.left):
            if _is_date(node.right, named):
                yield "lag", ""
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _BACK:
            column = _column(node.func.value, named)
            if column:
                yield "lag", column


def _is_index(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "index"


def _column(node: ast.expr, named: dict[str, ast.expr]) -> str:
    """The column that a chain of calls starts from."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    if not isinstance(node, ast.Subscript):
        return ""
    key = named.get(node.slice.id, node.slice) if isinstance(node.slice, ast.Name) else node.slice
    value = constant(key)
    return value if isinstance(value, str) else ""
