"""Whether a folder holds several proofs of concept: sub-folders that train for themselves."""

import re
from collections.abc import Iterator

from msgspec import Struct

from causeway.core.poc import Poc

# parts of one project, whatever they hold
PARTS = frozenset(
    """
    api app apps archive artifacts assets backend backup bin build client cloud code common components conf
    config configs core dags dashboard dashboards data database dataset datasets db deploy deployment dev doc
    docker docs eda etl evaluation example examples experiment experiments exploration feature features
    frontend function functions gui inference infra infrastructure ipynb jupyter kubernetes lambda lib libs
    main ml mlflow mlops mlruns model modeling modelling models monitoring nb nbs notebook notebooks old ops
    output outputs package packages pages pipeline pipelines prediction predictions preprocessing prod
    production project python reports requirements research results sample samples scripts server service
    services serving shared source sources sql src staging static step steps streamlit support template
    templates terraform test testing tests tool tools train training trainings ui util utils utilities
    validation venv web webapp website
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


class Proof(Struct, frozen=True):
    """A sub-folder that is a proof of concept of its own; `weight` is how much of one it is."""

    path: str
    weight: int


def several(poc: Poc) -> tuple[Proof, ...]:
    """The proofs of concept in sub-folders, the weightiest first; none where the folder is one itself."""
    found = _below(poc, "")
    return tuple(sorted(found, key=lambda proof: (-proof.weight, proof.path))) if len(found) > 1 else ()


def _below(poc: Poc, above: str) -> list[Proof]:
    """The proofs under `above`; where all work lies in one folder, those under that one."""
    active = {path.removeprefix(above) for path in _active(poc) if path.startswith(above)}
    folders = {path.partition("/")[0] for path in active if "/" in path}
    if not active or any("/" not in path for path in active):
        return []
    if len(folders) == 1:
        return _below(poc, f"{above}{folders.pop()}/")
    own = [f"{above}{name}/" for name in sorted(folders) if not _is_part(name)]
    own = [folder for folder in own if _supplied(poc, folder)]
    # copies of one attempt on the same columns are rivals, not proofs of concept of their own
    questions: dict[object, str] = {}
    for folder in own:
        questions.setdefault(_question(poc, folder) or folder, folder)
    return [Proof(folder.rstrip("/"), _weight(poc, folder)) for folder in questions.values()]


def _is_part(name: str) -> bool:
    words = re.findall(r"[a-z]+", name.lower())
    return not words or all(word in PARTS for word in words)


def _active(poc: Poc) -> Iterator[str]:
    """Every file that trains, or calls a generative model."""
    yield from (training.path for training in poc.trainings)
    for guess in (*poc.genai.providers, *poc.genai.models):
        yield from (place.path for place in guess.evidence if place.path)


def _supplied(poc: Poc, folder: str) -> bool:
    """Whether the folder brings its own data, or its own requirements."""
    files = (*poc.data, *poc.requirement_files)
    return any(file.path.startswith(folder) for file in files)


def _question(poc: Poc, folder: str) -> object:
    """What its trainings ask of which columns; None where that is not known."""
    columns = {file.path: file.names for file in poc.data}
    asked = {
        (training.target, columns.get(training.data, ()))
        for training in poc.trainings
        if training.path.startswith(folder) and training.target and columns.get(training.data)
    }
    return frozenset(asked) or None


def _weight(poc: Poc, folder: str) -> int:
    """A served one counts most, then data, then code."""
    served = any(source.role == "serve" and source.path.startswith(folder) for source in poc.sources)
    data = sum(file.records or 0 for file in poc.data if file.path.startswith(folder))
    lines = sum(source.lines for source in poc.sources if source.path.startswith(folder))
    return 1_000_000 * served + min(data, 100_000) + min(lines, 10_000)
