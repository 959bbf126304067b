"""What falls short of the manifest blocks; what only may fall short is said and does not."""

import pytest
from msgspec import structs

from causeway.assess.quality_gate import beside_live, judge
from causeway.core.comparison import Comparison
from causeway.core.evaluation import (
    CalibrationSeen,
    DecisionSeen,
    FairnessSeen,
    GroupSeen,
    RateSeen,
    SliceSeen,
)
from causeway.core.release import Evaluation

SEEN = Evaluation("roc_auc", 0.8, 0.76, 0.84, 0.5, "the same probability for all", 400, "five folds")
OFF = CalibrationSeen(error=0.08, by_chance=0.03, brier=0.2, rows=400)
WORTH = DecisionSeen(0.17, "from the costs", 3.0, 2.0, 4.0, 1.0, 0.0, "never acting", 2.0, 4.0, 400, "EUR")


def group(name, hits, rows=200):
    rate = RateSeen(hits, rows, 0.0, 1.0)
    return GroupSeen(name, rate, rate, rate)


def unlike(ratio, high):
    return FairnessSeen("sex", (group("f", 40), group("m", 80)), "f", "m", ratio, 0.3, high, 0.8)


@pytest.mark.parametrize(
    ("changes", "code", "blocks"),
    [
        ({}, "", False),
        ({"floor": 0.75}, "", False),
        ({"floor": 0.78}, "TOO-FEW-ROWS", False),
        ({"floor": 0.85}, "FLOOR-MISSED", True),
        ({"slices": (SliceSeen("new", 60, 0.55, 0.4, 0.7, 0.6),)}, "SLICE-BELOW-FLOOR", True),
        ({"slices": (SliceSeen("new", 60, 0.65, 0.5, 0.8, 0.6),)}, "TOO-FEW-ROWS", False),
        ({"slices": (SliceSeen("new", 3, floor=0.6),)}, "TOO-FEW-ROWS", False),
        ({"slices": (SliceSeen("new", 60, 0.2, 0.1, 0.3),)}, "", False),
        ({"calibration": OFF}, "CALIBRATION-OFF", False),
        ({"calibration": OFF, "calibration_ceiling": 0.05}, "CALIBRATION-OFF", True),
        ({"calibration": OFF, "calibration_ceiling": 0.1}, "", False),
        ({"calibration": structs.replace(OFF, by_chance=0.1)}, "", False),
        ({"decision": WORTH}, "", False),
        ({"decision": structs.replace(WORTH, gain_low=-0.1)}, "NOT-WORTH-ACTING", True),
        ({"fairness": (unlike(0.5, 0.7),)}, "FAIRNESS-GAP", True),
        ({"fairness": (unlike(0.7, 1.1),)}, "TOO-FEW-ROWS", False),
        ({"fairness": (unlike(0.9, 0.95),)}, "", False),
    ],
)
def test_each_shortfall_has_its_code(changes, code, blocks):
    found = judge(structs.replace(SEEN, **changes))
    assert [(each.code, each.blocks_ship) for each in found] == ([(code, blocks)] if code else [])
    assert all(each.evidence[0].text for each in found)


def test_only_what_is_surely_worse_than_the_live_release_blocks():
    worse = Comparison("r1", "roc_auc", 300, 0.7, 0.8, -0.1, -0.15, -0.05, 0.001, "DeLong")
    assert [each.code for each in beside_live(worse)] == ["WORSE-THAN-LIVE"]
    assert beside_live(structs.replace(worse, high=0.01)) == ()
    assert beside_live(Comparison("r1", why_not="another target")) == ()
    assert beside_live(None) == ()
