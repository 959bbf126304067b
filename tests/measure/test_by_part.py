"""Parts of the units are told besides, corrected for how many there are, and never booked."""

import numpy as np
from simulated import customers, labelled, predicted, product

from causeway.actions.measure.benefit import benefit
from causeway.assess.value.by_part import by_part
from causeway.assess.value.plan import Plan
from causeway.assess.value.units import Units
from causeway.assess.worth.document_evidence import evidence_blocks
from causeway.assess.worth.parts import Evidence

SLICES = """
[[slices]]
name = "new"
column = "tenure"
maximum = 11.0
[[slices]]
name = "long"
column = "tenure"
minimum = 12.0
[[slices]]
name = "nobody"
column = "tenure"
minimum = 1000.0
"""


def test_an_effect_of_one_part_is_found_there_alone(folder):
    work = product(folder, more=SLICES)
    names, at, held = customers(4000)
    rng = np.random.default_rng(3)
    tenure = rng.integers(0, 24, 4000)
    left = rng.random(4000) < 0.30 - np.where(held | (tenure > 11), 0.0, 0.16)
    labelled(work, predicted(work, names, at, held, covariate=tenure), left)
    found = benefit(work, "churn")
    new, long, nobody = found.by_part
    assert (new.name, new.found, long.found, nobody.found) == ("new", True, False, False)
    assert new.effect.low < -0.16 < new.effect.high < 0
    assert long.effect.low < 0 < long.effect.high
    assert (nobody.effect, nobody.treated) == (None, 0)
    assert new.treated + long.treated == found.arms["treated"]
    page = Evidence("A", "caused", "randomised", "churn", "", by_part=found.by_part)
    (grid,) = [each for each in evidence_blocks(page) if "By part" in getattr(each, "caption", "")]
    assert [row[-1].text for row in grid.rows] == ["yes", "no", "no"]


def test_of_many_parts_without_an_effect_hardly_one_is_found_by_luck():
    rng = np.random.default_rng(5)
    number, plan = 2000, Plan(kpi="amount", design="randomised", planned=2000)
    hits = 0
    for _ in range(60):
        ones = np.ones(number, bool)
        units = Units(
            rng.random(number) < 0.8, np.zeros(number), ones.astype(int), ones, ones.astype(int),
            rng.normal(size=number), np.full(number, np.nan),
        )  # fmt: skip
        parts = {str(at): rng.random(number) < 0.3 for at in range(8)}
        hits += any(part.found for part in by_part(units, parts, plan))
    assert hits <= 5
