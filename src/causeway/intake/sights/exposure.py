"""What is open to others: secrets that an image carries, and files whose names a user chooses."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.environment.dockerfiles import is_dockerfile
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

_ARGUMENT = re.compile(r"^\s*ARG\s+(\w+)", re.IGNORECASE)
_KEPT = re.compile(r"^\s*ENV\s+(\w+)[=\s]+[\"']?\$\{?(\w+)", re.IGNORECASE)
_SECRET = re.compile(
    r"(?i)secret|passw(or)?d|(access|api|private|auth)_?(key|token)|_token$|^token$|credential"
)
_RECEIVES = re.compile(r"\bUploadFile\b|\brequest\.files\b|\brequest\.FILES\b|FileStorage")
_OWN = {"self", "args", "opt", "opts", "options", "config", "cfg", "settings", "cls"}
_WRITES = {"open", "os.path.join", "pathlib.Path", "aiofiles.open", "os.remove", "os.unlink"}
_METHODS = {"save", "joinpath", "open"}
_CLEANS = {
    "secure_filename",
    "basename",
    "uuid4",
    "get_valid_filename",
    "sanitize_filename",
    "safe_join",
    "splitext",
}


def secrets_in_images(entries: Iterable[Entry]) -> Iterator[Sighting]:
    """Secrets that a build takes as arguments: whoever has the image reads them in its history."""
    for entry in entries:
        if not is_dockerfile(entry):
            continue
        lines = read_text(entry.full, 200_000).text.split("\n")
        asked = {found[1]: n for n, line in enumerate(lines, 1) if (found := _ARGUMENT.match(line))}
        kept = {found[1] for line in lines if (found := _KEPT.match(line)) and found[2] in asked}
        for name, number in asked.items():
            if _SECRET.search(name):
                detail = "kept" if any(name.lower() == other.lower() for other in kept) else ""
                yield Sighting("secret_in_image", name, Evidence(entry.path, line=number), detail)


def named_by_users(codes: Iterable[Code]) -> Iterator[Sighting]:
    """Paths that are made of an upload's own name, as its sender wrote it."""
    for code in codes:
        known = aliases_of(code)
        for block in code.blocks:
            for node in nodes_in(block.tree) if _RECEIVES.search(block.text) else ():
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from (
                        Sighting("path_by_user", ast.unparse(name), code.at(call, block))
                        for call, name in _of_function(node, known)
                    )


def _of_function(function: ast.AST, known: dict[str, str]) -> Iterator[tuple[ast.Call, ast.expr]]:
    inside = list(ast.walk(function))
    carried = {
        node.targets[0].id
        for node in inside
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and _named(node.value, set(), known)
    }
    for node in inside:
        if isinstance(node, ast.Call) and (dotted(node.func, known) in _WRITES or _method(node)):
            for given in node.args:
                if name := _named(given, carried, known):
                    yield node, name
                    return


def _method(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS


def _named(node: ast.expr, carried: set[str], known: dict[str, str]) -> ast.expr | None:
    """The part of an expression that is an upload's name as it came, if nothing cleans it on the way."""
    inside = list(ast.walk(node))
    calls = {dotted(part.func, known).rsplit(".", 1)[-1] for part in inside if isinstance(part, ast.Call)}
    if calls & _CLEANS or any(
        isinstance(part, ast.Attribute) and part.attr in {"name", "suffix"} for part in inside
    ):
        return None
    found = (
        part
        for part in inside
        if (isinstance(part, ast.Attribute) and part.attr == "filename" and not _ours(part))
        or (isinstance(part, ast.Name) and part.id in carried)
    )
    return next(found, None)


def _ours(part: ast.Attribute) -> bool:
    return isinstance(part.value, ast.Name) and part.value.id in _OWN
