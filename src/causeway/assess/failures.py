"""What a line that failed says, in plain words, and what to do about it."""

import difflib
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from causeway.core.environment import Problem
from causeway.core.poc import Poc, Sighting
from causeway.core.trace import TraceError

ONLY_ON_COLAB = "google.colab"
NETWORK = re.compile(
    r"Network is unreachable|name resolution|Max retries exceeded|ConnectionError|URLError|NewConnectionError"
    r"|Failed to establish a new connection|there is no network in here|getaddrinfo|ConnectTimeout"
    r"|couldn't connect to|LocalEntryNotFoundError|We couldn't connect"
)
GONE = re.compile(
    r"(?:module|type object|object) '?([\w.]+)'? has no attribute '(\w+)'"
    r"|'(\w+)' object has no attribute '(\w+)'"
)
NOT_THERE = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
ARGUMENT = re.compile(r"([\w.]+)\(\) got an unexpected keyword argument '(\w+)'")
MEND = "mend that line"


class Known(Struct, frozen=True):
    """What is known of the place where code ran: the folder, what was not installed, what was."""

    poc: Poc
    problems: Sequence[Problem] = ()
    pins: dict[str, str] = {}
    minutes: float = 0.0


def explained(error: TraceError, known: Known) -> tuple[str, str]:
    """The failed statement in our words where we know better, and what to do."""
    kind, _, said = error.error.partition(": ")
    if gone := _removed(error, known.poc):
        since, _, instead = gone.detail.partition("|")
        package, _, version = since.rpartition(" ")
        remedy = f"use {instead}, or write {package}<{version} into the requirements"
        return f"{gone.value} is gone since {since}", remedy
    if NETWORK.search(error.error):
        return (
            f"it wants the network, which it was not given ({error.error[:120]})",
            "put what it fetches into the folder, and read it from there",
        )
    if judge := _JUDGES.get(kind):
        found = judge(said, error, known)
        if found:
            return found
    return error.error, MEND


def _removed(error: TraceError, poc: Poc) -> Sighting | None:
    """The interface that the failed line wants and that is gone, where reading the code saw it."""
    seen = poc.seen("removed_api")
    here = next((s for s in seen if str(s.at) == error.where), None)
    return here or next((s for s in seen if s.value in error.error), None)


def _module(said: str, _error: TraceError, known: Known) -> tuple[str, str]:
    module = quoted(said)
    if module.startswith(ONLY_ON_COLAB):
        return f"{module} is only there on Colab", "take that cell out, and read the data from the folder"
    top = module.partition(".")[0]
    if "." in module and any(_brings(known, top) == name for name in known.pins):
        held = f"{_brings(known, top)} {known.pins[_brings(known, top)]}"
        return (
            f"{module} is not in {held}",
            f"import it from where {top} has it now, or pin the version that it was written for",
        )
    why = next((p.why for p in known.problems if p.requirement.partition(".")[0] == top), "")
    brings = _brings(known, top)
    return (
        f"the module {module} is not there" + (f" ({why})" if why else ""),
        f"declare {brings} in requirements.txt"
        if brings != top
        else "declare the package that brings it in requirements.txt, or take the import out",
    )


def _brings(known: Known, module: str) -> str:
    """The distribution that brings a module, as far as reading the folder told."""
    seen = {s.value.partition(".")[0]: s.detail for s in (*known.poc.imports, *known.poc.undeclared)}
    return re.sub(r"[-_.]+", "-", seen.get(module) or module).lower()


def _import(said: str, _error: TraceError, known: Known) -> tuple[str, str] | None:
    found = NOT_THERE.search(said)
    if not found:
        return None
    name, module = found[1], found[2]
    package = _brings(known, module.partition(".")[0])
    version = known.pins.get(package, "")
    if not version:
        return f"{module} has no {name}", f"check the name, or whether {module} is the module that is meant"
    return (
        f"{module} has no {name} any more (installed: {package} {version})",
        f"use what stands in its place, or pin the {package} that it was written for",
    )


def _attribute(said: str, error: TraceError, known: Known) -> tuple[str, str] | None:
    found = GONE.search(said)
    if not found:
        return None
    owner, name = (found[1], found[2]) if found[2] else (found[3], found[4])
    if owner == "NoneType":
        return f"{error.error} (a step before it gave nothing)", "look at what the line before it returned"
    if name.startswith("_") and (saved := _saved_elsewhere(known)):
        return saved[0] + f" ({error.error})", saved[1]
    version = known.pins.get(_brings(known, owner.partition(".")[0]), "")
    held = f" (installed: {owner.partition('.')[0]} {version})" if version else ""
    return (
        f"{owner} has no {name}{held}",
        f"use what stands in its place, or pin the version that had {name}",
    )


def _saved_elsewhere(known: Known) -> tuple[str, str] | None:
    """What there is to say of a saved model of another version than is installed, and what to do."""
    for model in sorted(known.poc.models, key=lambda one: (one.path.count("/"), one.path)):
        package = model.framework.lower()
        held = known.pins.get(package, "")
        if model.version and held and held != model.version:
            return (
                f"{model.path} was saved by {package} {model.version}, and {held} is installed",
                f"pin {package}=={model.version}, or train it again with {held}"
                if model.version[:1].isdigit()
                else f"train it again with {held}",
            )
    return None


def _argument(said: str, _error: TraceError, _known: Known) -> tuple[str, str] | None:
    found = ARGUMENT.search(said)
    if not found:
        return None
    return (
        f"{found[1]} does not know {found[2]} in the version that is installed",
        f"leave {found[2]} out, or pin the version that had it",
    )


