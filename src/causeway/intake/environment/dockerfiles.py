"""What a Dockerfile would do in this very folder: what it copies, starts and opens, and what is not there."""

import fnmatch
import json
import posixpath
import re
import shlex

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.environment.requirement_lines import logical_lines
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry

MAX_BYTES = 200_000
_PORT = re.compile(r"(?:--port[= ]|--server\.port[= ]|-p |-b \S*?:|--bind[= ]\S*?:)(\d{2,5})\b")
_SCRIPT = re.compile(r"^[\w./-]+\.(?:py|R|r|sh|ipynb)$")
_MODULE = re.compile(r"^([A-Za-z_][\w.]*):([A-Za-z_]\w*)(?:\(\))?$")
_SERVERS = {"gunicorn", "uvicorn", "hypercorn", "waitress-serve", "daphne", "granian"}


class Image(Struct):
    """What one Dockerfile says, as far as it can be followed without building it."""

    path: str
    base: str = ""
    base_at: int = 0
    user: str = ""
    exposed: list[tuple[str, int]] = []
    copied: list[tuple[tuple[str, ...], int]] = []
    """Sources of each COPY and ADD from the folder, with the line."""
    environment: set[str] = set()
    runs: list[tuple[str, int]] = []
    command: list[str] = []
    command_at: int = 0
    remote: int = 0
    """The line of an ADD that fetches from an address."""


def is_dockerfile(entry: Entry) -> bool:
    """Whether this is a recipe for an image."""
    name = entry.name.lower()
    named = name.startswith(("dockerfile", "containerfile")) or name.endswith(".dockerfile")
    return named and entry.size < MAX_BYTES and entry.suffix not in {".md", ".txt", ".py", ".sh"}


def read_image(entry: Entry) -> Image:
    """The recipe, with what it starts and copies; only the last stage's command and user count."""
    image = Image(entry.path)
    stages: set[str] = set()
    for line, text in logical_lines(read_text(entry.full, MAX_BYTES).text):
        word, _, rest = text.partition(" ")
        _take(image, word.upper(), rest.strip(), line, stages)
    return image


def _take(image: Image, word: str, rest: str, line: int, stages: set[str]) -> None:
    if word == "FROM":
        parts = [part for part in rest.split() if not part.startswith("--")]
        if parts:
            image.base, image.base_at, image.user, image.command = parts[0], line, "", []
            image.base = "" if parts[0] in stages else parts[0]
        if len(parts) > 2:
            stages.add(parts[2])
    elif word in {"COPY", "ADD"} and "--from=" not in rest:
        _copy(image, rest, line)
    elif word in {"CMD", "ENTRYPOINT"}:
        image.command, image.command_at = [*image.command, *_words(rest)], line
    elif word == "EXPOSE":
        image.exposed += [(port.split("/")[0], line) for port in rest.split() if port[:1].isdigit()]
    elif word in {"ENV", "ARG"}:
        image.environment |= set(re.findall(r"(?:^|\s)([A-Za-z_]\w*)(?==|\s|$)", rest))
    elif word == "USER":
        image.user = rest
    elif word == "RUN":
        image.runs.append((rest, line))


def _copy(image: Image, rest: str, line: int) -> None:
    words = [word for word in _words(rest) if not word.startswith("--")]
    sources = tuple(word for word in words[:-1] if "://" not in word and "$" not in word and "<<" not in word)
    if any("://" in word for word in words[:-1]):
        image.remote = line
    if sources:
        image.copied.append((sources, line))


def _words(rest: str) -> list[str]:
    if rest.startswith("["):
        try:
            listed = json.loads(rest)
        except ValueError:
            listed = []
        return [str(word) for word in listed] if isinstance(listed, list) else []
    try:
        return shlex.split(rest)
    except ValueError:
        return rest.split()


class Context(Struct):
    """The folder that an image is built from, and its files."""

    folder: str
    paths: frozenset[str]

    def matching(self, source: str) -> set[str]:
        """The files that a COPY of this source takes."""
        plain = posixpath.normpath(posixpath.join(self.folder, source.strip("/") or "."))
        if plain in {".", self.folder.strip("/") or "."}:
            inside = f"{self.folder}/" if self.folder else ""
            return {path for path in self.paths if path.startswith(inside)}
        found = {path for path in self.paths if path == plain or path.startswith(f"{plain}/")}
        return found or {path for path in self.paths if fnmatch.fnmatch(path, plain)}


