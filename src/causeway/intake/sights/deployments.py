"""How the folder would be started elsewhere: images, compose files, Procfiles, Kubernetes, CI; what they name
and is not there.
"""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.environment.dockerfiles import (
    Context,
    Image,
    is_dockerfile,
    looseness_of,
    problems_of,
    read_image,
    started,
    taken_by,
)
from causeway.intake.files.text import read_searchable, read_text
from causeway.intake.files.walk import Entry
from causeway.intake.files.yaml_reading import read_yaml
from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in
from causeway.intake.reading import Reading
from causeway.intake.sights.image_secrets import copied_secrets

MAX_BYTES = 200_000
_COMPOSE = re.compile(r"^(docker-)?compose[\w.-]*\.ya?ml$", re.IGNORECASE)
_WORKFLOW = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$|^\.gitlab-ci\.yml$")
_PROC = re.compile(r"^[ \t]*\w+:[ \t]*(.+)$", re.MULTILINE)
_RUNS = re.compile(
    r"(?<![\w/.-])python3?\s+(?:-u\s+)?([\w./-]+\.py)\b|pip3? install[^\n&|;]*?-r\s+([\w./-]+\.txt)\b"
)
_STARTERS = {
    "Procfile",
    "render.yaml",
    "render.yml",
    "railway.json",
    "railway.toml",
    "nixpacks.toml",
    "app.yaml",
}
_SERVER = re.compile(r"(?<![\w-])(gunicorn|uvicorn|hypercorn|waitress-serve|daphne|granian)(?![\w=<>~-])")
_TESTS = re.compile(r"(^|/)(tests?/|test_[^/]*$|conftest\.py$|[^/]*_test\.py$)")
_VARIABLE = re.compile(r"^[A-Z][A-Z0-9_]{2,}$")
_OWN = {
    "PORT",
    "HOME",
    "PATH",
    "USER",
    "PWD",
    "TZ",
    "LANG",
    "HOSTNAME",
    "PYTHONPATH",
    "DEBUG",
    "ENV",
    "TMPDIR",
}


def deployments(reading: Reading) -> list[Sighting]:
    """Everything about how the folder would be started elsewhere."""
    paths = frozenset(entry.path for entry in reading.entries)
    composed = [(entry, _yaml(entry)) for entry in reading.entries if _COMPOSE.match(entry.name)]
    contexts = dict(_contexts(composed))
    found: list[Sighting] = []
    for entry in reading.entries:
        if is_dockerfile(entry):
            image = read_image(entry)
            context = _context(entry, contexts, paths)
            found += [*problems_of(image, context), *looseness_of(image), *_lacking(reading, image, context)]
            found += copied_secrets(image, context, reading.entries, reading.codes)
        elif entry.name == "Procfile":
            found += _procfile(entry, paths)
        elif _WORKFLOW.match(entry.path):
            found += _workflow(entry, paths)
        elif entry.suffix in {".yml", ".yaml"} and entry.size < MAX_BYTES:
            found += _kubernetes(entry)
    for entry, document in composed:
        found += _compose(reading, entry, document)
    return [*found, *_production(reading)]


def _production(reading: Reading) -> Iterator[Sighting]:
    """Where something starts the app by a server made for it."""
    for entry in reading.entries:
        starts = is_dockerfile(entry) or entry.name in _STARTERS or _COMPOSE.match(entry.name)
        if not starts or entry.size > MAX_BYTES:
            continue
        for number, line in enumerate(read_searchable(entry.full, MAX_BYTES).split("\n"), start=1):
            found = None if line.lstrip().startswith(("#", "RUN ")) else _SERVER.search(line)
            if found:
                yield Sighting("production_server", found[1], Evidence(entry.path, line=number))
                break


def _contexts(composed: Iterable[tuple[Entry, dict[str, Any]]]) -> Iterator[tuple[str, str]]:
    """The folder that each Dockerfile is built from, where a compose file says so."""
    for entry, document in composed:
        for service in _services(document).values():
            folder, file = _build(entry, service)
            if folder is not None:
                yield posixpath.normpath(posixpath.join(folder, file)), folder