def _file(said: str, _error: TraceError, known: Known) -> tuple[str, str]:
    path = quoted(said)
    plain = path.replace("\\", "/")
    absolute = plain.startswith("/") or bool(re.match(r"[A-Za-z]:/", plain))
    what = f"it reads {path}, which is {'only on the machine of its author' if absolute else 'not there'}"
    name = posixpath.basename(plain)
    here = _near(name, known.poc)
    if here:
        return what, f'the folder holds {here}: read that, by its path inside the folder ("{here}")'
    return what, f"put {name or 'the file'} into the folder, and read it by its path inside the folder"


def _near(name: str, poc: Poc) -> str:
    """A file of the folder with this name, else with this name in other letters, else a very like one."""
    paths = [file.path for file in (*poc.data, *poc.models, *poc.sources, *poc.notebooks)]
    by_name = {posixpath.basename(path): path for path in reversed(paths)}
    folded = {base.lower().replace(" ", ""): path for base, path in by_name.items()}
    alike = difflib.get_close_matches(name, by_name, 1, 0.75)
    return by_name.get(name) or folded.get(name.lower().replace(" ", ""), by_name[alike[0]] if alike else "")


def _decoding(_said: str, error: TraceError, known: Known) -> tuple[str, str]:
    named = next((f for f in known.poc.data if posixpath.basename(f.path) in error.source), None)
    other = next((f for f in known.poc.data if f.encoding.lower() not in {"", "utf-8", "ascii"}), None)
    file = named or other
    if file is None or not file.encoding:
        return "a file is not in the encoding that it is read in", "name the file's encoding where it is read"
    return (
        f"{file.path} is not in the encoding that it is read in",
        f'read it with encoding="{file.encoding}"',
    )


def _key(said: str, error: TraceError, known: Known) -> tuple[str, str] | None:
    name = quoted(said)
    if "environ" in error.source:
        return (
            f"it wants the environment variable {name}, which nobody set",
            f"document {name}, and give it a default where one makes sense",
        )
    columns = {column for file in known.poc.data for column in file.names}
    bare = {column.strip().lstrip("\ufeff").lower(): column for column in columns}
    near = bare.get(name.strip().lower()) or next(iter(difflib.get_close_matches(name, columns, 1, 0.8)), "")
    if not near or name == near:
        return None
    return f"there is no column {name}", f"the data has {near!r}: use that name"


def _value(said: str, error: TraceError, _known: Known) -> tuple[str, str] | None:
    if "could not convert string to float" not in said:
        return None
    if ".corr(" in error.source:
        return "corr meets a column of text", "write corr(numeric_only=True)"
    return f"a column of text reaches what takes numbers only ({said[:80]})", "encode that column before"


def _name(said: str, error: TraceError, _known: Known) -> tuple[str, str]:
    name = quoted(said)
    where = "cell" if " cell " in error.where else "line"
    return (
        f"{name} is not defined at that point",
        f"move the {where} that defines {name} before this one, or write it if it is gone",
    )


def _asked(_said: str, _error: TraceError, _known: Known) -> tuple[str, str]:
    return (
        "it asks somebody something (input), and nobody is there",
        "write the value into the code, or take that line out of the training",
    )


def _refused(said: str, _error: TraceError, _known: Known) -> tuple[str, str]:
    return (
        f"it reaches for {quoted(said)}, outside the folder",
        "keep what it reads and writes inside the folder, by relative paths",
    )


def _memory(_said: str, _error: TraceError, _known: Known) -> tuple[str, str]:
    return "it takes more memory than it may have", "let it use fewer rows, or smaller types"


def _late(said: str, _error: TraceError, known: Known) -> tuple[str, str]:
    minutes = f"{2 * known.minutes or 20:g}"
    return (
        said,
        f"give it more time (--minutes {minutes}), or less to do: fewer rows, parameters or folds",
    )


def _left(said: str, error: TraceError, _known: Known) -> tuple[str, str] | None:
    if said.strip() != "2" and "parse_args" not in error.source:
        return None
    return "it wants arguments on the command line", "give every argument a default"


def _syntax(said: str, _error: TraceError, _known: Known) -> tuple[str, str]:
    if "print" in said:
        return "it is written for Python 2", "put brackets round what is printed"
    return f"it is no valid Python: {said}", "mend the line; Python cannot read the file at all"


_JUDGES: dict[str, Callable[[str, TraceError, Known], tuple[str, str] | None]] = {
    "ModuleNotFoundError": _module,
    "ImportError": _import,
    "AttributeError": _attribute,
    "TypeError": _argument,
    "FileNotFoundError": _file,
    "UnicodeDecodeError": _decoding,
    "KeyError": _key,
    "ValueError": _value,
    "NameError": _name,
    "EOFError": _asked,
    "StdinNotImplementedError": _asked,
    "PermissionError": _refused,
    "MemoryError": _memory,
    "TimeUp": _late,
    "SystemExit": _left,
    "SyntaxError": _syntax,
    "IndentationError": _syntax,
}


def quoted(text: str) -> str:
    """What stands in quotes, else all of it."""
    found = re.search(r"'([^']*)'", text)
    return found[1] if found else text


def first_words(texts: Iterable[str], most: int = 3) -> str:
    """The first few, and how many more."""
    held = list(texts)
    more = f" and {len(held) - most} more" if len(held) > most else ""
    return ", ".join(held[:most]) + more
