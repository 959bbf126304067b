"""The release's own rows and answers as a profile, which what it is asked later is held against."""

from collections.abc import Mapping, Sequence

import numpy as np

from causeway.actions.personal import KEEP, OPEN, classes_in
from causeway.actions.stages.compile import Compiled, by_input, matrix_of
from causeway.actions.stages.contract import CONTRACT, Contracted
from causeway.actions.stages.evaluate import Evaluated
from causeway.actions.stages.kept_answers import HELD, KeptAnswers, read_held
from causeway.actions.stages.recover import Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.assess.parity import words_of
from causeway.core.answers import Answers
from causeway.core.errors import CausewayError
from causeway.core.features import Features, apply_columns
from causeway.core.features_read import number_of
from causeway.core.release import Field, Output
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.stats.profile import number_profile, text_profile
from causeway.stats.profile_form import TEXTS_COUNTED, ColumnProfile
from causeway.stats.release_profile import (
    HeldAnswers,
    ReleaseProfile,
    held_answers,
    shares,
    write_release_profile,
)

REFERENCE = "reference.profile"
SHUFFLED_ROWS = 1000
TRUTHS = {"true": 1.0, "false": 0.0}
SEED = 20_11
LEAST_ROWS_EACH = 5
"""With more values than are counted, and fewer rows to each than this, texts say who a row is about."""


def reference(
    site: Site,
    recovered: Recovered,
    *,
    contracted: Contracted,
    evaluated: Evaluated,
    compiled: Compiled,
    features: Features | None,
    outputs: Sequence[Output],
) -> bytes:
    """The profile's bytes; nothing in them depends on the time or the machine."""
    kept = read_held(site.work.artifacts.get(evaluated.files[HELD]))
    raw = kept.raw
    # what is encoded is sent as the model's own columns
    sent = kept_rows(site, recovered).matrix if recovered.encoded_input else raw
    columns, left_out = _inputs(recovered.fields, sent, private=_private(site, contracted))
    importance, how = _importance(site, recovered, compiled, features, kept=kept)
    held = _held(kept, outputs)
    return write_release_profile(
        ReleaseProfile(
            rows=len(raw),
            columns={**columns, **_outputs(held, outputs)},
            held=held,
            importance=importance,
            importance_how=how,
            left_out=left_out,
        )
    )


def _private(site: Site, contracted: Contracted) -> frozenset[str]:
    if site.manifest.serving.personal == KEEP:
        return frozenset()
    classes = classes_in(site.work.artifacts.get(contracted.files[CONTRACT]))
    return frozenset(name for name, word in classes.items() if word not in OPEN)


def _inputs(
    fields: Sequence[Field], raw: Table, *, private: frozenset[str]
) -> tuple[dict[str, ColumnProfile], dict[str, str]]:
    made: dict[str, ColumnProfile] = {}
    left_out: dict[str, str] = {}
    for field in fields:
        column = raw.columns.get(field.name)
        if column is None:
            left_out[field.name] = "the training data has no such column"
        elif field.name in private:
            left_out[field.name] = "the contract calls it personal"
        elif (profile := _profile(column, field)) is None:
            left_out[field.name] = "nearly every row has a text of its own"
        else:
            made[f"in_{field.name}"] = profile
    return made, left_out


def _profile(column: Column, field: Field) -> ColumnProfile | None:
    texts = words_of(column) if isinstance(column, Number) else column.values
    if field.kind != "text":
        numbers = column.values if isinstance(column, Number) else _numbers(texts, field)
        return number_profile(numbers, shift=field.minimum or 0.0)
    codes, names = _coded(texts)
    if len(names) > TEXTS_COUNTED and len(texts) < LEAST_ROWS_EACH * len(names):
        return None
    return text_profile(codes, names)


def _numbers(texts: Sequence[str | None], field: Field) -> Numbers:
    """The values that callers send where the data has texts."""
    if field.kind == "boolean":
        return np.array([TRUTHS.get((text or "").strip().lower(), np.nan) for text in texts])
    return np.array([np.nan if text is None else number_of(text) for text in texts])


def _coded(texts: Sequence[str | None]) -> tuple[np.ndarray, list[str]]:
    names = sorted({text for text in texts if text is not None})
    places = {name: place for place, name in enumerate(names)}
    return np.array([-1 if text is None else places[text] for text in texts], np.int64), names


