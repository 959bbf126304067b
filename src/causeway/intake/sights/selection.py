"""Where an epoch, a threshold or settings are chosen by the very test rows whose quality is reported."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

_TEST = re.compile(r"(^|_)test(_|$|ing|set|loader|data|ds|dl)|^[xy]_?te(st)?$", re.IGNORECASE)
_OTHER = re.compile(r"val|valid|dev", re.IGNORECASE)
SAVES = {"save", "save_model", "save_weights", "save_pretrained", "save_checkpoint", "deepcopy", "dump"}
STOPS = {"EarlyStopping", "early_stopping"}
SEARCHES = {"GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "BayesSearchCV", "RandomizedSearch"}
FOLDERS = {
    "image_dataset_from_directory",
    "flow_from_directory",
    "ImageFolder",
    "text_dataset_from_directory",
}
CURVES = {"roc_curve", "precision_recall_curve"}


def chosen_on_test(codes: Iterable[Code]) -> list[Sighting]:
    """Each choice that looks at test rows: the way it is made, the place, and what it chose."""
    found: list[Sighting] = []
    for code in codes:
        known = aliases_of(code)
        nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
        found += _best_epochs(code, nodes)
        calls = [(node, block) for node, block in nodes if isinstance(node, ast.Call)]
        found += _trainer(code, calls)
        found += list(_stopped(code, calls)) or list(_measured_where_stopped(code, calls, known))
        found += _searched(code, nodes, known)
        found += _thresholds(code, nodes)
    return found


def _is_test(names: Iterable[str]) -> bool:
    names = set(names)
    return any(_TEST.search(name) for name in names) and not any(_OTHER.search(name) for name in names)


def _names(node: ast.AST) -> set[str]:
    found = {part.id for part in nodes_in(node) if isinstance(part, ast.Name)}
    return found | {part.attr for part in nodes_in(node) if isinstance(part, ast.Attribute)}


def _given(node: ast.AST) -> set[str]:
    """The names in an expression that are not those of functions."""
    called = {id(part.func) for part in nodes_in(node) if isinstance(part, ast.Call)}
    return {part.id for part in nodes_in(node) if isinstance(part, ast.Name) and id(part) not in called}


def _last(node: ast.Call) -> str:
    return (
        node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {}).rsplit(".", 1)[-1]
    )


# an epoch is kept when it does better on the test than the best before


def _best_epochs(code: Code, nodes: Iterable[tuple[ast.AST, Block]]) -> Iterator[Sighting]:
    for loop, block in nodes:
        if not isinstance(loop, ast.For | ast.While):
            continue
        made = _made_in(loop)
        for part in nodes_in(loop):
            if not (isinstance(part, ast.If) and isinstance(part.test, ast.Compare) and _keeps(part)):
                continue
            order = isinstance(part.test.ops[0], ast.Gt | ast.Lt | ast.GtE | ast.LtE)
            names = _behind(_names(part.test), made)
            if order and _is_test(names) and not _names(part.test) & {"epoch", "step", "i"}:
                yield Sighting("chosen_on_test", "epoch", code.at(part, block), _first_test(names))
                return


def _keeps(branch: ast.If) -> bool:
    return any(
        isinstance(part, ast.Call) and _last(part) in SAVES for item in branch.body for part in nodes_in(item)
    )


def _made_in(loop: ast.For | ast.While) -> dict[str, set[str]]:
    """What each name that the loop assigns was computed from, with what an inner loop goes over."""
    made: dict[str, set[str]] = {}
    over: list[tuple[ast.stmt, frozenset[str]]] = [(item, frozenset()) for item in loop.body]
    while over:
        item, around = over.pop()
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(item, ast.Assign | ast.AugAssign | ast.AnnAssign) and item.value is not None:
            targets = item.targets if isinstance(item, ast.Assign) else [item.target]
            sources = _given(item.value) | around
            for name in {name for target in targets for name in _names(target)}:
                made.setdefault(name, set()).update(sources)
        inner = frozenset(_given(item.iter)) if isinstance(item, ast.For) else frozenset[str]()
        for name in ("body", "orelse"):
            over += [(below, around | inner) for below in getattr(item, name, [])]
    return made


def _behind(names: set[str], made: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    open_ = list(names & made.keys())
    while open_:
        name = open_.pop()
        if name not in seen:
            seen.add(name)
            open_ += made.get(name, ())
    return {name for name in seen if "train" not in name.lower()}


def _first_test(names: Iterable[str]) -> str:
    return min(name for name in names if _TEST.search(name))


# libraries that keep the best epoch by themselves


def _trainer(code: Code, calls: list[tuple[ast.Call, Block]]) -> Iterator[Sighting]:
    best = [
        node
        for node, _ in calls
        if constant(keyword(node, "load_best_model_at_end")) is True or _last(node) == "EarlyStoppingCallback"
    ]
    for node, block in calls:
        rows = keyword(node, "eval_dataset")
        if best and rows is not None and (_is_test(_names(rows)) or _says_test(rows)):
            yield Sighting("chosen_on_test", "epoch", code.at(node, block), ast.unparse(rows)[:40])


def _says_test(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant) and part.value == "test" for part in nodes_in(node))


def _stopped(code: Code, calls: list[tuple[ast.Call, Block]]) -> Iterator[Sighting]:
    stops = any(
        _last(node) in STOPS
        or (_last(node) == "ModelCheckpoint" and constant(keyword(node, "save_best_only")) is True)
        for node, _ in calls
    )
    options = any(
        item.arg in {"early_stopping_rounds", "use_best_model"} for node, _ in calls for item in node.keywords
    )
    cat = any(_last(node).startswith("CatBoost") for node, _ in calls)
    for node, block in calls:
        rows = keyword(node, "validation_data") if stops and keyword(node, "callbacks") else None
        if rows is None and (stops or options or cat):
            rows = keyword(node, "eval_set")
        if rows is None or _last(node) not in {"fit", "train", "fit_generator"}:
            continue
        named = _first_test(_names(rows)) if _is_test(_names(rows)) else _folder_of_tests(code, rows)
        if named:
            yield Sighting("chosen_on_test", "epoch", code.at(node, block), named)
            return


def _folder_of_tests(code: Code, rows: ast.expr) -> str:
    """The name of rows that all the files in a folder of tests became, whatever the rows are called."""
    if not isinstance(rows, ast.Name):
        return ""
    made = [
        node.value
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == rows.id for target in node.targets)
    ]
    for call in (part for value in made for part in nodes_in(value) if isinstance(part, ast.Call)):
        if _last(call) in FOLDERS and keyword(call, "subset") is None and _of_tests(call):
            return f"{rows.id} (the folder of tests)"
    return ""


def _of_tests(call: ast.Call) -> bool:
    given = [*call.args[:1], *(item.value for item in call.keywords if item.arg in {"directory", "root"})]
    texts = [str(part.value) for one in given for part in nodes_in(one) if isinstance(part, ast.Constant)]
    lasts = [text.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] for text in texts]
    return any(_is_test(_given(one)) for one in given) or _is_test(lasts)


def _measured_where_stopped(
    code: Code, calls: list[tuple[ast.Call, Block]], known: dict[str, str]
) -> Iterator[Sighting]:
    """The only figure of the file is that of the rows which said when to stop, whatever they are called."""
    if not any(
        item.arg in {"early_stopping_rounds", "use_best_model"} for n, _ in calls for item in n.keywords
    ):
        return
    if any(
        isinstance(node.func, ast.Attribute) and node.func.attr in {"score", "evaluate"} for node, _ in calls
    ):
        return
    measured = {
        ast.unparse(node.args[0])
        for node, _ in calls
        if len(node.args) > 1 and dotted(node.func, known).startswith("sklearn.metrics.")
    }
    for node, block in calls:
        rows = keyword(node, "eval_set") if _last(node) in {"fit", "train"} else None
        pairs = rows.elts if isinstance(rows, ast.List) else [rows]
        last = pairs[-1] if pairs else None
        if isinstance(last, ast.Tuple) and len(last.elts) == 2 and measured == {ast.unparse(last.elts[1])}:
            yield Sighting("chosen_on_test", "epoch", code.at(node, block), ast.unparse(last.elts[0])[:40])
            return


# settings searched on all rows, which a split then sets aside again


def _searched(code: Code, nodes: list[tuple[ast.AST, Block]], known: dict[str, str]) -> Iterator[Sighting]:
    searches: dict[str, str] = {}
    divided: set[str] = set()
    for node, _ in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            last = dotted(node.value.func, known).rsplit(".", 1)[-1]
            if last in SEARCHES:
                searches |= {ast.unparse(target): last for target in node.targets}
        if isinstance(node, ast.Call) and _last(node) == "train_test_split" and len(node.args) > 1:
            divided.add(ast.unparse(node.args[0]))
    for node, block in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fit":
            searcher = searches.get(ast.unparse(node.func.value), "")
            if searcher and node.args and ast.unparse(node.args[0]) in divided:
                yield Sighting("chosen_on_test", "settings", code.at(node, block), searcher)
                return


# the threshold at the best point of the test's own curve


def _thresholds(code: Code, nodes: list[tuple[ast.AST, Block]]) -> Iterator[Sighting]:
    curves: set[str] = set()
    chosen: dict[str, tuple[ast.AST, Block]] = {}
    for node, block in nodes:
        if not isinstance(node, ast.Assign):
            continue
        value, target = node.value, node.targets[0]
        if (
            isinstance(value, ast.Call)
            and _last(value) in CURVES
            and value.args
            and isinstance(target, ast.Tuple)
        ):
            if _is_test(_names(value.args[0])):
                curves |= {part.id for part in target.elts[-1:] if isinstance(part, ast.Name)}
        elif (
            isinstance(value, ast.Subscript) and isinstance(target, ast.Name) and _names(value.value) & curves
        ):
            chosen[target.id] = (node, block)
    compared = {name for node, _ in nodes if isinstance(node, ast.Compare) for name in _names(node)}
    for name, (node, block) in chosen.items():
        if name in compared:
            yield Sighting("chosen_on_test", "threshold", code.at(node, block), name)
            return
