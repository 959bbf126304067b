"""What the app would do in the hands of strangers."""

from collections.abc import Iterator

from causeway.assess.poc import doors
from causeway.assess.poc.doors import GATEWAY, of_app
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc


def judge(poc: Poc) -> Iterator[Finding]:
    """Debugger, swallowed errors, unchecked input, uploads, ports, work at import."""
    yield from _debug(poc)
    yield from _swallowed(poc)
    yield from _fails_open(poc)
    yield from _unchecked(poc)
    yield from _uploads(poc)
    yield from _left_behind(poc)
    yield from _fetched(poc)
    yield from _port(poc)
    yield from _at_import(poc)
    yield from _opened(poc)
    yield from _imported(poc)
    yield from _misnamed(poc)
    yield from _global(poc)
    yield from _shared(poc)
    yield from _unrecorded(poc)
    yield from doors.judge(poc)
    yield from _origins(poc)


def _debug(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("debug")
    if not found:
        return
    scripts = {s.at for s in poc.seen("debug_as_script")}
    servers = poc.seen("production_server")
    if servers and all(s.at in scripts for s in found):
        yield Finding(
            "DEBUG",
            Severity.NOTE,
            f"Started as a script, the app switches the debug server on; {servers[0].at.path} starts "
            f"{servers[0].value}, which does not.",
            Remedy("Switch it off there too, so that nobody starts it that way by mistake."),
            (*(s.at for s in found[:2]), servers[0].at),
            damage=0.2,
        )
        return
    first = next((s for s in found if s.at.path == poc.serve.value), found[0])
    why = f" ({first.value}: {first.detail})" if first.detail else ""
    open_ = any(s.at.path == first.at.path for s in poc.seen("host"))
    yield Finding(
        "DEBUG",
        Severity.FIX,
        f"The debug server is on{why}{' and listens on every interface' if open_ else ''}: whoever reaches "
        "it can run code.",
        Remedy("Switch it off, and serve with a production server."),
        tuple(s.at for s in found[:3]),
        damage=0.6 if open_ else 0.5,
    )


def _swallowed(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("swallowed")
    if found:
        yield Finding(
            "SWALLOWED",
            Severity.FIX,
            f"Errors vanish: {found[0].value}.",
            Remedy("Catch what is expected, log it, and answer with a 4xx or 5xx."),
            tuple(s.at for s in found[:4]),
            damage=0.4,
        )


def _fails_open(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("fails_open")
    if found:
        yield Finding(
            "FAIL-OPEN",
            Severity.FIX,
            f"A check that fails counts as passed: after an error, {found[0].value}.",
            Remedy("Let an error count as not passed, or stop there and say so."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.55,
        )


def _unchecked(poc: Poc) -> Iterator[Finding]:
    found = [] if poc.seen("validation") else of_app(poc, "unchecked_input")
    found += of_app(poc, "unchecked_body")
    if found:
        yield Finding(
            "NO-VALIDATION",
            Severity.FIX,
            f"{found[0].value} takes {found[0].detail} without checking it: a missing or odd value is "
            "an error of the server, or worse, an answer.",
            GATEWAY,
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.5,
        )
        return
    wide = [] if poc.seen("validation") else of_app(poc, "unranged_input")
    if wide:
        yield Finding(
            "NO-VALIDATION",
            Severity.FIX,
            f"{wide[0].value} makes numbers of {wide[0].detail} and compares none with a range: an age of -5 "
            "or 1,000 gets an answer too.",
            GATEWAY,
            tuple(s.at for s in wide[:3]),
            certainty=0.85,
            damage=0.4,
        )


def _uploads(poc: Poc) -> Iterator[Finding]:
    found = sorted(of_app(poc, "upload"), key=lambda sighting: len(sighting.detail))
    if not found:
        return
    looked = found[0].detail.split()
    who = "Whoever has signed in" if "signed" in looked else "Whoever reaches it"
    who = who if "signed" in looked or poc.seen("auth") else "Anybody"
    what = "files" if "sorted" in looked else "any file"
    what += "" if "measured" in looked else " of any size"
    stays = "they stay" if "sorted" in looked else "it stays"
    yield Finding(
        "UPLOAD",
        Severity.NOTE if "signed" in looked else Severity.FIX,
        f"{who} may upload {what}, and {stays} on disk.",
        Remedy("Limit size and type, keep uploads apart by user, and delete them after use."),
        tuple(s.at for s in found[:2]),
        certainty=0.8,
        damage=0.35 if "signed" in looked else 0.55,
    )


def _left_behind(poc: Poc) -> Iterator[Finding]:
    found = of_app(poc, "left_behind")
    if found:
        yield Finding(
            "UPLOAD",
            Severity.NOTE,
            f"Each upload leaves a temporary file behind ({found[0].value}), and nothing deletes it.",
            Remedy("Delete it after use, or leave out delete=False."),
            tuple(s.at for s in found[:2]),
            certainty=0.85,
            damage=0.35,
        )


def _fetched(poc: Poc) -> Iterator[Finding]:
    found = of_app(poc, "fetched_model")
    if found:
        yield Finding(
            "MODEL-FETCHED",
            Severity.NOTE,
            f"The app fetches {found[0].value} from an address when it runs, and compares it with nothing: "
            "the model is whatever lies there on that day.",
            Remedy("Bring the file with the release, or compare its digest after fetching it."),
            tuple(s.at for s in found[:2]),
            certainty=0.85,
            damage=0.35,
        )


def _port(poc: Poc) -> Iterator[Finding]:
    exposed = poc.seen("exposed")
    ports = of_app(poc, "port")
    listening = (
        {s.value or "5000" for s in ports} if poc.served_by.value == "Flask" else {s.value for s in ports}
    )
    listening.discard("")
    if exposed and listening and not listening & {s.value for s in exposed}:
        yield Finding(
            "PORT-MISMATCH",
            Severity.FIX,
            f"The container opens port {exposed[0].value}; the app listens on "
            f"{', '.join(sorted(listening))}.",
            Remedy("Make the two agree."),
            (exposed[0].at, *(s.at for s in ports[:1])),
            certainty=0.85,
            damage=0.45,
        )


def _at_import(poc: Poc) -> Iterator[Finding]:
    found = of_app(poc, "loads_at_import")
    if found:
        again = poc.served_by.value == "Streamlit"
        yield Finding(
            "IMPORT-WORK",
            Severity.NOTE,
            "The model is loaded at import" + (", and again at every click." if again else "."),
            Remedy("Load it once, in a cached function." if again else "Load it when the server starts."),
            tuple(s.at for s in found[:3]),
            damage=0.25,
        )


def _opened(poc: Poc) -> Iterator[Finding]:
    found = of_app(poc, "opens_at_import")
    if found:
        yield Finding(
            "IMPORT-WORK",
            Severity.NOTE,
            f"The database is opened at import ({found[0].value}): whoever imports the app, be it a test, "
            "opens it too.",
            Remedy("Open it when the server starts."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.25,
        )


def _imported(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("trains_at_import")
    if found:
        first = found[0]
        yield Finding(
            "IMPORT-WORK",
            Severity.NOTE,
            f"{first.detail} imports {first.value}, which {first.at.text} as soon as it is imported.",
            Remedy("Move the work into a function, and call it under `if __name__ == '__main__'`."),
            tuple(s.at for s in found[:3]),
            certainty=0.95,
            damage=0.35,
        )


def _misnamed(poc: Poc) -> Iterator[Finding]:
    for sighting in poc.seen("misnamed"):
        yield Finding(
            "DEPLOY-FILE",
            Severity.NOTE,
            f"{sighting.value} is ignored: the platform looks for {sighting.detail}.",
            Remedy(f"Rename it to {sighting.detail}."),
            (sighting.at,),
            damage=0.2,
        )


def _global(poc: Poc) -> Iterator[Finding]:
    found = of_app(poc, "global_state")
    if found:
        yield Finding(
            "GLOBAL-STATE",
            Severity.NOTE,
            f"The app keeps its model in the global scope: {found[0].value}.",
            Remedy("Hand it to the functions that use it."),
            tuple(s.at for s in found[:3]),
            certainty=0.8,
            damage=0.2,
        )


def _shared(poc: Poc) -> Iterator[Finding]:
    stores = {s.value for s in poc.seen("shared_store")}
    found = [s for s in of_app(poc, "shared_global") if s.value not in stores]
    if found:
        first = found[0]
        writer, reader = first.detail.split("|")
        yield Finding(
            "GLOBAL-STATE",
            Severity.FIX,
            f"{first.value} is one for all users: {writer} sets it from what one of them sent, and {reader} "
            "answers the next with it.",
            Remedy("Keep it for each user: in a session, or under an id that the request brings."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.6,
        )


def _unrecorded(poc: Poc) -> Iterator[Finding]:
    places = tuple(s.at for s in of_app(poc, "predicts")[:1])
    places = places or (poc.serve.evidence[:1] if poc.genai else ())
    forgets = of_app(poc, "forgets")
    if places and (forgets or not of_app(poc, "record")):
        yield Finding(
            "NO-PREDICTION-LOG",
            Severity.NOTE,
            "Questions and answers are not recorded." if poc.genai else "Predictions are not recorded.",
            Remedy("Keep each question and answer with an id and a time.") if poc.genai else GATEWAY,
            places,
            certainty=0.9,
            damage=0.4,
            common=True,
        )


def _origins(poc: Poc) -> Iterator[Finding]:
    found = of_app(poc, "cors")
    if found:
        yield Finding(
            "CORS",
            Severity.NOTE,
            "Every web site may call it from its visitors' browsers (CORS *).",
            Remedy("Name the sites that may."),
            tuple(s.at for s in found[:2]),
            certainty=0.95,
            damage=0.3,
        )
