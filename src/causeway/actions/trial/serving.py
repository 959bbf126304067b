"""Starts the app of a trial, and replays stored rows through it."""

from dataclasses import dataclass

import numpy as np
from msgspec import structs

from causeway.actions.trial.entries import Ran, failed
from causeway.actions.trial.run import TrialRun
from causeway.actions.trial.saved import Mended
from causeway.adapters import registry
from causeway.core.environment import Environment
from causeway.core.errors import CausewayError
from causeway.core.features import columns_read
from causeway.core.table import Table, Text
from causeway.core.trace import TraceError
from causeway.core.trial import Entry, Served, Serving, StoredRows
from causeway.recover import LoadedTrace, Recovery, recover

REPLAY_SECONDS = 150.0
DRIVEN = ("Streamlit", "Flask", "FastAPI", "Starlette", "Gradio")
MOST_CATEGORIES = 500


@dataclass(frozen=True, slots=True)
class ServedApp:
    """How the app started, and how its answers compare."""

    entry: Entry | None
    servings: tuple[Serving, ...]


def served(run: TrialRun, ran: Ran | None, app: str, *, mended: Mended | None) -> ServedApp:
    """The app's own answers to stored rows, beside the training's; with mended packages where it fails."""
    if not app:
        return ServedApp(None, ())
    framework = run.poc.served_by.value
    if framework not in DRIVEN:
        why = f"apps made with {framework} are not driven" if framework else "what serves it is not known"
        return ServedApp(None, (Serving(app, framework, reason=why),))
    run.asked.say(f"replaying stored rows through {app}")
    out = _replayed(run, ran, app, environment=run.environment)
    entry = _entry(run, app, out)
    if mended and not out.serving.rows:
        run.asked.say(f"replaying stored rows through {app} with {mended.pin}")
        second = _replayed(run, ran, app, environment=mended.environment)
        if second.serving.rows and not second.serving.reason:
            entry = structs.replace(entry, remedy=f"pin {mended.pin}, with which it answers (tried)")
            return ServedApp(entry, (structs.replace(second.serving, pinned=mended.pin),))
    return ServedApp(entry, (out.serving,))


def _replayed(run: TrialRun, ran: Ran | None, app: str, *, environment: Environment) -> Served:
    return registry.replay(
        run.bench(environment),
        app,
        run.poc.served_by.value,
        rows=stored_rows(run, ran),
        most=run.asked.rows,
        seconds=min(REPLAY_SECONDS, 60 * run.asked.minutes),
    )


def _entry(run: TrialRun, app: str, out: Served) -> Entry:
    """Whether the app started."""
    if not (out.serving.reason and out.error) or out.serving.rows:
        return Entry("serve", app, ended=True)
    error = TraceError(out.where or app, out.error)
    return failed(run, Entry("serve", app, ended=False), error, more=0)


def stored_rows(run: TrialRun, ran: Ran | None) -> StoredRows | None:
    """Rows that the training kept, spread evenly, with what it made of them; None where there are none."""
    if ran is None or ran.trace is None or not ran.trace.captured:
        return None
    try:
        loaded = registry.load_trace(ran.folder)
        recovery = recover(loaded, target=run.target or None)
    except CausewayError:
        return None
    return _spread(run, loaded, recovery)


def _spread(run: TrialRun, loaded: LoadedTrace, recovery: Recovery) -> StoredRows:
    kept = len(recovery.positions)
    chosen = np.unique(np.linspace(0, kept - 1, min(run.asked.rows, kept)).astype(np.int64))
    positions = recovery.positions[chosen]
    source = loaded.tables[recovery.source]
    return StoredRows(
        source.take(positions),
        recovery.matrix.take(chosen),
        positions=tuple(int(position) for position in positions),
        values=_categories(source),
        captured=recovery.model,
        labels=tuple(
            " and ".join(columns_read(rule)[:3]) if rule and columns_read(rule) else name
            for name, rule in zip(recovery.columns, recovery.rules, strict=True)
        ),
    )


def _categories(table: Table) -> dict[str, list[str]]:
    """The values of each column of text that has few."""
    found = {
        name: {value for value in column.values if value is not None}
        for name, column in table.columns.items()
        if isinstance(column, Text)
    }
    return {name: sorted(values) for name, values in found.items() if len(values) <= MOST_CATEGORIES}
