"""Requirements that can be installed again: one version each, what is imported declared, in UTF-8."""

import re
import sys
from collections.abc import Iterable, Sequence
from posixpath import dirname

from msgspec import Struct

from causeway.actions.fix.change import Left, Mend
from causeway.actions.fix.recipes.versions import Known, built_before, known_versions, still_there
from causeway.actions.fix.site import Site
from causeway.adapters import registry
from causeway.core.environment import Resolved
from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.environment.distributions import BRINGS, MODULES
from causeway.intake.environment.imports import NEVER_DECLARED
from causeway.intake.environment.requirements import normal, requirement
from causeway.intake.files.text import decode

FILE = "requirements.txt"
OLDER_PYTHONS = ("3.9", "3.7")
STAND_INS = {"sklearn": "scikit-learn"}
KNOWN_NAMES = (
    {name for name in MODULES.values() if name}
    | set(BRINGS)
    | {w for b in BRINGS.values() for w in b.split()}
)
_LINE = re.compile(
    r"^(\s*)([A-Za-z0-9][A-Za-z0-9._-]*)(\s*\[[^\]]*\])?\s*([^;#\r\n]*?)(\s*;[^#\r\n]*?)?(\s+#.*)?$"
)


class Line(Struct, frozen=True):
    """One declared distribution on its line of one file."""

    path: str
    number: int
    name: str
    spec: str
    pinned: bool


def mend(site: Site) -> Mend:
    """The requirements files with every version named, those imported added."""
    files = _files(site)
    others = [file.path for file in site.poc.requirement_files if file.count and file.path not in files]
    if others and not files:
        why = "pins are kept by the tool that reads it (uv lock, poetry lock, pip-compile)"
        return Mend("requirements", left=tuple(Left(why, Evidence(path)) for path in others))
    hashed = next((path for path, text in files.items() if "--hash=" in text), "")
    if hashed:
        why = "its packages are held by hashes: let the tool that wrote them write the others"
        return Mend("requirements", left=(Left(why, Evidence(hashed)),))
    lines = [line for path, text in files.items() for line in _lines(path, text)]
    added, unknown = _added(site, lines, files)
    chosen = _chosen(site, lines, added)
    changes = []
    for path in files or {FILE: ""}:
        pins = {line.number: pin for line in lines if line.path == path and (pin := chosen.pin(line))}
        new = sorted(chosen.line(name) for name in added.get(path, ()) if name in chosen.pins)
        text = _rewritten(files.get(path, ""), pins, new)
        if text.strip() and (change := site.change(path, _encoded(site.read(path), text))):
            changes.append(change)
    return Mend("requirements", tuple(changes), tuple(chosen.told), (*chosen.left, *unknown))


class _Chosen(Struct):
    """The version taken for each distribution, why, and what could not be had."""

    pins: dict[str, Known]
    left: list[Left]
    told: list[str]

    def pin(self, line: Line) -> str:
        """The whole requirement that replaces this line's, or empty."""
        name = STAND_INS.get(line.name, line.name)
        return f"=={self.pins[name].version}" if name in self.pins and not line.pinned else ""

    def line(self, name: str) -> str:
        """A new line for this distribution, with the reason where there is a special one."""
        known = self.pins[name]
        return f"{name}=={known.version}" + (f"  # {known.why}" if known.why else "")


def _files(site: Site) -> dict[str, str]:
    """The plain requirements files and their text."""
    paths = [file.path for file in site.poc.requirement_files if file.path.endswith((".txt", ".in", ".pip"))]
    paths = [path for path in paths if not path.endswith("runtime.txt")]
    return {path: decode(content).text.lstrip("\ufeff") for path in paths if (content := site.read(path))}


def _lines(path: str, text: str) -> list[Line]:
    found = []
    for number, line in enumerate(text.splitlines()):
        item = requirement(line, Evidence(path, line=number + 1))
        if item:
            found.append(Line(path, number, item.name, item.spec, item.pinned))
    return found


def _added(site: Site, lines: Sequence[Line], files: Iterable[str]) -> tuple[dict[str, set[str]], list[Left]]:
    """What to declare in which file, and imports whose distribution nobody knows for sure."""
    paths = list(files)
    missing = site.poc.undeclared if lines else site.poc.imports
    added: dict[str, set[str]] = {}
    unknown: list[Left] = []
    for sighting in missing:
        if not sighting.detail or _never(sighting):
            continue
        name = normal(sighting.detail)
        if name in KNOWN_NAMES:
            added.setdefault(_nearest(paths, sighting.at.path), set()).add(name)
        else:
            why = (
                f"imports {sighting.value}; which package brings it is for you to say, names are not guessed"
            )
            unknown.append(Left(why, sighting.at))
    for model in site.poc.models:
        declared = {STAND_INS.get(line.name, line.name) for line in lines}
        if model.version and model.framework == "scikit-learn" and "scikit-learn" not in declared:
            added.setdefault(_nearest(paths, model.path), set()).add("scikit-learn")
    return added, list({left.why: left for left in unknown}.values())


def _never(sighting: Sighting) -> bool:
    parts = sighting.value.split(".")
    return ".".join(parts[:2]) in NEVER_DECLARED or parts[0] in NEVER_DECLARED


