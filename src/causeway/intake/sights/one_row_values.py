"""Follows one row of a request through the statements of a function, and what was computed from it alone."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

STATISTICS = {"mean", "median", "mode", "std", "quantile"}
ASKS = {"predict", "predict_proba", "decision_function", "predict_log_proba", "forecast"}
KEEPS = {
    "copy", "reindex", "drop", "rename", "astype", "assign", "reset_index", "map", "replace", "to_numpy",
    "reshape", "toarray", "squeeze", "flatten", "ravel", "tolist", "round", "fillna", "item", "head",
    "transform", "to_frame", "get", "groupby", "mean", "std", "min", "max", "sum", "clip", "abs",
    "total_seconds",
}  # fmt: skip
HISTORY = {"shift", "diff", "cumcount", "cumsum", "cummax", "expanding", "rolling", "pct_change", "ewm"}
CONVERTS = {"float", "int", "list", "tuple", "round", "numpy.array", "numpy.asarray", "numpy.atleast_2d"}
KNOWN_CATEGORIES = {"Categorical", "CategoricalDtype", "set_categories", "CategoricalIndex"}
_ALL_BUT_THIS = "its texts"


@dataclass(frozen=True)
class Place:
    """Where statements stand: file, cell, and the class whose method they are."""

    code: Code
    block: Block
    owner: ast.ClassDef | None = None


@dataclass(frozen=True)
class Followed:
    """A value made of a request: whether it holds one row, and what was computed from that row alone."""

    one: bool = False
    faults: tuple[Sighting, ...] = ()


@dataclass
class Road:
    """What following some statements saw."""

    told: list[Sighting] = field(default_factory=list)
    """What had been computed from one row where a model was asked."""
    returns: list[Followed | None] = field(default_factory=list)

    @property
    def returned(self) -> Followed | None:
        """What every way through the statements returns."""
        if not self.returns or None in self.returns:
            return None
        values = [value for value in self.returns if value]
        same = tuple(f for f in values[0].faults if all(f in value.faults for value in values))
        return Followed(all(value.one for value in values), same)


Enter = Callable[[Place, ast.Call, list[Followed | None]], Followed | None]
Names = dict[str, Followed]


def follow(place: Place, body: list[ast.stmt], given: Names, enter: Enter) -> Road:
    """Follows the statements in order, with these names known."""
    walker = _Walker(place, given, enter)
    walker.body(body)
    return walker.road


def _both(first: Names, second: Names) -> Names:
    """What two branches agree on."""
    found: Names = {}
    for name in first.keys() & second.keys():
        one, other = first[name], second[name]
        same = tuple(fault for fault in one.faults if fault in other.faults)
        found[name] = Followed(one.one and other.one, same)
    return found


def _ends(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


class _Walker:
    def __init__(self, place: Place, given: Names, enter: Enter) -> None:
        self.road = Road()
        self._place = place
        self._names = dict(given)
        self._enter = enter
        self._aliases = aliases_of(place.code)
        self._fitted: dict[str, Sighting] = {}

    # statements

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            match statement:
                case ast.Assign() | ast.AnnAssign():
                    value = self._value(statement.value)
                    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                    for target in targets:
                        self._bind(target, value)
                case ast.Expr():
                    self._in_place(statement.value, self._value(statement.value))
                case ast.Return():
                    self.road.returns.append(self._value(statement.value) if statement.value else None)
                case ast.If():
                    self._value(statement.test)
                    self._branches(statement.body, statement.orelse)
                case ast.For() | ast.While():
                    before = dict(self._names)
                    self.body(statement.body)
                    kept = {name: value for name, value in self._names.items() if name in before}
                    self._names = before | kept
                case ast.With() | ast.AsyncWith():
                    self.body(statement.body)
                case ast.Try():
                    self._try(statement)
                case _:
                    pass

    def _try(self, statement: ast.Try) -> None:
        self.body([*statement.body, *statement.orelse])
        after = dict(self._names)
        for handler in statement.handlers:
            returned = list(self.road.returns)
            self.body(handler.body)
            self.road.returns = returned
        self._names = after
        self.body(statement.finalbody)

    def _branches(self, first: list[ast.stmt], second: list[ast.stmt]) -> None:
        before = dict(self._names)
        self.body(first)
        one, self._names = self._names, before
        self.body(second)
        if _ends(second):
            self._names = one
        elif not _ends(first):
            self._names = _both(one, self._names)

    def _bind(self, target: ast.expr, value: Followed | None) -> None:
        if isinstance(target, ast.Name):
            self._names.pop(target.id, None)
            if value:
                self._names[target.id] = value
        elif isinstance(target, ast.Subscript | ast.Attribute):
            self._add(target, value.faults if value else ())
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, None)

    def _add(self, target: ast.expr, faults: tuple[Sighting, ...]) -> None:
        """Something inside a table has changed."""
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name) and target.id in self._names:
            old = self._names[target.id]
            self._names[target.id] = replace(old, faults=tuple(dict.fromkeys((*old.faults, *faults))))

    def _in_place(self, node: ast.expr, value: Followed | None) -> None:
        if value and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changes = constant(keyword(node, "inplace")) is True
            self._add(node.func.value, value.faults if changes else ())

    # expressions

    def _value(self, node: ast.expr | None) -> Followed | None:
        match node:
            case ast.Name():
                return self._names.get(node.id)
            case ast.Call():
                return self._call(node)
            case ast.Subscript() | ast.Attribute() | ast.Await() | ast.Starred():
                return self._value(node.value)
            case _:
                return self._made(node)

    def _made(self, node: ast.expr | None) -> Followed | None:
        match node:
            case ast.List() | ast.Tuple() | ast.Set():
                return self._several(node.elts, one=len(node.elts) == 1)
            case ast.Dict():
                lists = [item for item in node.values if isinstance(item, ast.List)]
                one = bool(lists) and all(len(item.elts) == 1 for item in lists)
                return self._several(node.values, one=one and len(lists) == len(node.values))
            case ast.IfExp():
                found = _both(*({"": v} if (v := self._value(n)) else {} for n in (node.body, node.orelse)))
                return found.get("")
            case ast.BinOp():
                return self._operation(node)
            case _:
                return None

    def _several(self, nodes: list[ast.expr], *, one: bool) -> Followed | None:
        values = [self._value(node) for node in nodes]
        faults = tuple(dict.fromkeys(fault for value in values if value for fault in value.faults))
        return Followed(one, faults) if one or faults else None

    def _operation(self, node: ast.BinOp) -> Followed | None:
        left, right = self._value(node.left), self._value(node.right)
        both = [value for value in (left, right) if value]
        faults = [fault for value in both for fault in value.faults]
        if left and left.one and (name := self._statistic(node.right)):
            faults.append(self._fault("fitted", node, f"{name} of a column"))
        return Followed(any(value.one for value in both), tuple(dict.fromkeys(faults))) if both else None

    def _call(self, node: ast.Call) -> Followed | None:
        values = [self._value(argument) for argument in node.args]
        named = [self._value(item.value) for item in node.keywords]
        name = dotted(node.func, self._aliases)
        last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
        first = next((value for value in (*values[:1], *named[:1]) if value), None)
        if last == "DataFrame":
            return self._table(node, first)
        if last == "get_dummies":
            return self._dummies(node, first)
        if name in CONVERTS:
            return first
        if last in ASKS and isinstance(node.func, ast.Attribute):
            self.road.told += first.faults if first else ()
            return None
        entered = self._enter(self._place, node, values)
        if entered is not None or not isinstance(node.func, ast.Attribute):
            return entered
        return self._method(node, node.func, first)

    def _table(self, node: ast.Call, first: Followed | None) -> Followed | None:
        held = node.args[0] if node.args else keyword(node, "data")
        index = keyword(node, "index")
        indexed = isinstance(index, ast.List) and len(index.elts) == 1
        single = (
            isinstance(held, ast.List) and len(held.elts) == 1 and not isinstance(held.elts[0], ast.Starred)
        )
        faults = first.faults if first else ()
        return Followed(one=True, faults=faults) if indexed or single or (first and first.one) else first

    def _dummies(self, node: ast.Call, first: Followed | None) -> Followed | None:
        if first is None or not first.one or constant(keyword(node, "drop_first")) is not True:
            return first
        if any(
            isinstance(part, ast.Attribute | ast.Name) and _last(part) in KNOWN_CATEGORIES
            for part in self._nodes()
        ):
            return first
        given = keyword(node, "columns")
        names = [str(constant(item)) for item in given.elts] if isinstance(given, ast.List) else []
        fault = self._fault("dropped", node, ", ".join(names) or _ALL_BUT_THIS)
        return replace(first, faults=(*first.faults, fault))

    def _nodes(self) -> list[ast.AST]:
        return nodes_in(self._place.block.tree)

    def _method(self, node: ast.Call, func: ast.Attribute, first: Followed | None) -> Followed | None:
        held, receiver = self._value(func.value), ast.unparse(func.value)
        if func.attr in {"fit_transform", "fit"} and first and first.one:
            fault = self._fault("fitted", node, self._built_by(func.value))
            self._fitted[receiver] = fault
            return replace(first, faults=(*first.faults, fault))
        if func.attr == "transform" and first:
            before = [self._fitted[receiver]] if receiver in self._fitted else []
            return replace(
                first, faults=tuple(dict.fromkeys((*first.faults, *before, *(held.faults if held else ()))))
            )
        if held and held.one and func.attr in HISTORY and (of := _group(func.value)):
            return replace(
                held, faults=(*held.faults, self._fault("history", node, f"earlier rows of the same {of}"))
            )
        if held is None or func.attr not in KEEPS:
            return None
        faults = (*held.faults, *(first.faults if first else ()))
        if (
            func.attr == "fillna"
            and held.one
            and (name := self._statistic(*node.args, *[k.value for k in node.keywords]))
        ):
            faults = (*faults, self._fault("filled", node, f"{name}{_of(func.value)}"))
        if func.attr == "transform" and held.one and (name := self._by_group(node)):
            faults = (*faults, self._fault("filled", node, f"{name}{_of(func.value)}"))
        return replace(held, faults=tuple(dict.fromkeys(faults)))

    def _statistic(self, *nodes: ast.expr) -> str:
        """`median`, where it is computed down the columns of one row."""
        for part in (item for node in nodes for item in nodes_in(node)):
            if not (isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)):
                continue
            across = part.args or keyword(part, "axis")
            held = self._names.get(_root(part.func.value))
            if part.func.attr in STATISTICS and held and held.one and not across:
                return part.func.attr
        return ""

    def _by_group(self, node: ast.Call) -> str:
        grouped = any(
            isinstance(part, ast.Attribute) and part.attr == "groupby" for part in nodes_in(node.func)
        )
        for part in (item for argument in node.args for item in nodes_in(argument)):
            said = constant(part) if isinstance(part, ast.Constant) else _last(part)
            if grouped and said in STATISTICS:
                return f"{said} by group"
        return ""

    def _built_by(self, node: ast.expr) -> str:
        """What it is that is fitted: its class where the file tells, else its name."""
        if isinstance(node, ast.Call):
            return _last(node.func) or "it"
        name = ast.unparse(node)
        for part in self._nodes():
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
                own = any(ast.unparse(target) == name for target in part.targets)
                built = _last(part.value.func)
                if own and built[:1].isupper():
                    return built
        return name

    def _fault(self, kind: str, node: ast.AST, detail: str) -> Sighting:
        return Sighting("one_row", kind, self._place.code.at(node, self._place.block), detail)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _group(node: ast.AST) -> str:
    """The columns by which rows are grouped, where they are and are named."""
    for part in nodes_in(node):
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr == "groupby"
        ):
            by = part.args[0] if part.args else keyword(part, "by")
            names = [constant(item) for item in (by.elts if isinstance(by, ast.List) else [by])]
            return " and ".join(name for name in names if isinstance(name, str))
    return ""


def _of(node: ast.expr) -> str:
    """` of LotFrontage`, where the column is named."""
    name = constant(node.slice) if isinstance(node, ast.Subscript) else None
    return f" of {name}" if isinstance(name, str) else ""