def problems_of(image: Image, context: Context) -> list[Sighting]:
    """What of the recipe cannot work in this folder: `value` says what, in words."""
    found: list[Sighting] = []
    taken: set[str] = set()
    for sources, line in image.copied:
        for source in sources:
            files = context.matching(source)
            taken |= files
            if not files and not _made_elsewhere(source):
                found.append(_problem(image, f"copies {source}, which is not there", line))
    for run, line in image.runs:
        found += _run(image, context, run, line)
    script = started(image, context)
    if script and script not in context.paths:
        # another working directory may stand before it, so only a name that is nowhere is missing
        if posixpath.basename(script) not in {posixpath.basename(path) for path in context.paths}:
            words = f"starts {posixpath.basename(script)}, which is not there"
            found.append(_problem(image, words, image.command_at))
    elif script and taken and script not in taken:
        found.append(
            _problem(image, f"starts {posixpath.basename(script)}, which it does not copy", image.command_at)
        )
    return [*found, *_ports(image)]


def taken_by(image: Image, context: Context) -> set[str]:
    """The files of the folder that are in the image."""
    return {path for sources, _ in image.copied for source in sources for path in context.matching(source)}


def started(image: Image, context: Context) -> str:
    """The file that the image's command runs, as a path in the folder; empty where that cannot be told."""
    words = [word for part in image.command for word in part.split()]
    server = any(posixpath.basename(word) in _SERVERS for word in words)
    moved = any(" cd " in f" {run} " for run, _ in image.runs) or "cd" in words
    for word in words:
        module = _MODULE.match(word) if server else None
        if module:
            path = posixpath.join(context.folder, module[1].replace(".", "/"))
            package = f"{path}/__init__.py"
            return package if package in context.paths else f"{path}.py"
        if _SCRIPT.match(word) and not moved:
            return posixpath.normpath(posixpath.join(context.folder, _relative(word)))
    return ""


def _relative(word: str) -> str:
    return re.sub(r"^(?:/(?:app|src|code|home/\w+|usr/src/app|opt/\w+|workspace)/|\./)", "", word).lstrip("/")


def _made_elsewhere(source: str) -> bool:
    return bool(
        re.search(r"(^|/)(dist|build|target|\.env|node_modules|out)(/|$)|\.(whl|jar|tar\.gz)$", source)
    )


def _run(image: Image, context: Context, run: str, line: int) -> list[Sighting]:
    copied = {posixpath.basename(path) for path in taken_by(image, context)}
    names = re.findall(r"(?:pip3?|uv pip) install[^&|;]*?-r\s+(\S+)", run)
    return [
        _problem(image, f"installs from {name}, which it does not have", line)
        for name in names
        if "$" not in name and posixpath.basename(name) not in copied and not _mounted(run)
    ]


def _mounted(run: str) -> bool:
    return "--mount=" in run


def _ports(image: Image) -> list[Sighting]:
    said = _PORT.search(" ".join(image.command))
    open_ = {port for port, _ in image.exposed}
    if said and open_ and said[1] not in open_:
        words = f"opens port {image.exposed[0][0]}, but its command listens on {said[1]}"
        return [_problem(image, words, image.exposed[0][1])]
    return []


def looseness_of(image: Image) -> list[Sighting]:
    """What of the recipe makes another image tomorrow, or gives it more rights than it needs."""
    found: list[tuple[str, int]] = []
    if image.base and "$" not in image.base and image.base != "scratch" and "@" not in image.base:
        tag = image.base.rpartition("/")[2].partition(":")[2]
        if tag in {"", "latest"}:
            found.append((f"builds on {image.base} without a version", image.base_at))
    if image.command and image.user in {"", "root", "0"}:
        found.append(("runs as root", image.command_at))
    if image.remote:
        found.append(("fetches a file from an address without checking it", image.remote))
    return [Sighting("loose_deployment", words, Evidence(image.path, line=line)) for words, line in found]


def _problem(image: Image, words: str, line: int) -> Sighting:
    return Sighting("broken_deployment", words, Evidence(image.path, line=line))
