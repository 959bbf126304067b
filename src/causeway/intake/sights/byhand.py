"""Inputs that an app encodes by hand: vectors filled by position, values the training never saw, odd
membership.
"""

import ast
import difflib
from collections.abc import Iterable, Iterator

from causeway.core.poc import DataFile, ModelFile, Sighting
from causeway.intake.flow.library import LOADERS
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted
from causeway.intake.python.trees import nodes_in

CHOICES = {"selectbox", "radio", "multiselect", "select_slider", "Dropdown", "Radio"}
MIN_VECTOR = 5


def by_hand(code: Code, data: Iterable[DataFile], models: Iterable[ModelFile]) -> list[Sighting]:
    """What the app does by hand that training did by code."""
    known = aliases_of(code)
    holds = {model.path.rsplit("/", 1)[-1]: model.holds for model in models if model.holds}
    categories = _categories(data)
    found: list[Sighting] = []
    for block in code.blocks:
        found += _vectors(code, block, known)
        found += _membership(code, block, known, holds)
        found += _options(code, block, categories)
    return found


def _vectors(code: Code, block: Block, known: dict[str, str]) -> Iterator[Sighting]:
    for node in nodes_in(block.tree):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        target, call = node.targets[0], node.value
        size = constant(call.args[0]) if call.args else None
        if dotted(call.func, known) != "numpy.zeros" or not isinstance(size, int) or size < MIN_VECTOR:
            continue
        if isinstance(target, ast.Name):
            filled = sorted(_positions(block.tree, target.id))
            if filled:
                missing = [n for n in range(filled[0], min(filled[-1], 40)) if n not in filled]
                detail = f"{', '.join(map(str, filled))}|{', '.join(map(str, missing[:5]))}"
                yield Sighting("vector_by_hand", str(size), code.at(node, block), detail)


def _positions(tree: ast.AST, name: str) -> set[int]:
    found: set[int] = set()
    for node in nodes_in(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if (
                isinstance(target, ast.Subscript)
                and isinstance(target.value, ast.Name)
                and target.value.id == name
            ):
                value = constant(target.slice)
                if isinstance(value, int) and constant(node.value) is None:
                    found.add(value)
    return found


def _membership(code: Code, block: Block, known: dict[str, str], holds: dict[str, str]) -> Iterator[Sighting]:
    loaded = dict(_loaded_names(block.tree, known))
    for node in nodes_in(block.tree):
        if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn)):
            continue
        where = node.comparators[0]
        path = loaded.get(where.id, "") if isinstance(where, ast.Name) else ""
        if holds.get(path.rsplit("/", 1)[-1]) == "list of tuples" and not isinstance(node.left, ast.Tuple):
            always = "True" if isinstance(node.ops[0], ast.NotIn) else "False"
            detail = f"`{ast.unparse(node)}` is always {always}"
            yield Sighting("membership", path, code.at(node, block), detail)


def _loaded_names(tree: ast.AST, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    for node in nodes_in(tree):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        call = node.value
        if dotted(call.func, known) not in LOADERS or not isinstance(node.targets[0], ast.Name):
            continue
        texts = [
            part.value
            for part in nodes_in(call)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if texts:
            yield node.targets[0].id, texts[0]


def _categories(data: Iterable[DataFile]) -> dict[str, set[str]]:
    return {
        column.name: set(column.categories)
        for file in data
        for column in file.columns
        if column.kind == "text" and 2 <= len(column.categories) <= 30
    }


def _options(code: Code, block: Block, categories: dict[str, set[str]]) -> Iterator[Sighting]:
    for node in nodes_in(block.tree):
        if not isinstance(node, ast.Call) or dotted(node.func, {}).rsplit(".", 1)[-1] not in CHOICES:
            continue
        for argument in node.args[1:2]:
            if isinstance(argument, ast.List | ast.Tuple):
                offered = [constant(item) for item in argument.elts]
                texts = [item for item in offered if isinstance(item, str)]
                yield from _unknown_options(code, block, node, texts, categories)


def _unknown_options(
    code: Code, block: Block, node: ast.Call, offered: list[str], categories: dict[str, set[str]]
) -> Iterator[Sighting]:
    if len(offered) < 3:
        return
    for column, known in categories.items():
        shared = known & set(offered)
        if len(shared) < 2 or len(shared) * 3 < len(offered) * 2:
            continue
        for option in offered:
            near = difflib.get_close_matches(option, known - shared, n=1, cutoff=0.85)
            if option not in known and near:
                yield Sighting("unknown_option", option, code.at(node, block), f"{near[0]}|{column}")
        return
