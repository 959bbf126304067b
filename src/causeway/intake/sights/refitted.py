"""Preparation that an app fits itself, and whose output a model that was loaded is asked with."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted
from causeway.intake.python.trees import nodes_in

Function = ast.FunctionDef | ast.AsyncFunctionDef
Labels = frozenset[str]
NONE: Labels = frozenset()
ROUNDS = 3
MAX_STEPS = 60_000
FITS = {"fit_transform", "get_dummies"}
STATELESS = {
    "Normalizer", "Binarizer", "HashingVectorizer", "FeatureHasher", "FunctionTransformer",
    "PolynomialFeatures",
}  # fmt: skip
"""Transformers that learn nothing from the rows they are given."""
_GIVEN = {"categories", "classes", "vocabulary", "columns_order"}
"""Options by which an encoder is told what it would learn."""
_ASKS = {"predict", "predict_proba", "predict_classes", "decision_function"}
_TRAINS = {"fit", "partial_fit", "fit_predict", "train_on_batch"}
_LOADS = re.compile(r"(?i)load|from_pretrained|get_model|model_from|restore|^import_model")
_READS = re.compile(r"^(?:read_\w+|load_dataset|fetch_\w+|loadtxt|genfromtxt)$")
_USERS = re.compile(r"^(?:file_uploader|\w*_input|text_area|get_json|selectbox|slider|camera_input)$")
_COUNTS = {"len", "range", "print", "isinstance", "type", "sum", "write", "dataframe", "inverse_transform"}
_SHAPES = {"shape", "columns", "index", "size", "dtype", "dtypes", "ndim", "classes_"}


def refitted(codes: Iterable[Code]) -> Iterator[Sighting]:
    """Each fit in a file whose output reaches a loaded model in the same file."""
    for code in codes:
        texts = " ".join(block.text for block in code.blocks)
        if any(f".{name}" in texts for name in FITS) and ".predict" in texts:
            yield from _File(code).found()


class _File:
    """What the names of one file stand for, followed in order, function by function."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.known = aliases_of(code)
        self.steps = 0
        self.fits: dict[str, tuple[str, ast.Call, Block]] = {}
        self.reached: dict[str, None] = {}
        self.functions: dict[str, Function] = {}
        self.taken: dict[str, dict[str, Labels]] = {}
        self.gives: dict[str, Labels] = {}
        self.fields: dict[str, Labels] = {}
        self.outer: dict[str, Labels] = {}
        self.block = code.blocks[0]
        self.now = ""

    def found(self) -> Iterator[Sighting]:
        """The fits that reach a loaded model."""
        within = [
            (node, block)
            for block in self.code.blocks
            for node in nodes_in(block.tree)
            if isinstance(node, Function)
        ]
        self.functions = {node.name: node for node, _ in within}
        for _ in range(ROUNDS):
            self.now, self.outer = "", {}
            for block in self.code.blocks:
                self.block = block
                self._body(block.tree.body, self.outer)
            for node, block in within:
                self.block, self.now = block, node.name
                self._body(node.body, dict(self.taken.get(node.name, {})))
        if self.steps < MAX_STEPS:
            for key in self.reached:
                name, node, block = self.fits[key]
                yield Sighting("refitted", name, self.code.at(node, block))

    def _body(self, body: list[ast.stmt], names: dict[str, Labels]) -> None:
        for statement in body:
            self._statement(statement, names)

    def _statement(self, node: ast.stmt, names: dict[str, Labels]) -> None:
        if isinstance(node, Function):
            return
        if isinstance(node, ast.ClassDef):
            self._body(node.body, {})
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            made = self.labels(node.value, names) if node.value else NONE
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self._bind(target, made, names, add=isinstance(node, ast.AugAssign))
        elif isinstance(node, ast.Return):
            made = self.labels(node.value, names) if node.value else NONE
            self.gives[self.now] = self.gives.get(self.now, NONE) | made
        elif isinstance(
            node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.With | ast.AsyncWith
        ):
            self._branches(node, names)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.labels(child, names)

    def _branches(self, node: ast.stmt, names: dict[str, Labels]) -> None:
        for field in ("test", "iter"):
            if isinstance(given := getattr(node, field, None), ast.expr):
                made = self.labels(given, names)
                if field == "iter":
                    self._bind(getattr(node, "target", given), made, names, add=True)
        for item in getattr(node, "items", []):
            self.labels(item.context_expr, names)
        ways = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
        ways += [handler.body for handler in getattr(node, "handlers", [])]
        one_way = isinstance(node, ast.With | ast.AsyncWith | ast.Try)
        before = dict(names)
        for number, way in enumerate(way for way in ways if way):
            inner = names if one_way and not number else dict(before)
            self._body(way, inner)
            for name, made in inner.items() if inner is not names else ():
                names[name] = names.get(name, NONE) | made

    def _bind(self, target: ast.expr, made: Labels, names: dict[str, Labels], *, add: bool = False) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self._bind(item, made, names, add=add)
        elif isinstance(target, ast.Name):
            names[target.id] = names.get(target.id, NONE) | made if add else made
        elif isinstance(target, ast.Attribute):
            key = ast.unparse(target)
            self.fields[key] = self.fields.get(key, NONE) | made
        elif isinstance(target, ast.Subscript | ast.Starred):
            column = constant(target.slice) if isinstance(target, ast.Subscript) else None
            named = isinstance(target.value, ast.Name) and isinstance(column, str)
            key = f"{getattr(target.value, 'id', '')}[{column}]"
            if named and made & set(self.fits):
                names[key] = made
            else:
                names.pop(key, None)
                self._bind(target.value, made, names, add=True)

    def labels(self, node: ast.expr, names: dict[str, Labels]) -> Labels:
        """What is known of an expression: fits it came through, and whether it was loaded or trained here."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            return NONE
        if isinstance(node, ast.Call):
            return self._call(node, names)
        if isinstance(node, ast.Name):
            return self._name(node.id, names)
        if isinstance(node, ast.Attribute):
            own = self.fields.get(ast.unparse(node), NONE)
            return NONE if node.attr in _SHAPES else own | self.labels(node.value, names)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            return self._columns(node, node.value.id, names)
        return NONE.union(*(self._part(child, names) for child in ast.iter_child_nodes(node)))

    def _part(self, child: ast.AST, names: dict[str, Labels]) -> Labels:
        if isinstance(child, ast.expr):
            return self.labels(child, names)
        if isinstance(child, ast.comprehension):
            self._bind(child.target, self.labels(child.iter, names), names, add=True)
        return NONE

    def _name(self, name: str, names: dict[str, Labels], left_out: frozenset[str] = frozenset()) -> Labels:
        scope = names if name in names or any(key.startswith(f"{name}[") for key in names) else self.outer
        columns = [
            made
            for key, made in scope.items()
            if key.startswith(f"{name}[") and key[len(name) + 1 : -1] not in left_out
        ]
        return scope.get(name, NONE).union(*columns)

    def _columns(self, node: ast.Subscript, name: str, names: dict[str, Labels]) -> Labels:
        """What some columns of a table came through, without what the others did."""
        listed = node.slice.elts if isinstance(node.slice, ast.List) else [node.slice]
        wanted = [constant(item) for item in listed]
        if not wanted or not all(isinstance(item, str) for item in wanted):
            return self._name(name, names) | self._part(node.slice, names)
        scope = names if name in names else self.outer
        return scope.get(name, NONE).union(*(scope.get(f"{name}[{item}]", NONE) for item in wanted))

    def _call(self, node: ast.Call, names: dict[str, Labels]) -> Labels:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        receiver = self.labels(owner, names) if owner is not None else NONE
        each = [self.labels(item, names) for item in node.args]
        each += [self.labels(item.value, names) for item in node.keywords]
        inside = NONE.union(*each)
        if last in FITS and (node.args or node.keywords):
            return self._fit(node, last, receiver, inside)
        if last in _ASKS:
            if "loaded" in receiver and "trained" not in receiver:
                self.reached |= dict.fromkeys(sorted(inside & set(self.fits)))
            return NONE
        if last in _TRAINS and owner is not None:
            self._bind(owner, receiver | {"trained"}, names)
            return receiver | {"trained"}
        if last in self.functions and (owner is None or getattr(owner, "id", "") in {"self", "cls"}):
            return self._own(node, last, names)
        return self._library(node, last, receiver, inside, names)

    def _library(
        self, node: ast.Call, last: str, receiver: Labels, inside: Labels, names: dict[str, Labels]
    ) -> Labels:
        if last in _COUNTS:
            return NONE
        if _READS.match(last):
            return inside if "user" in inside | receiver else inside | {"file"}
        if _USERS.match(last):
            return NONE | {"user"}
        if _LOADS.search(last):
            return inside | {"loaded"}
        if last == "drop" and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            given = [*node.args, *(item.value for item in node.keywords)]
            out = {str(constant(item)) for one in given for item in getattr(one, "elts", [one])}
            return self._name(node.func.value.id, names, frozenset(out))
        if last in {"append", "extend", "insert", "update"} and isinstance(node.func, ast.Attribute):
            self._bind(node.func.value, inside, names, add=True)
        made = STATELESS & {last} or _GIVEN & {item.arg for item in node.keywords}
        return receiver | inside | ({"fixed"} if made else NONE)

    def _fit(self, node: ast.Call, last: str, receiver: Labels, inside: Labels) -> Labels:
        told = last == "fit_transform" and "fixed" in receiver
        if (
            told
            or "file" in inside
            or "trained" in receiver
            or dotted(node.func, self.known).startswith("keras")
        ):
            return inside
        key = f"fit {node.lineno} {node.col_offset} {self.block.cell}"
        self.fits[key] = (last, node, self.block)
        return inside | {key}

    def _own(self, node: ast.Call, name: str, names: dict[str, Labels]) -> Labels:
        known = self.functions[name].args
        order = [item.arg for item in (*known.posonlyargs, *known.args, *known.kwonlyargs)]
        order = order[1:] if order[:1] in (["self"], ["cls"]) else order
        given = dict(zip(order, node.args, strict=False)) | {i.arg: i.value for i in node.keywords if i.arg}
        taken = self.taken.setdefault(name, {})
        for argument, value in given.items():
            taken[argument] = taken.get(argument, NONE) | self.labels(value, names)
        return self.gives.get(name, NONE)
