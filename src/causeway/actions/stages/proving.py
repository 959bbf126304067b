"""What a release is asked before it is one, and how its answers differ from the proof of concept's own."""

from pathlib import Path

from msgspec import Struct, structs

from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.function import made_by_function
from causeway.actions.stages.recover import FEATURES, Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.assess.edges import edge_rows
from causeway.assess.parity import Differences, at_edges, compare, differences, words_of
from causeway.core.answers import Answers, Tried
from causeway.core.features import apply_columns, read_features
from causeway.core.release import Parity
from causeway.core.table import Table

NAMED_ROWS = 3


class Questions(Struct, frozen=True):
    """The stored rows with the proof of concept's answers, and made-up rows at the edges with those.

    `raw` are the model's columns made anew from the raw rows at `positions` of the source.
    """

    raw: Table
    positions: tuple[int, ...]
    reference: Answers
    edges: Table
    edge_reference: Tried
    source: str


class Proof(Struct, frozen=True):
    """How alike the answers are, and in words where they are not."""

    parity: Parity
    shortfall: str


def questions(
    site: Site, environment: EnvironmentMade, trace: Path, recovered: Recovered, *, source: Table
) -> Questions:
    """Everything that a converted model, or a process with the model, has to answer alike."""
    rows = kept_rows(site, recovered)
    ask, model = site.workshop, recovered.model
    edges = edge_rows(rows.matrix)
    tried = ask.tried_predictions(environment.environment, trace, model, edges)
    return Questions(
        raw=_from_raw_rows(site, recovered, source.take(rows.positions)) or rows.matrix,
        positions=tuple(rows.positions.tolist()),
        reference=ask.reference_predictions(environment.environment, trace, model, rows.matrix),
        edges=edges.take(tried.rows),
        edge_reference=tried,
        source=recovered.source_path,
    )


def proof(site: Site, recovered: Recovered, asked: Questions, *, ours: Answers, edges: Answers) -> Proof:
    """The answers beside the proof of concept's, row by row."""
    tolerance = site.manifest.serving.reference_tolerance
    parity = compare(asked.reference, ours, tolerance=tolerance)
    stored = differences(asked.reference, ours, tolerance=tolerance)
    at_edge = differences(asked.edge_reference.answers, edges, tolerance=tolerance, allowed=parity.tolerance)
    parity = structs.replace(
        at_edges(parity, at_edge, refused=asked.edge_reference.refused),
        matrix_columns=len(recovered.columns),
        matrix_columns_equal=recovered.columns_equal,
        rows_in_source=recovered.rows_in_source,
    )
    said = _stored_shortfall(asked, ours, stored, parity) or _edge_shortfall(asked, edges, at_edge, parity)
    return Proof(parity, said)


def _from_raw_rows(site: Site, recovered: Recovered, rows: Table) -> Table | None:
    """The model's columns made anew from raw rows by the rules or the function that will be shipped."""
    if recovered.function:
        return made_by_function(site, recovered)
    if FEATURES not in recovered.files:
        return None
    features = read_features(site.work.artifacts.get(recovered.files[FEATURES]))
    columns, _ = apply_columns(features, rows)
    return Table(columns)


def _stored_shortfall(asked: Questions, ours: Answers, found: Differences, parity: Parity) -> str:
    worst = found.worst[:NAMED_ROWS].tolist()
    if not worst:
        return ""
    named = ", ".join(str(asked.positions[row] + 1) for row in worst)
    more = " and more" if len(found.worst) > len(worst) else ""
    return (
        f"{parity.rows_equal:,} of {parity.rows:,} rows agree within {parity.tolerance:.2g}, not row {named}"
        f"{more} of {asked.source}; the largest difference is {parity.largest_difference:.2g}, "
        f"{parity.label_flips:,} labels differ; row {asked.positions[worst[0]] + 1} is answered "
        f"{_answer(ours, worst[0])}, by the proof of concept's own model {_answer(asked.reference, worst[0])}"
    )


def _edge_shortfall(asked: Questions, edges: Answers, found: Differences, parity: Parity) -> str:
    worst = found.worst[:1].tolist()
    if not worst:
        return ""
    reference = asked.edge_reference.answers
    return (
        f"all stored rows agree, but {parity.edge_rows - parity.edge_rows_equal} of {parity.edge_rows} "
        f"made-up ones do not: with {_edge(asked.edges, worst[0])}, the answer is "
        f"{_answer(edges, worst[0])}, by the proof of concept's own model {_answer(reference, worst[0])}"
    )


def _answer(answers: Answers, row: int) -> str:
    label = words_of(answers.labels)[row]
    if answers.probabilities is None:
        return str(label)
    return f"{label} ({max(answers.probabilities[row]):.4g})"


def _edge(edges: Table, row: int) -> str:
    """What is unusual about a made-up row: the cell that few others share."""
    cells = {name: words_of(column) for name, column in edges.columns.items()}
    name = min(cells, key=lambda one: cells[one].count(cells[one][row]))
    held = cells[name][row]
    return f"nothing in {name}" if held is None else f"{held[:40]!r} in {name}"
