"""Requirements as pip reads them, line by line, and what of a line pip could not read elsewhere."""

import re
from collections.abc import Iterator

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import Requirement

_LINE = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(.*)$")
_PINNED = re.compile(r"^\(?\s*===?\s*[\w.!+-]+\s*\)?$")
_CONDA = re.compile(r"^[A-Za-z0-9][\w.-]*=[\w.!+]+(=[\w.]+)?$")
_ADDRESS = re.compile(
    r"^(?:-e\s+|--editable[ =])?((?:git|hg|svn|bzr)\+\S+|https?://\S+|file:\S+)", re.IGNORECASE
)
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_WHEEL = re.compile(r"/([A-Za-z0-9][\w.]*)-(\d[\w.]*)[^/]*\.(?:whl|tar\.gz|zip)(?:$|[#?])")
_REPOSITORY = re.compile(r"/([\w.-]+?)(?:\.git)?(?:@[\w./-]+)?(?:#.*)?$")
_COMMIT = re.compile(r"@[0-9a-f]{7,40}(?:$|#)")
_FILE = re.compile(r"\.(?:whl|zip|tar\.gz)(?:$|[#;\s])")
_NESTED = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")
WINDOWS_ONLY = {"pywin32", "pywinpty", "pypiwin32", "win-unicode-console", "winshell", "wincertstore", "wmi",
                "pywin32-ctypes", "tensorflow-intel", "comtypes"}  # fmt: skip
MAC_ONLY = {"tensorflow-macos", "tensorflow-metal", "pyobjc", "pyobjc-core"}


class Lines(Struct):
    """What a file of requirements says: dependencies, other files it names, and what is wrong with it."""

    requirements: list[Requirement]
    nested: list[str]
    constraints: list[str]
    problem: str = ""


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(text: str, at: Evidence) -> Requirement | None:
    """One declared dependency, or None where the text is none."""
    text = re.split(r"\s#|\s--hash", text, maxsplit=1)[0].strip()
    if text.startswith("#"):
        return None
    address = _ADDRESS.match(text)
    if address:
        return _addressed(address[1], at)
    text = text.split(";", maxsplit=1)[0].strip()
    matched = _LINE.match(text)
    if not matched or text.startswith("-") or "://" in text.split("@")[0]:
        return None
    spec = matched[3].strip()
    if spec and spec[0] not in "=<>!~(@":
        return None
    fixed = bool(_PINNED.match(spec)) and "*" not in spec
    extras = tuple(sorted(normal(name) for name in re.findall(r"[\w.-]+", matched[2] or "")))
    return Requirement(normal(matched[1]), at, spec, fixed or spec.startswith("@"), extras)


def _addressed(address: str, at: Evidence) -> Requirement | None:
    egg, wheel, repository = _EGG.search(address), _WHEEL.search(address), _REPOSITORY.search(address)
    named = egg or wheel or (repository if "+" in address.split(":", maxsplit=1)[0] else None)
    if named is None:
        return None
    fixed = bool(wheel) or bool(_COMMIT.search(address))
    return Requirement(normal(named[1]), at, f"@ {address[:200]}", fixed)


def read_lines(path: str, text: str) -> Lines:
    """Everything that a file in pip's form says."""
    found = Lines([], [], [])
    odd: list[str] = []
    unread: list[tuple[int, str]] = []
    elsewhere: list[str] = []
    for number, line in logical_lines(text):
        nested = _NESTED.match(line)
        if nested:
            (found.constraints if line.startswith(("-c", "--c")) else found.nested).append(nested[1])
            continue
        at = Evidence(path, line=number)
        if _CONDA.match(line):
            odd.append(line)
            name, version = line.split("=", maxsplit=2)[:2]
            found.requirements.append(Requirement(normal(name), at, f"=={version}", pinned=True))
        elif item := requirement(line, at):
            found.requirements.append(item)
            if re.match(r"@\s*file:", item.spec):
                elsewhere.append(item.name)
        elif (
            not line.startswith(("-", ".", "/", "$")) and not _ADDRESS.match(line) and not _FILE.search(line)
        ):
            unread.append((number, line))
    found.problem = _problem(text, found.requirements, odd, elsewhere) or _unread(unread)
    return found


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines without comments, those that end in a backslash joined with the next."""
    start, held = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if held else number
        plain = line.strip().strip("\ufeff")
        if plain.endswith("\\"):
            held += plain[:-1] + " "
            continue
        whole, held = (held + plain).strip(), ""
        if whole and not whole.startswith("#"):
            yield start, whole


def _problem(text: str, found: list[Requirement], odd: list[str], elsewhere: list[str]) -> str:
    if elsewhere:
        return f"{len(elsewhere)} of its lines ({elsewhere[0]}) point to files on the machine that wrote it"
    if odd:
        return f"{len(odd)} of its lines are in conda's form ({odd[0]}), which pip cannot read"
    if twice := _twice(found):
        return twice
    for names, system in ((WINDOWS_ONLY, "Windows"), (MAC_ONLY, "macOS")):
        only = [item.name for item in found if item.name in names and not _marked(text, item)]
        if only:
            return f"{only[0]} exists for {system} only, so it installs nowhere else"
    content = [line for _, line in logical_lines(text) if not line.startswith("-")]
    return "no dependency could be read from it" if content and not found else ""


def _unread(lines: list[tuple[int, str]]) -> str:
    return f"pip cannot read its line {lines[0][0]} ({lines[0][1][:40]})" if lines else ""


def _marked(text: str, item: Requirement) -> bool:
    lines = text.splitlines()
    number = item.at.line or 0
    return 0 < number <= len(lines) and ";" in lines[number - 1]


def _twice(found: list[Requirement]) -> str:
    pins: dict[str, str] = {}
    for item in found:
        version = item.spec.strip("=() ")
        if item.pinned and not item.spec.startswith("@") and pins.setdefault(item.name, version) != version:
            return f"it pins {item.name} twice, to {pins[item.name]} and to {version}"
    return ""
