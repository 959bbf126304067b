"""Where an app writes other codes for a column's categories than the training gave them."""

import ast
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import DataFile, Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.coded_columns import Coded, coded_columns, literal_codes, plain
from causeway.intake.sights.serving import framework_of

USES = {"get", "map", "replace"}
MIN_CODES = 2
_ANSWER = re.compile(r"pred|result|answer|output|argmax|class", re.IGNORECASE)


class Written(Struct, frozen=True):
    """A dictionary of the app that gives codes to categories, and the columns that it is used for."""

    codes: dict[str, int]
    at: Evidence
    columns: frozenset[str]
    reads: bool = False
    """Whether it is written the other way round, from code to category, as answers are read."""


def coded_otherwise(project: Project, data: Iterable[DataFile]) -> list[Sighting]:
    """Each column whose codes in the app are not those of the training: the app's place and codes, then the
    training's.
    """
    apps = {code.path for code in project.codes if framework_of(code, aliases_of(code))}
    teaching = [
        code
        for code in project.codes
        if code.path not in apps
        and (project.events(code).fits or any(s.what == "data" for s in project.events(code).saved))
    ]
    beside = {path for code in project.codes if code.path in apps for path in project.imported(code)}
    serving = [
        code
        for code in project.codes
        if code.notebook is None and code.path in apps | beside and code not in teaching
    ]
    if not teaching or not serving:
        return []
    files = [file for file in data if file.columns]
    learned = [item for code in teaching for item in coded_columns(code, files)]
    return [
        sighting
        for code in serving
        for block in code.blocks
        for written in (*_written(code, block), *_read_back(code, block))
        for sighting in _otherwise(written, learned, files)
    ]


def _written(code: Code, block: Block) -> Iterator[Written]:
    """Dictionaries of codes, named and looked up, or given where they are used."""
    nodes = nodes_in(block.tree)
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, codes = node.targets[0].id, literal_codes(node.value)
            known = nodes if len(codes) >= MIN_CODES else []
            uses = [use for part in known if (use := _looked_up(part, name)) is not None]
            if uses:
                columns = frozenset(column for use in uses for column in use)
                yield Written(codes, code.at(node, block), columns)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in USES:
            codes = literal_codes(node.args[0]) if node.args else {}
            if len(codes) >= MIN_CODES and isinstance(node.func.value, ast.Subscript | ast.Attribute):
                yield Written(codes, code.at(node.args[0], block), frozenset({_named(node.func.value)}))
        elif isinstance(node, ast.Subscript) and len(codes := literal_codes(node.value)) >= MIN_CODES:
            yield Written(codes, code.at(node, block), frozenset({_named(node.slice)}))


def _read_back(code: Code, block: Block) -> Iterator[Written]:
    """Dictionaries from codes to categories, and lists that an answer picks from."""
    nodes = nodes_in(block.tree)
    picked = {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and _ANSWER.search(ast.unparse(node.slice))
    }
    for node in nodes:
        listed = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if isinstance(node, ast.Dict):
            codes = _turned(node)
        elif isinstance(node, ast.Assign) and listed and ast.unparse(node.targets[0]) in picked:
            codes = _in_order(node.value)
        else:
            continue
        if len(codes) >= MIN_CODES:
            yield Written(codes, code.at(node, block), frozenset(), reads=True)


def _turned(node: ast.Dict) -> dict[str, int]:
    keys, values = [constant(key) for key in node.keys], [constant(value) for value in node.values]
    found = {
        value: key
        for key, value in zip(keys, values, strict=True)
        if isinstance(key, int) and not isinstance(key, bool) and isinstance(value, str)
    }
    return found if len(found) == len(keys) else {}


def _in_order(node: ast.expr) -> dict[str, int]:
    values = [constant(item) for item in node.elts] if isinstance(node, ast.List | ast.Tuple) else []
    found = {value: place for place, value in enumerate(values) if isinstance(value, str)}
    return found if len(found) == len(values) else {}


def _looked_up(node: ast.AST, name: str) -> list[str] | None:
    """What is looked up in the dictionary of this name, where it is: `x.plan` gives `plan`."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
        return [_named(node.slice)]
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in USES):
        return None
    held = node.func.value
    if isinstance(held, ast.Name) and held.id == name and node.args:
        return [_named(node.args[0])]
    if node.args and isinstance(node.args[0], ast.Name) and node.args[0].id == name:
        return [_named(held)]
    return None


def _named(node: ast.AST) -> str:
    """The input that an expression is: `x.plan.lower()`, `form["plan"]`, `plan`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "get" and node.args:
            return plain(str(constant(node.args[0]) or ""))
        node = node.func.value
    if isinstance(node, ast.Subscript):
        return plain(str(constant(node.slice) or ""))
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return plain(name)


def _otherwise(written: Written, learned: list[Coded], files: list[DataFile]) -> Iterator[Sighting]:
    said = {plain(key): value for key, value in written.codes.items()}
    named = {plain(name) for file in files for name in file.names} | {plain(one.column) for one in learned}
    candidates = [item for item in learned if _about(item, written, named, files)]
    if written.reads:
        candidates = [item for item in learned if _same_categories(item, written, files)]
    given = [(item, codes) for item in candidates if (codes := _learned_codes(item, written, files))]
    if not given or len(given) < len(candidates):
        return
    if any(_agree(said, {plain(key): value for key, value in codes.items()}) for _, codes in given):
        return
    item, codes = given[-1]
    own = {plain(key): key for key in codes}
    words = ", ".join(f"{own.get(key, key)} {value}" for key, value in said.items())
    theirs = ", ".join(f"{key} {value}" for key, value in codes.items())
    what = "answers_differ" if written.reads else "codes_differ"
    yield Sighting(what, item.column, written.at, f"{words}|{theirs}|{item.how}")
    yield Sighting("codes_learned", item.column, item.at)


def _agree(first: dict[str, int], second: dict[str, int]) -> bool:
    shared = first.keys() & second.keys()
    return len(shared) < MIN_CODES or all(first[key] == second[key] for key in shared)


def _about(item: Coded, written: Written, named: set[str], files: list[DataFile]) -> bool:
    """Whether the app's dictionary is about this column: by the name looked up, else by its categories."""
    if written.columns & named:
        return plain(item.column) in written.columns
    return _same_categories(item, written, files)


def _same_categories(item: Coded, written: Written, files: list[DataFile]) -> bool:
    known = _categories(item.column, files) or list(item.codes)
    return bool(known) and {plain(key) for key in known} == {plain(key) for key in written.codes}


def _learned_codes(item: Coded, written: Written, files: list[DataFile]) -> dict[str, int]:
    if item.codes:
        return item.codes
    categories = _categories(item.column, files)
    if not categories and any(file.column(item.column) for file in files):
        return {}
    kinds = sorted(categories or written.codes)
    if kinds != sorted(kinds, key=str.casefold):
        return {}
    return {kind: place for place, kind in enumerate(kinds)}


def _categories(column: str, files: list[DataFile]) -> list[str]:
    """The column's categories, where every file that has it holds the same and no gaps."""
    found = [profile for file in files if (profile := file.column(column)) is not None]
    kinds = [sorted(profile.categories) for profile in found if profile.kind in {"text", "boolean"}]
    whole = all(not profile.nulls for profile in found)
    return (
        kinds[0]
        if kinds and whole and len(kinds) == len(found) and kinds.count(kinds[0]) == len(kinds)
        else []
    )
