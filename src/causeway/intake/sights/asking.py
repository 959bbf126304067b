"""Where an app asks its model in another way than by `predict`, and who may reach it."""

import ast
import re
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import framework_of, writes

_NETWORK = re.compile(r"(^|_)(model|net|network|classifier)$", re.IGNORECASE)
_PREDICTS = {"predict", "predict_proba", "kneighbors", "forecast"}
TORCH = {"torch", "transformers", "timm"}


def asking(project: Project) -> list[Sighting]:
    """Answers that come through the folder's own functions or a network that is called, and open launches."""
    by_path = {code.path: code for code in project.codes}
    found: list[Sighting] = []
    for code in project.codes:
        framework = framework_of(code, aliases_of(code)) if code.notebook is None else None
        if framework is None:
            continue
        beside = [by_path[path] for path in sorted(project.imported(code) - {code.path}) if path in by_path]
        answering = {name for item in beside for name in _answering(item)}
        found += _calls(code, answering)
        found += _recorded(framework, code, by_path, project)
        if framework.value == "Gradio":
            found += _launches(code)
    return found


def _recorded(
    framework: Sighting, code: Code, by_path: dict[str, Code], project: Project
) -> Iterator[Sighting]:
    """Whether something that the app imports, directly or not, writes down what it is given."""
    open_paths, seen = [code.path], {code.path}
    while open_paths:
        new = {path for path in project.imported(by_path[open_paths.pop()]) if path in by_path} - seen
        seen |= new
        open_paths += sorted(new)
    for path in sorted(seen - {code.path}):
        for block in by_path[path].blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Call) and writes(node, dotted(node.func, {})):
                    yield Sighting("record", path, framework.at)
                    return


def _answering(code: Code) -> Iterator[str]:
    """The functions and methods of a file that ask a model."""
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(part, ast.Call)
                and isinstance(part.func, ast.Attribute)
                and part.func.attr in _PREDICTS
                for part in nodes_in(node)
            ):
                yield node.name


def _calls(code: Code, answering: set[str]) -> Iterator[Sighting]:
    """Only where the file itself does not call `predict`, which is told elsewhere."""
    known = aliases_of(code)
    networks = bool(TORCH & {name.split(".")[0] for name in known.values()})
    calls = [
        (node, block)
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.Call) and (node.args or node.keywords)
    ]
    names = [(dotted(node.func, {}), node, block) for node, block in calls]
    if any(name.rsplit(".", 1)[-1] in {"predict", "predict_proba"} for name, _, _ in names):
        return
    for name, node, block in names:
        last = name.rsplit(".", 1)[-1]
        asks = last in answering and (last in known or "." in name)
        if asks or (networks and _NETWORK.search(name) and name not in known):
            yield Sighting("predicts", name, code.at(node, block))


def _launches(code: Code) -> Iterator[Sighting]:
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr != "launch":
                continue
            if keyword(node, "auth") is not None:
                yield Sighting("auth", "Gradio", code.at(node, block))
            elif constant(keyword(node, "share")) is True:
                yield Sighting("open_launch", "share=True", code.at(node, block), "to the internet")
            elif constant(keyword(node, "server_name")) == "0.0.0.0":  # noqa: S104 - what the scanned code says
                yield Sighting("open_launch", "0.0.0.0", code.at(node, block), "on every interface")  # noqa: S104 - the same
