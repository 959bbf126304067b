"""The modules that serve a release, copied out of this package under another name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import causeway

PACKAGE = "released"
ROOT = Path(causeway.__file__).parent
SERVES = ("causeway.gateway.alone", "causeway.gateway.models.verify")
RUNNER = ROOT / "runner"
WORKER = "worker.py"
RUNNER_PACKAGE = "causeway_runner"
RELEASED_RUNNER = "released_runner"

_OURS = re.compile(r"\bcauseway(?=\.[a-z_]| import )")


def serving_sources(*, worker: bool) -> dict[str, str]:
    """Path below the ejected folder to text, of every module that serving needs."""
    found = {f"{PACKAGE}/{path}": _renamed(text) for path, text in _closure()}
    if worker:
        runner = {f"{PACKAGE}/runner/{path}": text for path, text in _runner_closure()}
        found |= {p.replace(RUNNER_PACKAGE, RELEASED_RUNNER): _runner_renamed(t) for p, t in runner.items()}
    return dict(sorted(found.items()))


def _closure() -> Iterator[tuple[str, str]]:
    todo, seen = [*SERVES], set[str]()
    while todo:
        module = todo.pop()
        if module in seen or not (path := _file_of(module)):
            continue
        seen.add(module)
        text = path.read_text(encoding="utf-8")
        yield path.relative_to(ROOT).as_posix(), text
        parents = module.split(".")[:-1]
        todo += [".".join(parents[:at]) for at in range(1, len(parents) + 1)]
        todo += _imported(text, "causeway")


def _imported(text: str, package: str) -> list[str]:
    """The modules of this package that the text imports; a name may be a module or something in one."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            found += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] == package]
    return found


def _file_of(module: str) -> Path | None:
    if module == "causeway":
        return ROOT / "__init__.py"
    place = ROOT.joinpath(*module.split(".")[1:])
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def _renamed(text: str) -> str:
    return _OURS.sub(PACKAGE, text)


def _runner_closure() -> Iterator[tuple[str, str]]:
    """The worker's script and the modules that it imports, which know nothing of ours but each other."""
    todo, seen = [RUNNER / WORKER], set[Path]()
    while todo:
        path = todo.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        yield path.relative_to(RUNNER).as_posix(), text
        names = [*_imported(text, RUNNER_PACKAGE), RUNNER_PACKAGE]
        todo += [RUNNER.joinpath(*name.split(".")).with_suffix(".py") for name in names]
        todo.append(RUNNER / RUNNER_PACKAGE / "__init__.py")


def _runner_renamed(text: str) -> str:
    return text.replace(RUNNER_PACKAGE, RELEASED_RUNNER)
