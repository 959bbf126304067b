"""What chance decides: data that a generator in the folder wrote, models that start from no seed."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

_DRAW = re.compile(
    r"^(numpy\.random|random)\.(?!seed|default_rng|shuffle|sample|RandomState|Random$|SystemRandom)\w+$"
)
_MAKERS = re.compile(r"^sklearn\.datasets\.(\w+\.)?make_\w+$")
_FAKERS = {"faker.Faker", "mimesis.Generic", "numpy.random.default_rng", "numpy.random.RandomState"}
_DRAWING = {"choice", "choices", "randint", "integers", "rand", "randrange", "random", "getrandbits"}
MIN_DRAWS = 3
WRITERS = {"to_csv", "to_parquet", "to_excel", "to_json", "to_feather"}
TABLES = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".xlsx", ".feather")
Calls = list[tuple[ast.Call, Block]]
SEEDABLE = {
    "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor",
    "IsolationForest", "MLPClassifier", "MLPRegressor", "BaggingClassifier", "BaggingRegressor", "SVD",
    "SVDpp", "KMeans", "MiniBatchKMeans", "GaussianMixture", "SGDClassifier",
}  # fmt: skip
_HOMES = ("sklearn.", "surprise.", "imblearn.")


def drawn(project: Project) -> list[Sighting]:
    """Generated tables, targets drawn at random, models without a seed, and the share that is held out."""
    found: list[Sighting] = []
    for code in project.codes:
        known = aliases_of(code)
        calls = [
            (node, block)
            for block in code.blocks
            for node in nodes_in(block.tree)
            if isinstance(node, ast.Call)
        ]
        found += _generated(project, code, calls, known)
        found += _without_seed(code, calls, known)
        found += _held(code, calls)
    own = _not_from_outside(project, found)
    return [item for item in found if item.what not in {"generated", "drawn_column"} or item.detail in own]


def _not_from_outside(project: Project, found: list[Sighting]) -> set[str]:
    """The generators that read nothing, or only what other generators wrote."""
    made = {item.value.rsplit("/", 1)[-1] for item in found if item.what == "generated"}
    return {
        code.path
        for code in project.codes
        if {read.path.replace("\\", "/").rsplit("/", 1)[-1] for read in project.events(code).reads} <= made
    }


def _generated(project: Project, code: Code, calls: Calls, known: dict[str, str]) -> Iterator[Sighting]:
    """The tables that a file writes which draws what it writes."""
    if project.events(code).fits or project.events(code).loads:
        return
    names = _drawers(code, known)
    draws = [node for node, _ in calls if _draws(node, known, names)]
    made = any(_MAKERS.match(dotted(node.func, known)) for node, _ in calls)
    if len(draws) < MIN_DRAWS and not made:
        return
    written = [(node, block, path) for node, block in calls if (path := _written(node))]
    for node, block, path in written:
        yield Sighting("generated", path.replace("\\", "/"), code.at(node, block), code.path)
    if written:
        yield from _columns(code, known, names)


def _written(node: ast.Call) -> str:
    """The table that a call writes, as far as its name is written there."""
    last = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {})
    mode = constant(node.args[1]) if len(node.args) > 1 else constant(keyword(node, "mode"))
    if not node.args or not (last in WRITERS or (last == "open" and str(mode)[:1] == "w")):
        return ""
    texts = [str(constant(part)) for part in nodes_in(node.args[0]) if isinstance(constant(part), str)]
    return next((text for text in reversed(texts) if text.endswith(TABLES)), "")


def _drawers(code: Code, known: dict[str, str]) -> frozenset[str]:
    """Names that hold a generator: `rng`, `fake`."""
    return frozenset(
        target.id
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and dotted(node.value.func, known) in _FAKERS
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def _draws(node: ast.AST, known: dict[str, str], drawers: frozenset[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func, known)
    return bool(_DRAW.match(name)) or name.split(".")[0] in drawers


def _columns(code: Code, known: dict[str, str], drawers: frozenset[str]) -> Iterator[Sighting]:
    """Columns whose every value is drawn, looking at no other column."""
    stored = _stored(code)
    for block in code.blocks:
        for node in nodes_in(block.tree):
            pairs: list[tuple[object, ast.AST]] = []
            if isinstance(node, ast.Dict):
                pairs = [(constant(key), value) for key, value in zip(node.keys, node.values, strict=True)]
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                pairs = [(constant(node.targets[0].slice), node.value)]
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                pairs = [(name, node.value)] if stored.count(name) == 1 else []
            for name, value in pairs:
                if isinstance(name, str) and _blind(value, known, drawers):
                    yield Sighting("drawn_column", name, code.at(value, block), code.path)


def _stored(code: Code) -> list[str]:
    """The names that the file assigns or stores into, once for each time."""
    found: list[str] = []
    for block in code.blocks:
        for node in nodes_in(block.tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AugAssign) else targets
            holders = [part.value if isinstance(part, ast.Subscript) else part for part in targets]
            found += [part.id for part in holders if isinstance(part, ast.Name)]
    return found


def _blind(node: ast.AST, known: dict[str, str], drawers: frozenset[str]) -> bool:
    if isinstance(node, ast.ListComp):
        node = node.elt
    if not (isinstance(node, ast.Call) and _draws(node, known, drawers)):
        return False
    last = (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else dotted(node.func, known).rsplit(".", 1)[-1]
    )
    given = [*node.args[:2], *(item.value for item in node.keywords if item.arg in {"p", "weights"})]
    return last in _DRAWING and all(_constant(item) for item in given)


def _constant(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id.isupper() or node.id in {
            "n",
            "size",
            "n_samples",
            "num_samples",
            "num_records",
            "n_rows",
        }
    return not any(isinstance(part, ast.Name | ast.Call) for part in nodes_in(node))


def _without_seed(code: Code, calls: Calls, known: dict[str, str]) -> Iterator[Sighting]:
    for node, block in calls:
        name = dotted(node.func, known)
        last = name.rsplit(".", 1)[-1]
        starred = any(item.arg is None for item in node.keywords)
        if last in SEEDABLE and name.startswith(_HOMES) and not starred:
            seed = keyword(node, "random_state")
            if seed is None or (isinstance(seed, ast.Constant) and seed.value is None):
                yield Sighting("without_seed", last, code.at(node, block))


def _held(code: Code, calls: Calls) -> Iterator[Sighting]:
    for node, block in calls:
        if dotted(node.func, {}).rsplit(".", 1)[-1] == "train_test_split":
            given = keyword(node, "test_size")
            share = constant(given) if given is not None else 0.25
            if isinstance(share, int | float) and share > 0:
                yield Sighting("held_out", str(share), code.at(node, block))
