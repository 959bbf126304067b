"""Can the environment be made again: declared, pinned, readable, complete, of this decade."""

import re
from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import ModelFile, Poc, Requirement

# releases of the old web stack that need a Python which is no longer maintained
NEEDS_OLD_PYTHON = {"flask": 2, "jinja2": 3, "werkzeug": 2, "markupsafe": 2, "itsdangerous": 2}
# pickles of these carry the version of scikit-learn that wrote them; their own formats carry their own
SKLEARN_MADE = {"scikit-learn", "imbalanced-learn", "", "XGBoost", "LightGBM", "CatBoost"}
BOOSTERS = {"XGBoost", "LightGBM", "CatBoost"}
PICKLED = {"pickle", "compressed pickle", "skops"}
_VERSION = re.compile(r"\(?\s*[=~]==?\s*v?(\d[\w.!+]*)")
SURE = 0.8
RESOLVE = Remedy("`causeway run` resolves them and records the pins.", "causeway run")


def judge(poc: Poc) -> Iterator[Finding]:
    """What is wrong with how the dependencies are declared."""
    if poc.imports and not any(file.count for file in poc.requirement_files):
        yield _undeclared_at_all(poc)
    yield from _missing(poc)
    yield from _unpinned(poc)
    yield from _wrong(poc)
    yield from _unused(poc)
    yield from _fetched(poc)
    yield from _encoding(poc)
    yield from _old(poc)
    yield from _stale_models(poc)
    if "R" in poc.languages[:1]:
        yield from _r_versions(poc)
    spoken = not poc.languages or {"Python", "R"} & set(poc.languages)
    stated = poc.python.certainty >= SURE or ("R" in poc.languages[:1] and poc.seen("r_version"))
    if spoken and not stated:
        yield _python(poc)


