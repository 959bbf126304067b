"""What will stop it from running anywhere else: paths, missing files, code that does not parse."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import UNREAD, Poc


def judge(poc: Poc) -> Iterator[Finding]:
    """Absolute paths, files that are not there, interfaces that are gone, broken sources."""
    yield from _paths(poc)
    yield from _missing(poc)
    yield from _removed(poc)
    yield from _broken(poc)
    yield from _other_language(poc)


def _paths(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("absolute_path")
    live = [s for s in found if s.detail != "stale"]
    if not found:
        return
    first = (live or list(found))[0]
    places = tuple(s.at for s in (live or found))[:5]
    if not live:
        yield Finding(
            "ABS-PATH",
            Severity.NOTE,
            f"{first.at.path} is Python that nothing runs any more, with paths of somebody's machine.",
            Remedy("Delete the file; version control remembers it."),
            places,
            damage=0.15,
        )
        return
    yield Finding(
        "ABS-PATH",
        Severity.FIX,
        f"It uses paths under {_root(first.value)}, which are only there on {_whose(first.value)}.",
        Remedy("Use paths relative to the file, or take them from the environment."),
        places,
        damage=0.6,
    )


def _whose(path: str) -> str:
    hosts = {"/content": "Colab", "/kaggle": "Kaggle", "/dbfs": "Databricks"}
    return next((host for root, host in hosts.items() if path.startswith(root)), "the author's machine")


def _root(path: str) -> str:
    plain = path.replace("\\", "/")
    return "/".join(plain.split("/")[:3]) + ("/..." if plain.count("/") > 2 else "")


def _missing(poc: Poc) -> Iterator[Finding]:
    yield from _misplaced(poc)
    yield from _pages(poc)
    used = {poc.train.value, poc.serve.value, poc.train.at.path if poc.train.at else ""}
    used |= {s.at.path for s in poc.seen("imported_by") if s.value in used}
    found = [s for s in poc.seen("missing_file") if s.at.path in used]
    names = list(dict.fromkeys(s.value for s in found))
    if found:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield Finding(
            "FILE-MISSING",
            Severity.FIX,
            f"It needs {', '.join(names[:3])}{more}, which {'is' if len(names) == 1 else 'are'} not in the "
            "folder.",
            Remedy("Add the file, or say in the README where it comes from."),
            tuple(s.at for s in found[:4]),
            certainty=0.8,
            damage=0.6,
        )
    elif any(t.saves for t in poc.trainings) and not poc.models:
        training = next(t for t in poc.trainings if t.saves)
        yield Finding(
            "MODEL-ABSENT",
            Severity.NOTE,
            f"The training saves {training.saves[-1].rsplit('/', 1)[-1]}; no saved model is in the folder.",
            Remedy("`causeway run` trains it again and keeps the release.", "causeway run"),
            (training.at,),
            certainty=0.9,
            damage=0.35,
        )


def _misplaced(poc: Poc) -> Iterator[Finding]:
    found = [s for s in poc.seen("misplaced_file") if s.at.path in {poc.train.value, poc.serve.value}]
    if not found:
        return
    first = found[0]
    how, _, there = first.detail.partition("|")
    why = {
        "case": f"the file is called {there}: only Windows and macOS take the two for one",
        "backslash": "the backslash parts folders on Windows only",
        "elsewhere": f"the file is at {there}",
    }[how]
    yield Finding(
        "FILE-MISSING",
        Severity.FIX if how != "elsewhere" else Severity.NOTE,
        f"{first.at.path} reads {first.value}, but {why}.",
        Remedy("Write the path as the file is called, relative to the code, with forward slashes."),
        tuple(s.at for s in found[:4]),
        certainty=0.9 if how != "elsewhere" else 0.7,
        damage=0.5,
    )


def _pages(poc: Poc) -> Iterator[Finding]:
    pages = poc.seen("missing_template")
    apps = {s.at.path for s in poc.seen("app")}
    found = [s for s in pages if s.at.path == poc.serve.value] or [s for s in pages if s.at.path in apps]
    names = list(dict.fromkeys(s.value for s in found))
    if found:
        yield Finding(
            "FILE-MISSING",
            Severity.FIX,
            f"{found[0].at.path} renders {words.listed(names[:4])}, which no templates folder holds: there "
            "it answers with an error.",
            Remedy("Add the pages, or take their routes away."),
            tuple(s.at for s in found[:4]),
            certainty=0.95,
            damage=0.5,
        )


def _removed(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("removed_api")
    gone = {s.value: s.detail.split("|") for s in found}
    if gone:
        told = words.listed([f"{name} is gone since {since}" for name, (since, _) in list(gone.items())[:2]])
        more = f" (and {len(gone) - 2} more)" if len(gone) > 2 else ""
        name, (_, instead) = next(iter(gone.items()))
        yield Finding(
            "API-REMOVED",
            Severity.FIX,
            f"A fresh install cannot run it: {told}{more}.",
            Remedy(f"Pin the versions it was written for, or move on: {instead} instead of {name}."),
            tuple(s.at for s in found[:5]),
            certainty=0.9,
            damage=0.8,
        )


def _broken(poc: Poc) -> Iterator[Finding]:
    broken = [source for source in poc.sources if source.problem and source.problem not in UNREAD]
    yield from _absent_modules(poc)
    broken_notebooks = [notebook for notebook in poc.notebooks if notebook.problem]
    for source in broken[:5]:
        yield Finding(
            "CODE-BROKEN",
            Severity.FIX,
            f"{source.path}: {source.problem}.",
            Remedy("Mend or delete it; nothing in it could be read."),
            (source.where or Evidence(source.path),),
            damage=0.5 if broken_notebooks else 0.55,
        )


def _absent_modules(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("missing_module")
    if found:
        first = found[0]
        near = f"; {first.detail}.py is" if first.detail else ""
        yield Finding(
            "CODE-BROKEN",
            Severity.FIX,
            f"{first.at.path} cannot start: it imports {first.value}, which is not in the folder{near}.",
            Remedy("Add the module, or mend the name."),
            tuple(s.at for s in found[:4]),
            certainty=0.9 if first.detail else 0.8,
            damage=0.7,
        )


def _other_language(poc: Poc) -> Iterator[Finding]:
    first = poc.languages[0] if poc.languages else ""
    if first and first != "Python" and "Python" not in poc.languages and poc.sources:
        yield Finding(
            "LANGUAGE",
            Severity.FIX,
            f"It is written in {first}. Causeway reads, judges and watches it, but trains and converts "
            "Python only.",
            Remedy("Serve it from its own container; monitoring starts from a file of scored records."),
            (Evidence(poc.train.value or poc.serve.value or poc.sources[0].path),),
            damage=0.5,
        )
