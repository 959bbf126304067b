"""Which versions a folder was made with, as far as it says so itself."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from causeway.actions.fix.site import Site
from causeway.core.finding import Evidence
from causeway.core.toml_reading import read_toml
from causeway.intake.environment.requirements import normal, requirement
from causeway.intake.files.text import decode

_EXACT = re.compile(r"^===?\s*([\w.!+-]+)$")
_SATISFIED = re.compile(
    r"Requirement already satisfied: ([\w.-]+)\S* in \S+(?: \(from [^)]*\))? \((\d[\w.]*)\)"
)
_INSTALLED = re.compile(r"Successfully installed ((?:[\w.-]+-\d[\w.]* ?)+)")
_PIP_LINE = re.compile(r"^[ \t]*[!%][ \t]*pip3? install (.+)$", re.MULTILINE)
_MAX_LOCK_BYTES = 5_000_000

# built or written before a numpy that it names no bound for: from which version on it is fine
NUMPY_BOUNDS = (
    ("scikit-learn", "1.0", "1.24"),
    ("scikit-learn", "1.4.2", "2.0"),
    ("pandas", "2.2.2", "2.0"),
    ("scipy", "1.13", "2.0"),
)


class Known(Struct, frozen=True):
    """A version that something in the folder names."""

    version: str
    why: str


def known_versions(site: Site) -> dict[str, Known]:
    """The version of each distribution that the folder itself gives away; the surest source first."""
    found: dict[str, Known] = {}
    for name, version, why in (*_declared(site), *_locked(site), *_of_models(site), *_of_notebooks(site)):
        found.setdefault(normal(name), Known(version, why))
    return found


def still_there(site: Site) -> dict[str, Known]:
    """For each distribution whose removed interfaces the code uses, the version in which they were gone."""
    found: dict[str, Known] = {}
    for sighting in site.poc.seen("removed_api"):
        name, _, since = sighting.detail.partition("|")[0].rpartition(" ")
        if name not in found or _numbers(since) < _numbers(found[name].version):
            found[name] = Known(since, f"{sighting.value} is gone since {since}")
    return found


def built_before(versions: Mapping[str, str]) -> dict[str, str]:
    """The bound on numpy that these versions need and do not name themselves."""
    for name, fine, bound in NUMPY_BOUNDS:
        if name in versions and _numbers(versions[name]) < _numbers(fine):
            return {"numpy": f"<{bound}"}
    return {}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _declared(site: Site) -> Iterator[tuple[str, str, str]]:
    for item in site.poc.requirements:
        if exact := _EXACT.match(item.spec):
            yield item.name, exact[1], f"pinned in {item.at.path}"
    for sighting in site.poc.seen("mlflow_model"):
        path = f"{sighting.at.path.rpartition('/')[0]}/requirements.txt".lstrip("/")
        for line in decode(site.read(path) or b"").text.splitlines():
            item = requirement(line, Evidence(path))
            if item and (exact := _EXACT.match(item.spec)):
                yield item.name, exact[1], "MLflow recorded it with the model"


def _locked(site: Site) -> Iterator[tuple[str, str, str]]:
    for path in ("uv.lock", "poetry.lock", "pdm.lock"):
        content = site.read(path) if site.has(path) else None
        if not content or len(content) > _MAX_LOCK_BYTES:
            continue
        try:
            packages = read_toml(decode(content).text).get("package") or []
        except ValueError:
            continue
        for package in packages:
            if isinstance(package, dict) and package.get("name") and package.get("version"):
                yield str(package["name"]), str(package["version"]), f"locked in {path}"


def _of_models(site: Site) -> Iterator[tuple[str, str, str]]:
    for model in sorted(site.poc.models, key=lambda one: one.path.count("/")):
        if model.version and model.framework == "scikit-learn":
            yield "scikit-learn", model.version, f"{model.path} was written by it"


def _of_notebooks(site: Site) -> Iterator[tuple[str, str, str]]:
    """What pip printed into a notebook when it was last run, and what its own lines ask for."""
    for file in site.codes(".ipynb"):
        for piece in file.pieces:
            for line in _PIP_LINE.findall(piece.text):
                for word in line.split():
                    name, _, version = word.partition("==")
                    if version and re.fullmatch(r"\d[\w.]*", version):
                        yield name, version, f"{file.path} installs it"
        cells = file.notebook.cells if file.notebook else []
        printed = "\n".join(_printed(cell) for cell in cells)
        for name, version in _SATISFIED.findall(printed):
            yield name, version, f"{file.path} ran with it"
        for listed in _INSTALLED.findall(printed):
            for word in listed.split():
                name, _, version = word.rpartition("-")
                yield name, version, f"{file.path} ran with it"


def _printed(cell: dict[str, object]) -> str:
    outputs = cell.get("outputs")
    texts = (
        [output.get("text") for output in outputs if isinstance(output, dict)]
        if isinstance(outputs, list)
        else []
    )
    return "\n".join("".join(map(str, text)) if isinstance(text, list) else str(text or "") for text in texts)