def _held(kept: KeptAnswers, outputs: Sequence[Output]) -> HeldAnswers:
    """The held-out answers, with the classes in the words in which the release answers."""
    named = next((each.classes for each in outputs if len(each.classes) == len(kept.classes)), kept.classes)
    return held_answers(
        kept.column("truth"), kept.column("answer"), kept.column("chance"), classes=named, one=kept.one
    )


def _outputs(held: HeldAnswers, outputs: Sequence[Output]) -> dict[str, ColumnProfile]:
    kept = held.kept
    made: dict[str, ColumnProfile] = {}
    for each in outputs:
        if each.kind == "value":
            made[f"out_{each.name}"] = number_profile(kept.answer)
        elif each.kind == "label":
            made[f"out_{each.name}"] = text_profile(kept.answer.astype(np.int64), held.classes)
        elif each.kind == "probability" and len(kept.chance):
            made[f"out_{each.name}"] = number_profile(kept.chance)
        elif each.kind == "act" and len(kept.chance):
            made[f"out_{each.name}"] = number_profile((kept.chance >= each.threshold).astype(np.float64))
    return made


def _importance(
    site: Site, recovered: Recovered, compiled: Compiled, features: Features | None, *, kept: KeptAnswers
) -> tuple[dict[str, float], str]:
    """How much of the answers hangs on each field, and how that was found out, or why not."""
    if compiled.converted.form not in ("matrix", "columns") or recovered.function:
        return {}, "not measured: the model answers in a process of its own"
    if recovered.encoded_input:
        return {}, "not measured: the input is encoded"
    at = kept.column("at").astype(np.int64)
    chosen = at[np.linspace(0, len(at) - 1, min(SHUFFLED_ROWS, len(at))).astype(np.int64)]
    rows = kept.raw.take(chosen)
    if any(field.name not in rows.columns for field in recovered.fields):
        return {}, "not measured: the training data lacks a field"
    table = Table({field.name: rows.columns[field.name] for field in recovered.fields})
    asked = _Asked(site, compiled, features, recovered)
    try:
        usual = asked(table)
        generator = np.random.default_rng(SEED)
        moved = {
            name: _apart(usual, asked(_shuffled(table, name, generator.permutation(len(chosen)))))
            for name in table.columns
        }
    except CausewayError as error:
        return {}, f"not measured: {error.message}"
    return shares(moved), f"each column shuffled among {len(chosen):,} held-out rows"


def _shuffled(table: Table, name: str, order: np.ndarray) -> Table:
    return Table({**table.columns, name: table.take(order).columns[name]})


class _Asked:
    """What the release's own model answers to raw rows."""

    def __init__(
        self, site: Site, compiled: Compiled, features: Features | None, recovered: Recovered
    ) -> None:
        self._features, self._compiled = features, compiled
        self._classes = compiled.classes
        self._ask = site.workshop.onnx_answers
        self._file = site.scratch / "reference" / compiled.converted.file
        site.work.artifacts.fetch(compiled.files[compiled.converted.file], self._file)
        self._names = tuple(recovered.columns)

    def __call__(self, rows: Table) -> Numbers:
        """The answers as numbers, a column each; NaN where the row is refused."""
        fed, refused = rows, np.zeros(len(rows), bool)
        if self._features:
            columns, defined = apply_columns(self._features, rows)
            fed, refused = Table(columns), ~defined.all(axis=1)
        matrix = self._compiled.converted.form == "matrix"
        inputs: Numbers | Mapping[str, Column] = (
            matrix_of(fed) if matrix else by_input(fed, self._compiled.converted)
        )
        numbers = _as_numbers(self._ask(self._file, inputs, classes=self._classes), self._classes)
        numbers[refused] = np.nan
        return numbers


def _as_numbers(answers: Answers, classes: tuple[str, ...]) -> Numbers:
    if answers.probabilities is not None:
        return answers.probabilities.copy()
    if isinstance(answers.labels, Text):
        labels = np.array(answers.labels.values, object)
        return np.column_stack([labels == name for name in classes]).astype(np.float64)
    return answers.labels.values.reshape(-1, 1).copy()


def _apart(usual: Numbers, moved: Numbers) -> float:
    """The mean distance, where both are answers."""
    away = np.abs(usual - moved).sum(axis=1)
    known = away[np.isfinite(away)]
    return float(known.mean()) if len(known) else 0.0
