"""What an answer of a model may do: run, change things, give orders to the next, reach the wrong person."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc, Sighting

RUNS = {"code": "runs as code", "shell": "runs in the shell", "pickle": "is unpickled"}
GRAVE = frozenset({"shell", "code", "SQL", "email", "files", "http", "database"})


def judge(poc: Poc) -> Iterator[Finding]:
    """Answers that are run, rendered or sent to a database; tools without approval; orders in documents."""
    yield from _run(poc)
    yield from _queried(poc)
    yield from _rendered(poc)
    yield from _unapproved(poc)
    yield from _injection(poc)
    yield from _options(poc)


def _of(poc: Poc, *how: str) -> list[Sighting]:
    return [sighting for sighting in poc.seen("model_output_run") if sighting.value in how]


def _run(poc: Poc) -> Iterator[Finding]:
    found = _of(poc, *RUNS)
    if found:
        yield Finding(
            "GENAI-EXECUTES",
            Severity.BLOCKER,
            f"What the model writes {RUNS[found[0].value]}, with the rights of this program: whoever "
            "can put words "
            "into the prompt runs code here.",
            Remedy(
                "Run it in a container or a hosted sandbox without network, secrets or write access, "
                "with a time "
                "limit; or let the model choose among a few functions instead."
            ),
            tuple(s.at for s in found[:4]),
            certainty=0.9,
            damage=0.95,
            blocks_ship=True,
        )


def _queried(poc: Poc) -> Iterator[Finding]:
    found = _of(poc, "SQL")
    if found:
        yield Finding(
            "GENAI-SQL",
            Severity.BLOCKER,
            "SQL that the model writes goes to the database as it is: a question can become a DELETE "
            "or read what the "
            "user may not see.",
            Remedy(
                "Connect with a role that may only read the tables meant, allow one SELECT, add a "
                "LIMIT and a time limit."
            ),
            tuple(s.at for s in found[:4]),
            certainty=0.85,
            damage=0.85,
        )


def _rendered(poc: Poc) -> Iterator[Finding]:
    found = _of(poc, "HTML")
    if found:
        yield Finding(
            "GENAI-HTML",
            Severity.FIX,
            "An answer is shown as HTML without escaping: a document or user can plant a script in it.",
            Remedy("Show it as text or Markdown with HTML switched off."),
            tuple(s.at for s in found[:3]),
            certainty=0.85,
            damage=0.55,
        )


def _unapproved(poc: Poc) -> Iterator[Finding]:
    acting = [tool for tool in poc.genai.tools if GRAVE & set(tool.acts)]
    if not acting or not poc.genai.agents or poc.seen("approval"):
        return
    told = ", ".join(f"{tool.name} ({' and '.join(tool.acts)})" for tool in acting[:3])
    strong = any({"shell", "code", "SQL", "email"} & set(tool.acts) for tool in acting)
    yield Finding(
        "GENAI-APPROVAL",
        Severity.FIX,
        f"The model acts without anybody's consent: {told}.",
        Remedy("Show what it is about to do and wait for a yes, at least where it writes, sends or pays."),
        tuple(tool.at for tool in acting[:4]),
        certainty=0.8,
        damage=0.75 if strong else 0.6,
    )


def _injection(poc: Poc) -> Iterator[Finding]:
    acting = [tool for tool in poc.genai.tools if GRAVE & set(tool.acts)]
    foreign = [
        s for s in poc.seen("asked") if {"document", "web", "file", "retriever"} & set(s.value.split())
    ]
    mixed = sorted(poc.seen("mixed_prompt"), key=lambda sighting: sighting.value == "apart")
    if acting and foreign:
        yield Finding(
            "GENAI-INJECTION",
            Severity.BLOCKER,
            f"Documents or web pages reach a model that may act through {acting[0].name}: a sentence "
            "in them can give "
            "it orders.",
            Remedy(
                "Let no model that reads strangers' text call such tools, or ask a person before "
                "each; mark the text "
                "as quotation."
            ),
            (*(s.at for s in foreign[:2]), acting[0].at),
            certainty=0.75,
            damage=0.85,
        )
    elif mixed:
        yield Finding(
            "GENAI-INJECTION",
            Severity.FIX,
            _mixed(mixed[0]),
            Remedy(
                "Put instructions into the system message, and mark others' text as quotation."
                if mixed[0].value != "apart"
                else "Mark each of them as quotation (say by tags), and say so in the instructions."
            ),
            tuple(s.at for s in mixed if s.value == mixed[0].value)[:2],
            certainty=0.85,
            damage=0.6,
        )


def _mixed(sighting: Sighting) -> str:
    if sighting.value == "apart":
        named = _named(sighting.detail)
        together = "stand" if len(named) == 1 else "share one message and are"
        others = " beside the question and is" if len(named) == 1 else ""
        return (
            f"{words.listed([named[0].capitalize(), *named[1:]])} {together}{others} not marked off: "
            f"{_who(sighting.detail)} can give orders."
        )
    shared = words.listed(["Instructions", *_named(sighting.detail)])
    return f"{shared} share one message: {_who(sighting.detail)} can give orders."


def _named(labels: str) -> list[str]:
    names = {
        "document": "documents",
        "retriever": "documents",
        "file": "uploaded files",
        "web": "web pages",
        "user": "the user's words",
        "operator": "the user's words",
        "talk": "what is remembered of the user",
    }
    return list(dict.fromkeys(names[label] for label in labels.split()))


def _who(labels: str) -> str:
    if {"document", "retriever"} & set(labels.split()):
        return "a document"
    return "a file" if "file" in labels else "a web page" if "web" in labels else "a user"


def _options(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("dangerous_option")
    loads = [s for s in found if s.value == "allow_dangerous_deserialization"]
    remote = [s for s in found if s.value == "trust_remote_code"]
    if loads:
        yield Finding(
            "GENAI-UNSAFE-LOAD",
            Severity.FIX,
            "The vector store is loaded as a pickle (allow_dangerous_deserialization=True): whoever "
            "can change the file "
            "runs code.",
            Remedy(
                "Build the index from the documents when it starts, or keep it in a store that is "
                "not a pickle."
            ),
            tuple(s.at for s in loads[:3]),
            damage=0.55,
        )
    if remote:
        yield Finding(
            "GENAI-REMOTE-CODE",
            Severity.FIX,
            "Code from a model hub runs here (trust_remote_code=True), and may change tomorrow.",
            Remedy("Read it, and pin it with revision= to that commit; or take a model that needs none."),
            tuple(s.at for s in remote[:3]),
            damage=0.6,
        )
