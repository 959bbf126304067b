"""Which other people's modules the code imports, and which of them nothing declares."""
# ruff: noqa: SIM905 - lists of words read best as words

import ast
import sys
from collections.abc import Iterable, Iterator
from posixpath import dirname

from causeway.core.poc import Requirement, RequirementFile, Sighting
from causeway.intake.environment.distributions import MODULES, closure, distribution
from causeway.intake.environment.spelling import installed, meant
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

COMMON = frozenset(
    "utils util models model layers metrics data dataset datasets config configs prompts agents agent tools "
    "callbacks losses trainer pipeline pipelines preprocessing main core base types schema schemas server "
    "client database logger logging exceptions errors api app cli evaluate evaluation train training "
    "plotting visualization features transforms text image images vision embeddings loaders documents "
    "chains memory vectorstores retrievers middleware responses routing security testing requests "
    "plugins extensions auth helpers constants settings inference predict io db time_series linear_model "
    "ensemble graph graphs prebuilt messages runnables express figure pyplot language views urls forms admin "
    "tests __init__".split()
)
"""Names of modules that many packages have inside: alike is not the same."""
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
    lost = _flattened(codes)
    near: dict[tuple[str, str], str] = {}
    for code, block, node, top in _imports_of(codes):
        if top in local or top in sys.stdlib_module_names or top in MODULES:
            continue
        key = (dirname(code.path), top)
        if key not in near:
            near[key] = meant(top, beside.get(key[0], []))
        if near[key] or top in OWN or (top, code.path) in lost:
            found.setdefault(
                f"{code.path} {top}", Sighting("missing_module", top, code.at(node, block), near[key])
            )
    return list(found.values())


def _flattened(codes: Iterable[Code]) -> set[tuple[str, str]]:
    """Packages that are not there, from which files import modules that lie beside them."""
    codes = list(codes)
    files = {code.path.rsplit("/", 1)[-1].removesuffix(".py") for code in codes if code.notebook is None}
    return {
        (top, code.path)
        for code, _, node, top in _imports_of(codes)
        if not installed(top) and (files - COMMON) & set(_within(node, top))
    }


def _within(node: ast.AST, top: str) -> Iterator[str]:
    """The modules that an import takes from inside a package of that name."""
    for module in _modules(node):
        name, *inner = module.split(".")
        if name == top and inner:
            yield inner[0]
        elif name == top and isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if "_" in alias.name)


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
    own = [item for item in declared if _above(dirname(item.at.path), dirname(path))] or declared
    names = {item.name for item in own} | {f"{item.name}[{extra}]" for item in own for extra in item.extras}
    return {_same(name) for name in closure(names)}


def _above(upper: str, lower: str) -> bool:
    return not upper or upper == lower or lower.startswith(f"{upper}/") or upper in {"requirements", "docker"}


def _same(name: str) -> str:
    for ending in ("-cpu", "-gpu", "-binary", "-headless", "-client"):
        name = name.removesuffix(ending)
    return name
