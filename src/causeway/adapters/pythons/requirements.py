"""What a training needs installed: requirement lines as people write them, and what its code imports."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from causeway.core.environment import Problem
from causeway.intake.environment.distributions import BRINGS, MODULES, distribution
from causeway.intake.files.walk import Entry
from causeway.intake.python.code import read_notebook, read_python

KNOWN = (
    {name for name in MODULES.values() if name}
    | set(BRINGS)
    | {w for b in BRINGS.values() for w in b.split()}
)
# a call needs a module that no import names
IMPLIED = {
    "read_excel": "openpyxl",
    "to_excel": "openpyxl",
    "read_parquet": "pyarrow",
    "to_parquet": "pyarrow",
    "read_feather": "pyarrow",
    "read_html": "lxml",
    "read_xml": "lxml",
    "read_hdf": "tables",
    "to_markdown": "tabulate",
}
TAKEN_ON_TRUST = KNOWN | set(IMPLIED.values()) | {"dill", "cloudpickle", "polars", "fastparquet", "xlrd"}
BACKENDS = {"tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "jax", "torch"}
MAX_NESTING = 5
_NAME = re.compile(r"^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(.*)$")
_EXACT = re.compile(r"^===?\s*[\w.!+-]+$")
_BARE = re.compile(r"^=?\s*(\d[\w.!+-]*)$")


class Wanted(Struct, frozen=True):
    """One requirement: a distribution and what follows its name."""

    name: str
    spec: str = ""
    marker: str = ""
    extras: str = ""

    @property
    def line(self) -> str:
        """As pip reads it."""
        return f"{self.name}{self.extras}{self.spec}" + (f"; {self.marker}" if self.marker else "")

    @property
    def exact(self) -> bool:
        """Whether one version is named."""
        return bool(_EXACT.match(self.spec))


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lines(folder: Path, lines: Iterable[str]) -> tuple[list[Wanted], list[Problem]]:
    """Each declared requirement once (the first stands), and the lines that are not followed."""
    wanted: dict[str, Wanted] = {}
    problems: list[Problem] = []
    for line in _plain(folder, lines, MAX_NESTING):
        read = read_line(line)
        if isinstance(read, Problem):
            problems.append(read)
        elif read.name not in wanted or (read.spec and not wanted[read.name].spec):
            wanted[read.name] = read
    return list(wanted.values()), problems


def read_line(line: str) -> Wanted | Problem:
    """One requirement as written, or why it is not followed."""
    if line.startswith("-"):
        return Problem(line, "options in a requirements file are not followed; pip's own configuration is")
    if "://" in line or line.startswith((".", "/")) or " @ " in line:
        egg = re.search(r"egg=([\w.-]+)", line) or re.match(r"([\w.-]+)\s*@", line)
        return Problem(line, "addresses and paths are not followed", egg[1] if egg else "")
    head, _, marker = line.partition(";")
    matched = _NAME.match(head.split(" --")[0].strip())
    if not matched:
        return Problem(line, "this is not a requirement")
    spec = _spec(matched[3].strip().strip("()"))
    if spec is None:
        return Problem(line, f"the version {matched[3]!r} cannot be read", matched[1])
    return Wanted(normal(matched[1]), spec, marker.strip(), matched[2] or "")


def _spec(written: str) -> str | None:
    """A version as pip reads it: carets, tildes and bare versions of other tools translated."""
    text = written.replace(" ", "")
    if text in {"", "*"}:
        return ""
    if bare := _BARE.match(text):
        return f"=={bare[1]}"
    if text[0] == "^":
        first, *rest = text[1:].split(".")
        if not first.isdigit():
            return None
        upper = (
            f"0.{int(rest[0]) + 1}" if first == "0" and rest and rest[0].isdigit() else str(int(first) + 1)
        )
        return f">={text[1:]},<{upper}"
    if text[0] == "~" and not text.startswith("~="):
        return f"~={text[1:]}" if "." in text else f"=={text[1:]}.*"
    return text if text[0] in "=<>!~" else None


def _plain(folder: Path, lines: Iterable[str], nesting: int) -> Iterator[str]:
    joined = "\n".join(lines).replace("\0", "").replace("\ufeff", "").replace("\ufffd", "")
    for line in joined.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        text = re.split(r"(?:^|\s)#|\s--hash", line)[0].strip()
        nested = re.match(r"(?:-r|--requirement)[\s=]*(\S+)", text)
        if nested and nesting:
            yield from _plain(folder, requirement_lines(folder / nested[1], folder), nesting - 1)
        elif text:
            yield text


def requirement_lines(path: Path, folder: Path) -> list[str]:
    """The lines of a requirements file inside the folder, whatever its encoding; none if it is not there."""
    path = path.resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return []
    content = path.read_bytes()
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or content[1:2] == b"\0":
        return content.decode("utf-16" if content[:1] in b"\xff\xfe" else "utf-16-le", "replace").splitlines()
    return content.decode("utf-8-sig", "replace").splitlines()


def training_imports(folder: Path, script: str) -> tuple[str, ...]:
    """The modules of others that this script or notebook imports, itself and through local modules."""
    found, _ = _followed(folder, folder / script)
    tops = {_key(module) for module in found if module}
    return tuple(sorted(top for top in tops if top.split(".")[0] not in sys.stdlib_module_names))


def local_modules(folder: Path, module: Path) -> tuple[Path, ...]:
    """The folder's own files that this one imports, directly or not, and the file itself."""
    _, seen = _followed(folder, module)
    packages = {
        place / "__init__.py" for path in seen for place in path.parents if place.is_relative_to(folder)
    }
    return tuple(sorted(seen | {path for path in packages if path.is_file()}))


