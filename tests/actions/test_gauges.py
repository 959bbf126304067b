"""What the manifest asks of a model is measured on the rows that it names, and on no others."""

from decimal import Decimal

import numpy as np
import pytest

from causeway.actions.stages.gauges import gauged, groups_of
from causeway.actions.stages.held import held_out, score_held
from causeway.core.answers import HonestAnswers
from causeway.core.errors import Refused
from causeway.core.manifest import DecisionPart, EvaluationPart, Manifest, ProductPart, SlicePart
from causeway.core.table import Number, Table, Text

PRODUCT = ProductPart("churn")


def answers(rows=600, *, seed=2):
    """Held-out answers that are good for `old` customers and worthless for `new` ones, and the raw rows."""
    rng = np.random.default_rng(seed)
    new = rng.random(rows) < 0.3
    truth = rng.random(rows) < 0.4
    good = np.where(truth, rng.beta(4, 2, rows), rng.beta(2, 4, rows))
    chance = np.where(new, rng.random(rows), good)
    labels = Text(["yes" if value >= 0.5 else "no" for value in chance])
    honest = HonestAnswers(
        labels, np.column_stack([1 - chance, chance]), ("no", "yes"), np.arange(rows) % 5.0, "as told", 0.0
    )
    raw = Table(
        {
            "sort": Text(["new" if each else "old" for each in new]),
            "months": Number(np.where(new, 1.0, 30.0) + rng.integers(0, 5, rows)),
            "sex": Text(list(rng.choice(["f", "m"], rows))),
        }
    )
    y = Text(["yes" if each else "no" for each in truth])
    return held_out(honest, y, positive="yes"), raw


def seen(**parts):
    held, raw = answers()
    return gauged(score_held(held), held, raw, Manifest(PRODUCT, **parts))


def test_a_slice_is_measured_on_its_rows_alone():
    _, raw = answers()
    is_new = groups_of(raw.columns["sort"])["new"]
    found = seen(slices=(SlicePart("novices", "sort", ("new",), floor=0.7),)).slices[0]
    assert (found.name, found.rows, found.floor) == ("novices", int(is_new.sum()), 0.7)
    assert 0.4 < found.value < 0.6
    by_bounds = seen(slices=(SlicePart("novices", "months", maximum=10),)).slices[0]
    assert (by_bounds.rows, by_bounds.value) == (found.rows, found.value)


def test_a_column_without_values_or_bounds_makes_a_slice_of_each_value():
    found = seen(slices=(SlicePart("sort", "sort"),)).slices
    assert [each.name for each in found] == ["sort: new", "sort: old"]
    assert found[0].value < found[1].value


def test_a_part_of_too_few_rows_has_no_value():
    found = seen(slices=(SlicePart("nobody", "sort", ("gone",), floor=0.5),)).slices[0]
    assert (found.rows, found.value) == (0, None)


def test_numbers_of_many_values_are_cut_into_quarters():
    values = np.arange(100.0)
    groups = groups_of(Number(values))
    assert len(groups) == 4
    assert sum(mask.sum() for mask in groups.values()) == 100


def test_decisions_are_worth_what_the_manifest_says():
    part = DecisionPart(Decimal(10), Decimal(-4), currency="EUR")
    found = seen(decision=part).decision
    assert (found.currency, found.rows) == ("EUR", 600)
    assert found.value > found.without
    assert seen().decision is None


def test_groups_fare_alike_where_nothing_tells_them_apart():
    found = seen(evaluation=EvaluationPart(fairness=("sex",))).fairness[0]
    assert {group.name for group in found.groups} == {"f", "m"}
    assert found.low < 1 < found.high or found.ratio > 0.8


def test_probabilities_are_held_against_what_came():
    found = seen(evaluation=EvaluationPart(calibration_error=0.02))
    assert found.calibration.is_off
    assert found.calibration_ceiling == 0.02


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"slices": (SlicePart("s", "sorts"),)}, "names a column sorts"),
        ({"slices": (SlicePart("s", "sort", minimum=1.0),)}, "needs a column of numbers"),
        ({"evaluation": EvaluationPart(fairness=("gender",))}, "names a column gender"),
        ({"decision": DecisionPart(Decimal(0), Decimal(-1))}, "acting never pays"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(parts, said):
    with pytest.raises(Refused, match=said):
        seen(**parts)


def test_numbers_have_no_decision():
    y = np.arange(50.0)
    held = held_out(HonestAnswers(Number(y), None, (), np.zeros(50), "as told", 0.0), Number(y))
    manifest = Manifest(PRODUCT, decision=DecisionPart(Decimal(1), Decimal(-1)))
    with pytest.raises(Refused, match="this model gives none"):
        gauged(score_held(held), held, Table({"x": Number(y)}), manifest)