def _undeclared_at_all(poc: Poc) -> Finding:
    names = sorted({item.detail for item in poc.imports if item.detail})
    return Finding(
        "REQ-MISSING",
        Severity.FIX,
        f"Nothing says which packages it needs; it imports {_some(names)}.",
        RESOLVE,
        (poc.imports[0].at,),
        damage=0.6,
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _missing(poc: Poc) -> Iterator[Finding]:
    names = sorted({item.detail for item in poc.undeclared})
    if names:
        yield Finding(
            "REQ-MISSING",
            Severity.FIX,
            f"{words.listed(names[:5])} {'is' if len(names) == 1 else 'are'} imported, but no requirement "
            f"brings {'it' if len(names) == 1 else 'them'}.",
            RESOLVE,
            tuple(item.at for item in poc.undeclared[:4]),
            certainty=0.9,
            damage=0.6,
        )


def _unpinned(poc: Poc) -> Iterator[Finding]:
    loose = [item for item in poc.requirements if not item.pinned]
    if not loose:
        return
    yield Finding(
        "REQ-UNPINNED",
        Severity.FIX,
        f"{len(loose)} of {len(poc.requirements)} requirements are not pinned to a version.",
        RESOLVE,
        tuple(item.at for item in loose[:2]),
        damage=0.4,
    )


def _wrong(poc: Poc) -> Iterator[Finding]:
    wrong = poc.seen("wrong_requirement")
    if not wrong:
        return
    meant = [f"{item.value} (write {item.detail})" for item in wrong if item.detail]
    own = [item.value for item in wrong if not item.detail]
    parts = (
        [f"{words.listed(meant[:4])} {_is(meant)} not the name under which it is installed"] if meant else []
    )
    parts += [f"{words.listed(own[:4])} {_is(own)} part of Python or of the host"] if own else []
    yield Finding(
        "REQ-WRONG",
        Severity.FIX,
        f"{'; '.join(parts)}: installing that fails, or brings somebody else's package.",
        Remedy("Name the distribution, not the module; leave out what Python brings itself."),
        tuple(item.at for item in wrong[:4]),
        certainty=0.9,
        damage=0.5,
    )


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _encoding(poc: Poc) -> Iterator[Finding]:
    for file in poc.requirement_files:
        if file.encoding.startswith("utf-16"):
            yield Finding(
                "REQ-ENCODING",
                Severity.FIX,
                f"{file.path} is written in UTF-16; tools that read UTF-8 stop at its first byte.",
                Remedy("Save it as UTF-8."),
                (Evidence(file.path),),
                damage=0.5,
            )
        elif file.problem:
            yield Finding(
                "REQ-BROKEN",
                Severity.FIX,
                f"{file.path}: {file.problem}.",
                Remedy("Write one requirement a line."),
                (Evidence(file.path),),
                damage=0.5,
            )


def _old(poc: Poc) -> Iterator[Finding]:
    old = [
        item for item in poc.requirements if item.pinned and _major(item) < NEEDS_OLD_PYTHON.get(item.name, 0)
    ]
    if old:
        names = ", ".join(f"{item.name} {item.spec.strip('= ')}" for item in old[:3])
        yield Finding(
            "REQ-OLD",
            Severity.FIX,
            f"{names} need a Python before 3.10 and get no security fixes.",
            Remedy("Raise them together to their current versions."),
            tuple(item.at for item in old[:3]),
            certainty=0.85,
            damage=0.5,
        )


def _major(item: Requirement) -> int:
    leading = _version(item).split(".", maxsplit=1)[0]
    return int(leading) if leading.isdigit() else 99


def _version(item: Requirement) -> str:
    """The version that a line asks for; empty where it names a place, a range, or nothing."""
    found = _VERSION.match(item.spec)
    return found[1].rstrip(".*") if found and "," not in item.spec else ""


def _stale_models(poc: Poc) -> Iterator[Finding]:
    pins = {s.value: s.detail for s in poc.seen("locked")}
    pins |= {item.name: version for item in poc.requirements if (version := _version(item))}
    pinned = pins.get("scikit-learn", "")
    if not pinned and any(
        item.name == "scikit-learn" and item.spec.startswith("@") for item in poc.requirements
    ):
        return
    nearest = sorted(poc.models, key=lambda model: model.path.count("/"))
    of_sklearn = [model for model in nearest if model.version and _of_sklearn(model)]
    stored = [model.path.rpartition("/")[0] for model in poc.models if model.path.endswith("MLmodel")]
    stale = [
        model
        for model in of_sklearn
        if not _agree(model.version, pinned)
        # a folder of MLflow's brings its own pins
        and (pinned or model.path.rpartition("/")[0] not in stored)
    ]
    if stale:
        one = stale[0]
        beside = f"requirements pin {pinned}" if pinned else "nothing pins that version"
        yield Finding(
            "MODEL-STALE",
            Severity.FIX,
            f"{one.path} was written by scikit-learn {one.version}; {beside}. Such files load and then fail, "
            "or answer differently, under another version.",
            RESOLVE,
            tuple(Evidence(model.path) for model in stale[:3]),
            certainty=0.85,
            damage=0.55,
        )


def _of_sklearn(model: ModelFile) -> bool:
    own = model.framework in BOOSTERS and model.format not in PICKLED
    return model.framework in SKLEARN_MADE and not own


def _agree(version: str, pinned: str) -> bool:
    return version.split(".")[:2] == pinned.split(".")[:2]


def _r_versions(poc: Poc) -> Iterator[Finding]:
    libraries = poc.seen("r_library")
    dated = {"checkpoint", "groundhog"} & {s.value for s in libraries}
    if libraries and not poc.requirement_files and not poc.seen("r_packages") and not dated:
        yield Finding(
            "REQ-MISSING",
            Severity.FIX,
            "No renv.lock and no DESCRIPTION: nothing says which versions of the R packages it needs.",
            Remedy("Run renv::snapshot() where it works, and add renv.lock."),
            (libraries[0].at,),
            certainty=0.9,
            damage=0.5,
        )


def _unused(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("unused_requirement")
    names = list(dict.fromkeys(s.value for s in found))
    if names:
        yield Finding(
            "REQ-UNUSED",
            Severity.NOTE,
            f"{words.listed(names[:5])} {_is(names)} required, and nothing in the folder imports "
            f"{'it' if len(names) == 1 else 'them'}: to install, to scan and to keep up to date for nothing.",
            Remedy("Take out what is not used, or add what was meant to use it."),
            tuple(s.at for s in found[:4]),
            certainty=0.8,
            damage=0.2,
        )


def _fetched(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("downloads_at_import")
    if found:
        first = found[0]
        yield Finding(
            "IMPORT-WORK",
            Severity.NOTE,
            f"{first.at.path} fetches from the network as soon as it is imported ({first.value}): without "
            "one it fails, or goes on with less.",
            Remedy("Fetch it when the image is built, and only look for it at the start."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.3,
        )


def _python(poc: Poc) -> Finding:
    r_only = "R" in poc.languages[:1]
    spoken = () if r_only else poc.seen("readme_python")
    if spoken:
        return Finding(
            "PYTHON-UNSTATED",
            Severity.NOTE,
            f"The Python version stands only in the README ({spoken[0].value}), where no tool looks for it.",
            Remedy("Name it in the manifest: model.python."),
            (spoken[0].at,),
            damage=0.1,
        )
    version = _kernel_of_r(poc) if r_only else poc.python.value
    seen = f" (a notebook was run with {version})" if version else ""
    return Finding(
        "PYTHON-UNSTATED",
        Severity.NOTE,
        f"The {'R' if r_only else 'Python'} version is not stated{seen}.",
        Remedy("Name it in the manifest: model.python."),
        poc.python.evidence[:1],
        damage=0.2,
        common=True,
    )


def _kernel_of_r(poc: Poc) -> str:
    kernels = [notebook.kernel for notebook in poc.notebooks if notebook.kernel.startswith("R ")]
    return kernels[0].removeprefix("R ") if kernels else ""
