"""Interfaces that current versions of libraries no longer have, and what to use instead."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Requirement, Sighting
from causeway.intake.environment.removed_names import ALIVE, FIRST, FITTED, METHODS, NAMES, OPTIONS
from causeway.intake.flow.events import Events
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

FAMILY = {"keras": ("keras", "tensorflow"), "tensorflow": ("tensorflow", "keras")}


def removed_apis(codes: Iterable[Code], requirements: Iterable[Requirement]) -> list[Sighting]:
    """Uses of what current versions lack, unless a declared version still has it; the first of each in a
    file.
    """
    pins = {item.name: item.spec for item in requirements}
    found: list[Sighting] = []
    for code in codes:
        if code.stale:
            continue
        spared = {id(node) for block in code.blocks for node in _tried(block.tree)}
        lent = {alias.asname or alias.name for block in code.blocks for alias in _aliases(block.tree, spared)}
        known = {name: real for name, real in aliases_of(code).items() if name not in lent}
        seen: set[str] = set()
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if id(node) in spared and isinstance(node, ast.Import | ast.ImportFrom):
                    continue
                for name, entry in _uses(node, known):
                    if name in seen or _still_there(pins, entry[0], entry[1]):
                        continue
                    seen.add(name)
                    detail = f"{entry[0]} {entry[1]}|{entry[2]}"
                    found.append(Sighting("removed_api", name, code.at(node, block), detail))
    return found


def _tried(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything inside a try that goes on without what cannot be imported."""
    for node in nodes_in(tree):
        if isinstance(node, ast.Try) and any(_expected(handler) for handler in node.handlers):
            for statement in (*node.body, *(line for handler in node.handlers for line in handler.body)):
                yield from ast.walk(statement)


def _expected(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "Exception"
    ends = any(isinstance(statement, ast.Raise) for statement in handler.body)
    return not ends and any(name in caught for name in ("ImportError", "ModuleNotFoundError", "Exception"))


def _aliases(tree: ast.AST, spared: set[int]) -> Iterator[ast.alias]:
    for node in nodes_in(tree):
        if id(node) in spared and isinstance(node, ast.Import | ast.ImportFrom):
            yield from node.names


def removed_options(events: Events, requirements: Iterable[Requirement]) -> list[Sighting]:
    """Options that a library's `fit` or `train` no longer takes, by whose model it is."""
    pins = {item.name: item.spec for item in requirements}
    found: dict[str, Sighting] = {}
    for library, option, at in events.fitted_with:
        for name, since, instead in FITTED.get(library, ()):
            if name == option and not _still_there(pins, library, since):
                shown = f"{library}'s fit({option}=)"
                found.setdefault(shown, Sighting("removed_api", shown, at, f"{library} {since}|{instead}"))
    return list(found.values())


def _uses(node: ast.AST, known: dict[str, str]) -> list[tuple[str, tuple[str, str, str]]]:
    if isinstance(node, ast.Import):
        return [use for alias in node.names if (use := _named(alias.name))]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [use for alias in node.names if (use := _named(f"{node.module}.{alias.name}"))]
    if isinstance(node, ast.Call):
        return _called(node, known)
    if isinstance(node, ast.Compare | ast.Assign):
        return _compared(node, known) if isinstance(node, ast.Compare) else _appended(node, known)
    if isinstance(node, ast.Attribute):
        use = _exact(dotted(node, known))
        return [use] if use else []
    return []


def _compared(node: ast.Compare, known: dict[str, str]) -> list[tuple[str, tuple[str, str, str]]]:
    """`column.dtype == "object"` was how texts were told; since pandas 3 they are `str`."""
    left, right = node.left, node.comparators[0]
    typed = isinstance(left, ast.Attribute) and left.attr in {"dtype", "dtypes"}
    told = constant(right) in {"object", "O"} or (isinstance(right, ast.Name) and right.id == "object")
    if typed and told and any(_library(name) == "pandas" for name in known.values()):
        return [('dtype == "object"', ("pandas", "3.0", "pandas.api.types.is_string_dtype"))]
    return []


def _appended(node: ast.Assign, known: dict[str, str]) -> list[tuple[str, tuple[str, str, str]]]:
    """`table = table.append(row)`: what a list's append gives, nobody keeps."""
    call = node.value
    kept = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append"
    if not kept or not isinstance(call, ast.Call) or dotted(call.func, known).startswith("numpy."):
        return []
    if any(_library(name) == "pandas" for name in known.values()):
        return [("DataFrame.append", ("pandas", "2.0", "pandas.concat"))]
    return []


def _named(full: str) -> tuple[str, tuple[str, str, str]] | None:
    if full in ALIVE:
        return None
    parts = full.split(".")
    for length in range(len(parts), 1, -1):
        prefix = ".".join(parts[:length])
        if prefix in NAMES:
            return prefix, NAMES[prefix]
    return None


def _exact(full: str) -> tuple[str, tuple[str, str, str]] | None:
    return (full, NAMES[full]) if full in NAMES and full not in ALIVE else None


def _called(node: ast.Call, known: dict[str, str]) -> list[tuple[str, tuple[str, str, str]]]:
    found: list[tuple[str, tuple[str, str, str]]] = []
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        distribution = METHODS[node.func.attr][0]
        if any(_library(name) in FAMILY.get(distribution, (distribution,)) for name in known.values()):
            found.append((node.func.attr, METHODS[node.func.attr]))
    name = (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else dotted(node.func, known).rsplit(".", 1)[-1]
    )
    for option, wanted, *entry in OPTIONS.get(name, ()):
        given = keyword(node, option)
        if given is None and FIRST.get(name) == option and node.args:
            given = node.args[0]
        meant = given is not None and (wanted is None or constant(given) == wanted)
        if meant and any(_library(one) in FAMILY.get(entry[0], (entry[0],)) for one in known.values()):
            shown = f"{name}({option}=)" if wanted is None else f'{name}({option}="{wanted}")'
            found.append((shown, (entry[0], entry[1], entry[2])))
    return found


def _library(name: str) -> str:
    top = name.split(".", maxsplit=1)[0]
    return {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}.get(top, top)


def _still_there(pins: dict[str, str], distribution: str, removed: str) -> bool:
    for name in FAMILY.get(distribution, (distribution,)):
        spec = pins.get(name, "")
        bound = re.search(r"(?:==|<=?|~=)\s*([\d.]+)", spec)
        if bound and name == distribution and version(bound[1]) <= version(removed):
            return bool(version(bound[1]) < version(removed) or ("<" in spec and "<=" not in spec))
    return False


def version(text: str) -> tuple[int, ...]:
    """A version as numbers that compare."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
