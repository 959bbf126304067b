"""Puts stored rows to the proof of concept's own app, and holds its answers beside the release's."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import structs

from causeway.actions.stages.environment import EnvironmentMade, for_app
from causeway.actions.stages.recover import KeptRows, Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.adapters import registry
from causeway.assess.app_replay import AppReplay, Example
from causeway.assess.parity import words_of
from causeway.core.environment import Environment
from causeway.core.errors import CausewayError
from causeway.core.poc import Poc
from causeway.core.table import Table, Text
from causeway.core.trial import Bench, Matched, Served, StoredRows

REPLAY = "replay"
TRAINED_COPY = "poc"
"""The folder as the training left it, with the models that it saved."""
DRIVEN = ("Streamlit", "Flask", "FastAPI", "Starlette", "Gradio")
MOST_ROWS = 400
REPLAY_SECONDS = 40.0
MOST_CATEGORIES = 500
MOST_DATA = 8
EXAMPLES = 3
SHOWN_CELLS = 3
ALIKE = 1e-3
"""Numbers that are answered count as the same within this share of them, as the app may round."""


class Replayed(Made, frozen=True, kw_only=True):
    """How the app's answers compare with the release's."""

    replay: AppReplay


def app_of(site: Site, poc: Poc) -> str:
    """The Python file that serves the model; empty where there is none."""
    app = site.manifest.model.serve or poc.serve.value
    return app if app.endswith(".py") and (site.folder / app).is_file() else ""


def replay_app(
    site: Site, environment: EnvironmentMade, trace: Path, recovered: Recovered, *, poc: Poc, source: Table
) -> Replayed:
    """The app's answers to stored rows beside the release's; never a reason for the run to fail."""
    app, framework = app_of(site, poc), poc.served_by.value
    if framework not in DRIVEN:
        why = f"apps made with {framework} are not driven" if framework else "what serves it is not known"
        return _told(AppReplay(app, reason=why))
    site.watcher.said(f"putting stored rows to {app}")
    rows = kept_rows(site, recovered)
    chosen = np.unique(
        np.linspace(0, len(rows.positions) - 1, min(MOST_ROWS, len(rows.positions))).astype(np.int64)
    )
    stored = _stored(recovered, rows, source, chosen)
    try:
        drive = _Drive(site, for_app(site, environment.environment, app, poc=poc), trace, poc, app)
        served, anew = drive(trace / TRAINED_COPY, rows=stored), ""
        if not served.places:
            as_it_came = drive(site.folder, rows=stored)
            if as_it_came.places:
                served, anew = as_it_came, served.error or served.serving.reason
        made = _compared(
            site, environment, trace, recovered, served=served, source=source, asked_of=len(chosen)
        )
        return _told(structs.replace(made, anew=anew))
    except (CausewayError, OSError) as error:
        return _told(AppReplay(app, reason=str(getattr(error, "message", "") or error)))


def _told(replay: AppReplay) -> Replayed:
    return Replayed(fact=str(replay), replay=replay)


def _stored(recovered: Recovered, rows: KeptRows, source: Table, chosen: np.ndarray) -> StoredRows:
    positions = rows.positions[chosen]
    return StoredRows(
        source.take(positions),
        rows.matrix.take(chosen),
        positions=tuple(int(position) for position in positions),
        values=_categories(source),
        captured=recovered.model,
        labels=tuple(" and ".join(each.of[:3]) or each.column for each in recovered.made),
    )


def _categories(table: Table) -> dict[str, list[str]]:
    """The values of each column of text that has few."""
    found = {
        name: {value for value in column.values if value is not None}
        for name, column in table.columns.items()
        if isinstance(column, Text)
    }
    return {name: sorted(values) for name, values in found.items() if len(values) <= MOST_CATEGORIES}


@dataclass(frozen=True)
class _Drive:
    """The app in a cage, on a copy of a folder."""

    site: Site
    made: Environment
    trace: Path
    poc: Poc
    app: str

    def __call__(self, folder: Path, *, rows: StoredRows) -> Served:
        here = self.site.scratch / REPLAY
        work = here / "work"
        homes = [Path(self.made.folder), Path(self.made.python).absolute().parent.parent]
        cage = registry.cage(here / "cage", write=work, read=[*homes, self.trace])
        with registry.confined(cage), tempfile.TemporaryDirectory(dir=work) as place:
            fresh = Path(place) / "fresh"
            registry.copy_folder(folder, fresh)
            _beside(self.trace, Path(place) / "trace")
            bench = Bench(
                self.made,
                root=str(fresh),
                trace=str(Path(place) / "trace"),
                data=tuple(file for file in self.poc.data if file.columns)[:MOST_DATA],
                features=self.poc.features,
                target=self.site.data.target or self.poc.target.value,
            )
            return self.site.workshop.replay(
                bench, self.app, self.poc.served_by.value, rows=rows, most=MOST_ROWS, seconds=REPLAY_SECONDS
            )


def _beside(trace: Path, place: Path) -> None:
    """The trace by links, since the runner writes beside what it reads."""
    place.mkdir(parents=True, exist_ok=True)
    for entry in trace.resolve().iterdir():
        if entry.name != TRAINED_COPY:
            (place / entry.name).symlink_to(entry)


def _compared(
    site: Site,
    environment: EnvironmentMade,
    trace: Path,
    recovered: Recovered,
    *,
    served: Served,
    source: Table,
    asked_of: int,
) -> AppReplay:
    """The app's answers beside those that the release was proven to give."""
    serving = served.serving
    if serving.reason or not served.places:
        return AppReplay(
            serving.path, reason=served.error or serving.reason or "it answered about no stored row"
        )
    rows = kept_rows(site, recovered)
    place = {int(position): row for row, position in enumerate(rows.positions)}
    asked = np.array([place[position] for position in served.places], np.int64)
    answers = site.workshop.reference_predictions(
        environment.environment, trace, recovered.model, rows.matrix.take(asked)
    )
    names = _names(recovered)
    ours = [names.get(word, word) for word in served.answers]
    theirs = [names.get(word or "", word or "") for word in words_of(answers.labels)]
    same = [
        _alike(one, other, number=not recovered.target.classes)
        for one, other in zip(ours, theirs, strict=True)
    ]
    wrong = [at for at, agrees in enumerate(same) if not agrees]
    return AppReplay(
        serving.path,
        rows=len(same),
        agree=sum(same),
        without_answer=asked_of - len(same),
        apart=serving.apart if wrong else (),
        examples=tuple(
            Example(served.places[at] + 1, _cells(source, served, at), ours[at], _rounded(theirs[at]))
            for at in wrong[:EXAMPLES]
        ),
    )


def _names(recovered: Recovered) -> dict[str, str]:
    """The raw data's word for each class, where it is one word."""
    words: dict[str, list[str]] = {}
    for word, name in recovered.target.labels.items():
        words.setdefault(name, []).append(word)
    return {name: found[0] for name, found in words.items() if len(found) == 1}


def _alike(one: str, other: str, *, number: bool) -> bool:
    if one == other or not number:
        return one == other
    try:
        left, right = float(one), float(other)
    except ValueError:
        return False
    return abs(left - right) <= ALIKE * max(abs(right), ALIKE)


def _rounded(word: str) -> str:
    try:
        return f"{float(word):g}"
    except ValueError:
        return word


def _cells(source: Table, served: Served, at: int) -> dict[str, str]:
    """A few raw cells of the row: those behind a column that differs first."""
    matched: Sequence[Matched] = served.serving.matched
    differing = [name for one in served.serving.apart for name in one.column.split(" and ")]
    names = dict.fromkeys([*differing, *(each.column for each in matched)])
    row = source.take(np.array([served.places[at]], np.int64))
    cells = {name: words_of(row.columns[name])[0] for name in names if name in row.columns}
    return {name: cell or "nothing" for name, cell in list(cells.items())[:SHOWN_CELLS]}
