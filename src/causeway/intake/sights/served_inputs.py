"""How an app puts its model's inputs together and reads the answer: order of columns, cleaning, classes."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import framework_of

MIN_INPUTS = 3
_ORDERS = re.compile(r"(columns?|cols|features?|feature_names|names|order)$", re.IGNORECASE)
_ANSWER = re.compile(r"pred|result|answer|label|output|class", re.IGNORECASE)
ORDERING = {"reindex", "ColumnTransformer", "make_column_transformer", "get_dummies", "DictVectorizer"}
CLEANING = {"lower", "sub", "translate", "lemmatize", "stem", "casefold"}
DECODING = {"inverse_transform", "classes_"}
DUMPS = {"dict", "model_dump"}
TAKEN = {"get", "float", "int", "str", "form"}


def served_inputs(project: Project) -> list[Sighting]:
    """For each app, with what it imports: the order of its inputs, cleaning left out, classes compared."""
    by_path = {code.path: code for code in project.codes}
    cleaners = list(_cleaners(project))
    found: list[Sighting] = []
    for code in project.codes:
        if code.notebook is not None or framework_of(code, aliases_of(code)) is None:
            continue
        beside = sorted(project.imported(code) - {code.path})
        files = [code, *(by_path[path] for path in beside if path in by_path)]
        nodes = [node for item in files for block in item.blocks for node in nodes_in(block.tree)]
        called = {_last(node) for node in nodes if isinstance(node, ast.Call)}
        if not called & ORDERING and not any(_reorders(node) for node in nodes):
            found += _orders(code)
        asks = bool(called & {"predict", "predict_proba", "from_pretrained", "predict_classes"})
        if asks and not called & CLEANING:
            found += [item for item in cleaners if item.value not in called and item.at.path != code.path]
        if not _decodes(nodes):
            found += _compared(code, nodes)
    return list(dict.fromkeys(found))


def _last(node: ast.Call) -> str:
    return (
        node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {}).rsplit(".", 1)[-1]
    )


# the order of the inputs


def _reorders(node: ast.AST) -> bool:
    """`table[columns]`: put into an order that is kept elsewhere."""
    if isinstance(node, ast.Attribute) and node.attr == "feature_names_in_":
        return True
    if not isinstance(node, ast.Subscript):
        return False
    part = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    if isinstance(part, ast.List):
        return len(part.elts) >= MIN_INPUTS
    name = part.attr if isinstance(part, ast.Attribute) else part.id if isinstance(part, ast.Name) else ""
    return bool(name) and (name.isupper() or bool(_ORDERS.search(name)))


def _orders(code: Code) -> Iterator[Sighting]:
    for block in code.blocks:
        classes = {
            node.name: [
                item.target.id
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            ]
            for node in nodes_in(block.tree)
            if isinstance(node, ast.ClassDef)
        }
        for node in nodes_in(block.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _of_schema(code, block, node, classes)
            elif isinstance(node, ast.Call):
                names = _in_call(node)
                if len(names) >= MIN_INPUTS:
                    yield Sighting("input_order", ",".join(names), code.at(node, block), code.path)


def _of_schema(
    code: Code, block: Block, node: ast.FunctionDef | ast.AsyncFunctionDef, classes: dict[str, list[str]]
) -> Iterator[Sighting]:
    """A table made of a request's schema has the schema's order."""
    for argument in node.args.args:
        fields = classes.get(dotted(argument.annotation, {}), []) if argument.annotation else []
        calls = [part for part in nodes_in(node) if isinstance(part, ast.Call)]
        dumped = any(
            isinstance(part.func, ast.Attribute)
            and part.func.attr in DUMPS
            and dotted(part.func.value, {}) == argument.arg
            for part in calls
        )
        tables = [part for part in calls if _last(part) == "DataFrame" and not keyword(part, "columns")]
        if len(fields) >= MIN_INPUTS and dumped and tables:
            yield Sighting("input_order", ",".join(fields), code.at(tables[0], block), code.path)


def _in_call(node: ast.Call) -> list[str]:
    """The names of the inputs that a table or array literal is made of, in its order."""
    last = _last(node)
    first = node.args[0] if node.args else keyword(node, "data")
    given = keyword(node, "columns")
    if last == "DataFrame" and isinstance(given, ast.List):
        return _texts(given.elts)
    if isinstance(first, ast.List) and len(first.elts) == 1 and last in {"DataFrame", "array", "predict"}:
        first = first.elts[0]
        if isinstance(first, ast.List | ast.Tuple) and last != "DataFrame":
            names = [_input(item) for item in first.elts]
            return names if all(names) else []
    return _texts(first.keys) if last == "DataFrame" and isinstance(first, ast.Dict) else []


def _texts(nodes: list[ast.expr] | list[ast.expr | None]) -> list[str]:
    values = [constant(node) for node in nodes]
    return [value for value in values if isinstance(value, str)] if None not in values else []


def _input(node: ast.AST) -> str:
    """`age`, `data.age`, `form["age"]`, `float(form.get("age"))`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        key = constant(node.slice)
        return key if isinstance(key, str) else ""
    if isinstance(node, ast.Call) and node.args and _last(node) in TAKEN:
        key = constant(node.args[0])
        return key if isinstance(key, str) else _input(node.args[0])
    return ""


# cleaning that only the training does


def _cleaners(project: Project) -> Iterator[Sighting]:
    """The folder's own functions that clean a column of texts, where each is applied to train on."""
    bodies = {
        node.name: {_last(part) for part in nodes_in(node) if isinstance(part, ast.Call)}
        for code in project.codes
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.FunctionDef)
    }
    cleaning = {name for name, called in bodies.items() if called & CLEANING}
    for code in project.codes:
        events = project.events(code)
        if not (events.fits or any(item.what == "data" for item in events.saved)):
            continue
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Call) and _last(node) in {"apply", "map"} and node.args:
                    name = dotted(node.args[0], {})
                    if name in cleaning:
                        yield Sighting("text_cleaner", name, code.at(node, block))


# classes that the app compares the answer with


def _decodes(nodes: list[ast.AST]) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in DECODING for node in nodes)


def _compared(code: Code, nodes: list[ast.AST]) -> Iterator[Sighting]:
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)):
                continue
            said = constant(node.comparators[0])
            about = _ANSWER.search(ast.unparse(node.left))
            if about and isinstance(said, str) and texts.count(said) == 1:
                yield Sighting("compares_class", said, code.at(node, block), ast.unparse(node.left)[:60])