def _build(entry: Entry, service: dict[str, Any]) -> tuple[str | None, str]:
    build = service.get("build")
    if build is None:
        return None, ""
    at = posixpath.dirname(entry.path)
    written = build.get("context", ".") if isinstance(build, dict) else build
    file = build.get("dockerfile", "Dockerfile") if isinstance(build, dict) else "Dockerfile"
    folder = posixpath.normpath(posixpath.join(at, str(written)))
    return ("" if folder == "." else folder), str(file)


def _context(entry: Entry, contexts: dict[str, str], paths: frozenset[str]) -> Context:
    here = posixpath.dirname(entry.path)
    if entry.path in contexts:
        return Context(contexts[entry.path], paths)
    # without a compose file it is built from where it lies, or from the root when only that has its files
    beside = Context(here, paths)
    image = read_image(entry)
    sources = [source for listed, _ in image.copied for source in listed]
    fits = [
        folder for folder in (here, "") if all(Context(folder, paths).matching(source) for source in sources)
    ]
    return Context(fits[0], paths) if fits else beside


def _lacking(reading: Reading, image: Image, context: Context) -> list[Sighting]:
    """Files that the started script needs and the image does not have."""
    script = started(image, context)
    taken = taken_by(image, context)
    code = next((code for code in reading.codes if code.path == script), None)
    if code is None or not taken or script not in taken:
        return []
    events = reading.project.events(code)
    needed = [
        (path, "reads")
        for item in (*events.reads, *events.loads)
        if (path := reading.files.resolve(item.path, code.path))
    ]
    needed += [(path, "imports") for path in _local_imports(code, context)]
    missing = {path: how for path, how in needed if path not in taken}
    return [
        Sighting(
            "broken_deployment",
            f"starts {posixpath.basename(script)}, which {how} {path}, and does not copy that",
            Evidence(image.path, line=image.command_at or None),
        )
        for path, how in list(missing.items())[:3]
    ]