def _followed(folder: Path, start: Path) -> tuple[set[str], set[Path]]:
    """The modules of others that are imported from this file on, and the folder's files on the way."""
    found: set[str] = set()
    open_, seen = [start], {start}
    while open_:
        path = open_.pop()
        for tree in _trees(folder, path):
            found |= _implied(tree)
            for module in _modules(tree):
                local = _local(folder, path, module)
                if local is None:
                    found.add(module.lstrip("."))
                open_ += [one for one in local or () if one not in seen]
                seen |= set(local or ())
    return found, seen


def _key(module: str) -> str:
    two = ".".join(module.split(".")[:2])
    return two if two in MODULES else module.split(".", maxsplit=1)[0]


def _trees(folder: Path, path: Path) -> list[ast.Module]:
    entry = Entry(path.relative_to(folder).as_posix(), path.stat().st_size, path)
    code = read_notebook(entry) if path.suffix == ".ipynb" else read_python(entry)
    return [block.tree for block in code.blocks]


def _modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            # `from package import module` may name a file of the folder
            stem = base if base.endswith(".") else f"{base}."
            yield from (stem + alias.name for alias in node.names if alias.name != "*")


def _implied(tree: ast.Module) -> set[str]:
    calls = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {IMPLIED[name] for name in calls & set(IMPLIED)}


def _local(folder: Path, path: Path, module: str) -> list[Path] | None:
    """The folder's own files behind this module; None where it is somebody else's."""
    parts = [part for part in module.split(".") if part]
    up = len(module) - len(module.lstrip("."))
    places = [path.parent, folder] if not up else [path.parents[min(up, len(path.parents)) - 1]]
    for place in places:
        base = place.joinpath(*parts)
        files = [base.with_suffix(".py"), base / "__init__.py"] if parts else [base / "__init__.py"]
        there = [file for file in files if file.is_file() and file.is_relative_to(folder)]
        if there:
            return there
        if parts and base.is_dir() and base.is_relative_to(folder):
            return []
    # `package.name`, where only the package is a file of the folder
    return _local(folder, path, module.rpartition(".")[0]) if len(parts) > 1 else ([] if up else None)


def needed(
    declared: Sequence[Wanted], imports: Iterable[str]
) -> tuple[list[Wanted], list[Wanted], list[Problem]]:
    """What to install for these imports, the other exact pins as constraints, and imports left alone."""
    by_name = {one.name: one for one in declared}
    install: dict[str, Wanted] = {}
    problems: list[Problem] = []
    for module in imports:
        name = next((n for n in _providers(module) if n in by_name), None)
        if name is not None:
            install[name] = by_name[name]
        elif (guess := distribution(module)) in TAKEN_ON_TRUST:
            install[guess] = Wanted(guess)
        elif guess:
            why = "imported, but nothing declares it, and a package is not guessed from a module's name"
            problems.append(Problem(module, why))
    if "keras" in install and not BACKENDS & install.keys():
        # Keras by itself computes nothing
        backend = next((name for name in sorted(BACKENDS) if name in by_name), "tensorflow")
        install[backend] = by_name.get(backend, Wanted(backend))
    rest = [one for one in declared if one.exact and one.name not in install and not one.extras]
    return list(install.values()), rest, problems


def _providers(module: str) -> Iterator[str]:
    """Distributions that may bring this module, the likeliest first."""
    guess = normal(distribution(module) or module)
    yield guess
    yield normal(module)
    for ending in ("-cpu", "-gpu", "-headless", "-binary", "-contrib-python"):
        yield guess + ending
        yield guess.removesuffix(ending)
    yield normal(module).replace(".", "-")
