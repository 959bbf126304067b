"""Which other people's modules the code imports, and which of them nothing declares."""

import ast
import sys
from collections.abc import Iterable, Iterator
from posixpath import dirname

from causeway.core.poc import Requirement, RequirementFile, Sighting
from causeway.intake.environment.distributions import MODULES, closure, distribution
from causeway.intake.environment.spelling import meant
from causeway.intake.python.code import Block, Code
from causeway.intake.python.trees import nodes_in

NEVER_DECLARED = {
    "google.colab",
    "kaggle_secrets",
    "setuptools",
    "pip",
    "__future__",
    "pkg_resources",
    "IPython",
}

OWN = {"utils", "util", "helpers", "helper", "src", "common", "preprocessing", "preprocess", "models"}
"""What people call their own modules: no distribution that a model needs has these names."""


def third_party(codes: Iterable[Code], local: set[str]) -> list[Sighting]:
    """Every import of a module that is neither Python's own nor the folder's, once a file."""
    found: list[Sighting] = []
    for code in codes:
        if code.stale:
            continue
        seen: set[str] = set()
        for block in code.blocks:
            for node in nodes_in(block.tree):
                for module in _modules(node):
                    top = module.split(".")[0]
                    key = ".".join(module.split(".")[:2]) if top == "google" else top
                    if key in seen or top in sys.stdlib_module_names or top in local:
                        continue
                    seen.add(key)
                    found.append(Sighting("import", module, code.at(node, block), distribution(module)))
    return found


def missing_modules(codes: Iterable[Code], local: set[str]) -> list[Sighting]:
    """Imports of a module of the folder's own that is not there, or is there under a similar name."""
    found: dict[str, Sighting] = {}
    codes = [code for code in codes if not code.stale]
    beside: dict[str, list[str]] = {}
    for code in codes:
        if code.notebook is None:
            name = code.path.rsplit("/", 1)[-1].removesuffix(".py")
            beside.setdefault(dirname(code.path), []).append(name)
    near: dict[tuple[str, str], str] = {}
    for code, block, node, top in _imports_of(codes):
        if top in local or top in sys.stdlib_module_names or top in MODULES:
            continue
        key = (dirname(code.path), top)
        if key not in near:
            near[key] = meant(top, beside.get(key[0], []))
        if near[key] or top in OWN:
            found.setdefault(
                f"{code.path} {top}", Sighting("missing_module", top, code.at(node, block), near[key])
            )
    return list(found.values())


def _imports_of(codes: Iterable[Code]) -> Iterator[tuple[Code, Block, ast.AST, str]]:
    for code in codes:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                for module in _modules(node):
                    yield code, block, node, module.split(".")[0]


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def undeclared(
    imports: Iterable[Sighting], requirements: Iterable[Requirement], files: Iterable[RequirementFile]
) -> list[Sighting]:
    """Imports that no declaration in the same folder or above brings, directly or along with another."""
    folders = {dirname(file.path) for file in files if file.count}
    if not folders:
        return []
    declared = list(requirements)
    return [
        sighting
        for sighting in imports
        if sighting.detail
        and sighting.value.split(".")[0] not in OWN
        and ".".join(sighting.value.split(".")[:2]) not in NEVER_DECLARED
        and sighting.value.split(".")[0] not in NEVER_DECLARED
        and _same(sighting.detail) not in _brought(sighting.at.path, declared)
    ]


def _brought(path: str, declared: list[Requirement]) -> set[str]:
    own = {item.name for item in declared if _above(dirname(item.at.path), dirname(path))}
    return {_same(name) for name in closure(own or {item.name for item in declared})}


def _above(upper: str, lower: str) -> bool:
    return not upper or upper == lower or lower.startswith(f"{upper}/") or upper in {"requirements", "docker"}


def _same(name: str) -> str:
    for ending in ("-cpu", "-gpu", "-binary", "-headless", "-client"):
        name = name.removesuffix(ending)
    return name