def _nearest(paths: Sequence[str], user: str) -> str:
    """The requirements file that lies nearest above the one that imports."""
    above = [path for path in paths if not dirname(path) or f"{user}/".startswith(f"{dirname(path)}/")]
    return max(above, key=lambda path: len(dirname(path)), default=paths[0] if paths else FILE)


def _chosen(site: Site, lines: Sequence[Line], added: dict[str, set[str]]) -> _Chosen:
    """A version each: what the folder itself gives away first, then what the index has."""
    loose = {STAND_INS.get(line.name, line.name): line for line in lines if not line.pinned}
    names = set(loose).union(*added.values())
    known = {name: one for name, one in known_versions(site).items() if name in names}
    gone = still_there(site)
    known = {name: one for name, one in known.items() if not _too_new(one, gone.get(name))}
    chosen = _Chosen(dict(known), [], [])
    if not names - set(known):
        return chosen
    unknown = sorted(names - set(known))
    if site.wish.sketch:
        chosen.told.append(f"asks the package index for {len(unknown)} versions")
    elif site.wish.offline:
        why = "not pinned: nothing here names its version"
        chosen.left += [Left(f"{name} is {why}") for name in unknown]
    else:
        _ask_index(site, lines, names, known, chosen)
    return chosen


def _too_new(known: Known, gone: Known | None) -> bool:
    numbers = [[int(part) for part in re.findall(r"\d+", one.version)] for one in (known, gone) if one]
    return len(numbers) == 2 and numbers[0] >= numbers[1]


def _ask_index(
    site: Site, lines: Sequence[Line], names: set[str], known: dict[str, Known], chosen: _Chosen
) -> None:
    gone = still_there(site)
    specs = {STAND_INS.get(line.name, line.name): line.spec for line in lines}
    wanted = sorted(f"{name}{specs.get(name, '')}" for name in {*names, *specs})
    held = {name: f"=={one.version}" for name, one in known.items()}
    bounds = {name: f"<{one.version}" for name, one in gone.items() if name in names}
    pinned = {line.name: line.spec.lstrip("= ") for line in lines if line.pinned}
    old = built_before({**pinned, **{name: one.version for name, one in known.items()}})
    all_held = {**old, **bounds, **held}
    python, resolved = _resolved(site, wanted, sorted(f"{name}{spec}" for name, spec in all_held.items()))
    chosen.told.append(f"Versions that nothing here names are those that pip takes for Python {python}.")
    for name, why in sorted(resolved.dropped.items()):
        chosen.pins.pop(name, None)
        if name in all_held:
            chosen.left.append(Left(f"{name}{all_held[name]} cannot be had with the others: {why}"))
    for name in sorted(names):
        if name in resolved.pins and name not in chosen.pins:
            reason = gone[name].why if name in gone and name not in resolved.dropped else ""
            chosen.pins[name] = Known(resolved.pins[name], reason)
        elif name not in chosen.pins:
            chosen.left.append(Left(f"{name} is not pinned: {resolved.dropped.get(name, 'no version fits')}"))


def _resolved(site: Site, wanted: list[str], held: list[str]) -> tuple[str, Resolved]:
    """The Python and its versions: the newest where nothing had to give way, if the folder names none."""
    first = python_of(site)
    site.say(f"asking pip which versions fit together on Python {first}; nothing is installed")
    found = registry.resolve_requirements(wanted, held, first)
    if not found.dropped or site.wish.python or site.poc.python:
        return first, found
    for older in OLDER_PYTHONS:
        site.say(f"not all of them do; trying Python {older}")
        other = registry.resolve_requirements(wanted, held, older, give_way=False)
        if not other.dropped:
            return older, other
    return first, found


def python_of(site: Site) -> str:
    """The Python to resolve for: as wished, stated, or last run with; else the one that runs us."""
    found = re.search(r"3\.\d+", site.wish.python or site.poc.python.value)
    return found[0] if found else f"{sys.version_info[0]}.{sys.version_info[1]}"


def _rewritten(text: str, pins: dict[int, str], new: Sequence[str]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    kept = [_pinned(line, pins.get(number)) for number, line in enumerate(text.splitlines(keepends=True))]
    body = "".join(kept)
    if new and body and not body.endswith(("\n", "\r")):
        body += newline
    return body + "".join(f"{line}{newline}" for line in new)


def _pinned(line: str, pin: str | None) -> str:
    """The line with this version instead of what it said; blanks, markers and comments stay."""
    bare = line.rstrip("\r\n")
    matched = _LINE.match(bare)
    if not pin or not matched:
        return line
    lead, name, extras, _, marker, comment = (part or "" for part in matched.groups())
    name = STAND_INS.get(name, name)
    return f"{lead}{name}{extras}{pin}{marker.rstrip()}{comment}{line[len(bare) :]}"


def _encoded(before: bytes | None, text: str) -> bytes:
    """As UTF-8, with the byte order mark that an UTF-8 file had."""
    return (b"\xef\xbb\xbf" if (before or b"").startswith(b"\xef\xbb\xbf") else b"") + text.encode()
