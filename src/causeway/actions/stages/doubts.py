"""What the rows themselves say against a model: columns that tell the target, answers on another scale."""

import numpy as np

from causeway.actions.stages.recover import Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.assess.answer_scale import Scale, scale_of
from causeway.assess.copies import copies_of
from causeway.assess.parity import words_of
from causeway.assess.target_leak import Telltale, telltales
from causeway.core.table import Column, Number, Numbers, Table


def telling_columns(site: Site, recovered: Recovered, source: Table) -> tuple[Telltale, ...]:
    """The raw columns that the release takes and that alone tell the target; none for encoded input."""
    rows = kept_rows(site, recovered)
    if recovered.encoded_input or rows.y is None:
        return ()
    raw = source.take(rows.positions)
    taken = {field.name: raw.columns[field.name] for field in recovered.fields}
    classes = recovered.task != "regression"
    truth = _numbers(rows.y, classes=classes)
    return telltales(Table(taken), truth, classes=classes, copies=copies_of(rows.matrix))


def answer_scale(recovered: Recovered) -> Scale | None:
    """How the answers differ from the target's column; None where they do not, or are classes."""
    if recovered.task != "regression":
        return None
    return scale_of(recovered.target.column, recovered.target.rule)


def _numbers(target: Column, *, classes: bool) -> Numbers:
    if isinstance(target, Number):
        return target.values
    words = words_of(target)
    if not classes:
        return np.array([np.nan if word is None else float(word) for word in words])
    places = {word: float(place) for place, word in enumerate(sorted({w for w in words if w is not None}))}
    return np.array([np.nan if word is None else places[word] for word in words])
