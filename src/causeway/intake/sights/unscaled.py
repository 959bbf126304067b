"""Apps that load a model which learned from scaled inputs, and never scale."""

import ast
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.estimators import TRANSFORMERS
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import framework_of

SCALES = {"transform", "fit_transform", "inverse_transform", "normalize", "scale"}


def unscaled(project: Project) -> list[Sighting]:
    """Where such an app loads the model: the scaler that is missing, and the file that used it."""
    by_path = {code.path: code for code in project.codes}
    learned = {name: how for code in project.codes for name, how in _learned(project, code)}
    found: list[Sighting] = []
    for code in project.codes if learned else []:
        if code.notebook is not None or framework_of(code, aliases_of(code)) is None:
            continue
        beside = sorted(project.imported(code) - {code.path})
        files = [code, *(by_path[path] for path in beside if path in by_path)]
        if _scales(files):
            continue
        loads = [load for item in files for load in project.events(item).loads]
        for load in loads:
            name = _name(load.path)
            if name in learned:
                scaler, path = learned[name]
                found.append(Sighting("unscaled", scaler, load.at, f"{name}|{path}"))
    return list(dict.fromkeys(found))


def _learned(project: Project, code: Code) -> Iterator[tuple[str, tuple[str, str]]]:
    """Saved models, by the name of their file, whose features a scaler made outside of them."""
    known = aliases_of(code)
    called = [
        dotted(node.func, known).rsplit(".", 1)[-1]
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.Call)
    ]
    scalers = [name for name in called if TRANSFORMERS.get(name) == "scale" and name.endswith("Scaler")]
    if not scalers or {"Pipeline", "make_pipeline", "Normalization"} & set(called):
        return
    events = project.events(code)
    scaled = {
        fit.estimator.ident
        for fit in events.fits
        if fit.features is not None and "#scaled" in fit.features.cleaned and not fit.estimator.steps
    }
    raw = {fit.estimator.ident for fit in events.fits} - scaled
    for item in events.saved:
        if item.what == "model" and item.path and item.estimator in scaled and item.estimator not in raw:
            yield _name(item.path), (scalers[0], item.at.path)


def _scales(files: Iterable[Code]) -> bool:
    """Whether anything is transformed, or a mean taken off and the rest divided."""
    for code in files:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Call):
                    func = node.func
                    last = func.attr if isinstance(func, ast.Attribute) else dotted(func, {})
                    if last in SCALES:
                        return True
                if _divides(node):
                    return True
    return False


def _divides(node: ast.AST) -> bool:
    """`(x - mean) / spread`."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.left, ast.BinOp)


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
