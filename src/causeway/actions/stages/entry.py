"""What trains: the script, the notebook, or the function in a script that the manifest names."""

import ast
import difflib
from collections.abc import Iterable, Iterator

from causeway.actions.stages.site import Site
from causeway.core.errors import UsageError

HINT = '[model] train names a script, a notebook, or a function in a script: train = "train.py:train"'


def training_script(site: Site) -> str:
    """The file that trains, which the manifest must name."""
    script = site.manifest.model.train_script
    if not script:
        raise UsageError(
            "the manifest does not say what trains the model",
            where=_manifest(site),
            hint='name the script or notebook: [model] train = "train.py"',
        )
    if not (site.folder / script).is_file():
        raise UsageError(
            f"there is no {script} in the folder",
            where=_manifest(site),
            hint="[model] train is a path inside the proof of concept",
        )
    return script


def training_entry(site: Site) -> str:
    """The same with the function to call in it, as `path:function`, where the manifest names one."""
    script, function = training_script(site), site.manifest.model.train_function
    if not function:
        return script
    if not script.endswith(".py"):
        raise UsageError(
            f"{script} is not a Python script, so it has no function {function} to call",
            where=_manifest(site),
            hint=HINT,
        )
    try:
        body = ast.parse((site.folder / script).read_bytes(), script).body
    except (SyntaxError, ValueError):
        # the training itself says best what is wrong with its text
        return f"{script}:{function}"
    _check(site, function, dict(_named(body)))
    return f"{script}:{function}"


def _check(site: Site, function: str, known: dict[str, ast.stmt]) -> None:
    script = site.manifest.model.train_script
    if function not in known:
        near = difflib.get_close_matches(function, known, n=1)
        perhaps = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"there is no function {function} in {script}{perhaps}", where=_manifest(site), hint=HINT
        )
    node = known[function]
    if isinstance(node, ast.FunctionDef) and (needed := _needed(node.args)):
        raise UsageError(
            f"{function} cannot be called: nobody can say what its {', '.join(needed)} should be",
            where=f"{site.folder / script}:{node.lineno}",
            hint="give each of its parameters a default, or name a function that takes none",
        )


def _needed(given: ast.arguments) -> list[str]:
    """The parameters that a call must give."""
    plain = [*given.posonlyargs, *given.args]
    needed = plain[: len(plain) - len(given.defaults)]
    needed += [each for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if not default]
    return [each.arg for each in needed]


def _named(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """What a module's statements give a name to, also within its `if` and `try`."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node
            case ast.Import() | ast.ImportFrom():
                yield from ((name.asname or name.name, node) for name in node.names)
            case ast.Assign():
                yield from ((part.id, node) for part in node.targets if isinstance(part, ast.Name))
            case ast.If() | ast.Try():
                yield from _named(node.body)
            case _:
                pass


def _manifest(site: Site) -> str:
    return str(site.folder / "causeway.toml")