def _local_imports(code: Code, context: Context) -> Iterator[str]:
    folder = posixpath.dirname(code.path)
    for block in code.blocks:
        for node in nodes_in(block.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                stem = posixpath.join(folder, name.replace(".", "/"))
                yield from (path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in context.paths)


def _procfile(entry: Entry, paths: frozenset[str]) -> list[Sighting]:
    text = read_searchable(entry.full, 20_000)
    context = Context(posixpath.dirname(entry.path), paths)
    found: list[Sighting] = []
    for matched in _PROC.finditer(text):
        script = started(Image(entry.path, command=matched[1].split()), context)
        if script and script not in paths:
            line = text.count("\n", 0, matched.start()) + 1
            words = f"starts {posixpath.basename(script)}, which is not there"
            found.append(Sighting("broken_deployment", words, Evidence(entry.path, line=line)))
    return found


def _workflow(entry: Entry, paths: frozenset[str]) -> list[Sighting]:
    text = read_searchable(entry.full, MAX_BYTES)
    if "working-directory" in text or re.search(r"\bcd\s", text):
        return []
    found: list[Sighting] = []
    for matched in _RUNS.finditer(text):
        name = posixpath.normpath(matched[1] or matched[2])
        if name not in paths and not name.startswith(("/", "..")):
            line = text.count("\n", 0, matched.start()) + 1
            words = f"uses {name}, which is not there"
            found.append(Sighting("broken_deployment", words, Evidence(entry.path, line=line)))
    return found[:3]


def _compose(reading: Reading, entry: Entry, document: dict[str, Any]) -> list[Sighting]:
    found: list[Sighting] = []
    paths = {item.path for item in reading.entries}
    at = Evidence(entry.path)
    for name, service in _services(document).items():
        folder, file = _build(entry, service)
        if folder is not None:
            recipe = posixpath.normpath(posixpath.join(folder, file))
            if recipe not in paths and not recipe.startswith("..") and "$" not in recipe:
                found.append(
                    Sighting("broken_deployment", f"builds {name} from {recipe}, which is not there", at)
                )
            found += _unset(reading, entry, service, folder, _given(document))
        image = str(service.get("image") or "")
        if (
            image
            and folder is None
            and "$" not in image
            and image.rpartition("/")[2].partition(":")[2] in {"", "latest"}
        ):
            found.append(Sighting("loose_deployment", f"takes {image} without a version", at))
    return found


def _given(document: dict[str, Any]) -> set[str]:
    """Variables that some service sets: which of them runs the code that asks is not known."""
    lists = [service.get("environment") for service in _services(document).values()]
    return {
        str(item).split("=")[0].strip() for given in lists if isinstance(given, list | dict) for item in given
    }


def _unset(
    reading: Reading, entry: Entry, service: dict[str, Any], folder: str, given: set[str]
) -> list[Sighting]:
    """Variables that the code cannot do without and that nothing sets in the container."""
    if service.get("env_file"):
        return []
    given_names = set(given)
    for item in reading.entries:
        if is_dockerfile(item) and item.path.startswith(f"{folder}/" if folder else ""):
            given_names |= read_image(item).environment
    codes = [
        code
        for code in reading.codes
        if code.path.startswith(f"{folder}/" if folder else "")
        and code.notebook is None
        and not _TESTS.search(code.path)
    ]
    set_by_code = {name for code in codes for name in _set_by_code(code)}
    wanted = {name for code in codes for name in _needed(code)} - given_names - _OWN - set_by_code
    return [Sighting("unset_variable", name, Evidence(entry.path)) for name in sorted(wanted)]


def _needed(code: Code) -> Iterator[str]:
    """Names of environment variables that this code reads without another value to fall back on."""
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _environ(node.value):
                name = node.slice
            elif (
                isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords and _reads(node.func)
            ):
                name = node.args[0]
            else:
                continue
            if isinstance(name, ast.Constant) and _VARIABLE.match(str(name.value)):
                yield str(name.value)


def _set_by_code(code: Code) -> Iterator[str]:
    """Names of environment variables that this code gives a value itself."""
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and _environ(node.value):
                name = node.slice
            elif (
                isinstance(node, ast.Call) and len(node.args) > 1 and (_sets(node.func) or _reads(node.func))
            ):
                name = node.args[0]
            else:
                continue
            if isinstance(name, ast.Constant):
                yield str(name.value)


def _sets(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "setdefault" and _environ(function.value)


def _reads(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "getenv"
    asked = isinstance(function, ast.Attribute) and (
        function.attr == "getenv" or (function.attr == "get" and _environ(function.value))
    )
    return bool(asked)


def _environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def _kubernetes(entry: Entry) -> list[Sighting]:
    text = read_searchable(entry.full, MAX_BYTES)
    if "apiVersion:" not in text or not re.search(
        r"^kind:\s*(Deployment|StatefulSet|CronJob|Job|DaemonSet)", text, re.MULTILINE
    ):
        return []
    found: list[Sighting] = []
    for matched in re.finditer(r"^[ \t]*(?:-[ \t]*)?image:[ \t]*[\"']?([^\s\"'#]+)", text, re.MULTILINE):
        tag = matched[1].rpartition("/")[2].partition(":")[2]
        if (
            tag in {"", "latest"}
            and "{" not in matched[1]
            and "@" not in matched[1]
            and "$" not in matched[1]
        ):
            line = text.count("\n", 0, matched.start(1)) + 1
            found.append(
                Sighting(
                    "loose_deployment",
                    f"takes {matched[1]} without a version",
                    Evidence(entry.path, line=line),
                )
            )
    for key, words in (
        ("limits:", "sets no limit of memory and processor"),
        ("Probe:", "has no probe of health"),
    ):
        if key not in text:
            found.append(Sighting("loose_deployment", words, Evidence(entry.path)))
    return found


def _services(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    services = document.get("services")
    if not isinstance(services, dict):
        return {}
    return {str(name): service for name, service in services.items() if isinstance(service, dict)}


def _yaml(entry: Entry) -> dict[str, Any]:
    try:
        document = read_yaml(read_text(entry.full, MAX_BYTES).text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
