"""What of a change counts: small simulations of the policy, each with nothing, something, or a trap in it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from causeway.assess.drift import DriftRules, Moment, drift_of
from causeway.stats.profile import number_profile, text_profile
from causeway.stats.profile_many import merged_columns
from causeway.stats.relations import merged_relations, relations_of

START = datetime(2026, 1, 5, tzinfo=UTC)
RULES = DriftRules()
KINDS = {kinds: tuple(f"k{i}" for i in range(kinds)) for kinds in (4, 30, 1000)}


def columns(rng, rows, *, by=0.0, everywhere=0.0, answers=0.0):
    """Ten columns; `in_a` and `in_b` are higher by so many standard deviations."""
    made = {
        name: number_profile(rng.normal(everywhere + (by if name in "ab" else 0.0), 1, rows))
        for name in "abcdef"
    }
    made |= {f"t{kinds}": text_profile(rng.integers(0, kinds, rows), names) for kinds, names in KINDS.items()}
    return {f"in_{name}": each for name, each in made.items()} | {
        "out_y": number_profile(rng.normal(answers, 1, rows))
    }


def moments(windows, reference, *, rows=1000, reference_rows=20_000):
    many = reference if isinstance(reference, list) else [reference] * len(windows)
    return [
        Moment(
            START + timedelta(hours=i), START + timedelta(hours=i + 1), rows, window, before, reference_rows
        )
        for i, (window, before) in enumerate(zip(windows, many, strict=True))
    ]


def seen(windows, reference, *, rules=RULES, importance=None, **rows):
    return drift_of(moments(windows, reference, **rows), rules=rules, importance=importance or {})


@pytest.mark.parametrize("rows", [200, 1000, 5000])
def test_windows_without_drift_warn_of_nothing(rows):
    rng = np.random.default_rng(rows)
    found = seen([columns(rng, rows) for _ in range(40)], columns(rng, 20_000), rows=rows)
    assert {each.verdict for each in found} <= {"ok", "note"}
    assert sum(each.verdict == "note" for each in found) <= 1
    assert not any(each.certain for each in found)


def test_a_fifth_of_a_standard_deviation_is_found_within_two_windows():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        windows = [columns(rng, 1000) for _ in range(2)] + [columns(rng, 1000, by=0.25) for _ in range(2)]
        found = seen(windows, columns(rng, 20_000))
        assert [each.verdict for each in found[:2]] == ["ok", "ok"]
        assert found[3].verdict == "warn"
        assert {each.name for each in found[3].columns if each.verdict == "warn"} <= {"in_a", "in_b"}
        assert found[3].lasting_since in {found[2].since, found[3].since}


def test_a_daily_season_is_no_drift_beside_the_same_hours():
    rng = np.random.default_rng(1)
    season = [0.3 * np.sin(2 * np.pi * hour / 12) for hour in range(12)]
    references = [columns(rng, 15_000, everywhere=each, answers=each) for each in season]
    windows = [columns(rng, 1000, everywhere=season[i % 12], answers=season[i % 12]) for i in range(36)]
    found = seen(windows, [references[i % 12] for i in range(36)])
    assert {each.verdict for each in found} <= {"ok", "note"}
    pooled = {name: merged_columns([each[name] for each in references]) for name in references[0]}
    assert any(each.verdict == "warn" for each in seen(windows, pooled))


def test_a_change_too_small_to_matter_is_none_however_many_rows_show_it():
    rng = np.random.default_rng(2)
    found = seen([columns(rng, 20_000, by=0.03) for _ in range(6)], columns(rng, 50_000), rows=20_000)
    assert {each.verdict for each in found} == {"ok"}
    assert max(each.p for each in found[-1].columns) <= 1


def test_certain_drift_of_inputs_alone_acts_on_nothing():
    rng = np.random.default_rng(3)
    reference = columns(rng, 20_000)
    alone = seen([columns(rng, 2000, by=0.8) for _ in range(3)], reference, rows=2000)[-1]
    assert (alone.verdict, alone.prediction, set(alone.certain)) == ("warn", "ok", {"in_a", "in_b"})
    answered = seen([columns(rng, 2000, by=0.8, answers=0.8) for _ in range(3)], reference, rows=2000)[-1]
    assert (answered.verdict, answered.prediction) == ("act", "act")


def test_a_small_lasting_drift_becomes_certain_over_many_windows():
    rng = np.random.default_rng(4)
    windows = [columns(rng, 1000, by=0.22) for _ in range(26)]
    found = seen(windows, columns(rng, 100_000), reference_rows=100_000)
    first = next(i for i, each in enumerate(found) if each.certain)
    assert first > 0
    column = next(each for each in found[-1].columns if each.name == "in_a")
    assert column.low > RULES.effect
    assert column.windows > 1


def test_what_the_model_ignores_is_a_note_and_what_it_hardly_uses_needs_more():
    rng = np.random.default_rng(5)
    windows = [columns(rng, 5000, by=0.3) for _ in range(4)]
    importance = {"in_a": 0.0001, "in_b": 0.05, "in_c": 1.0}
    last = seen(windows, columns(rng, 20_000), importance=importance, rows=5000)[-1]
    verdicts = {each.name: each.verdict for each in last.columns}
    assert (verdicts["in_a"], verdicts["in_b"]) == ("note", "warn")
    alone = seen(windows, columns(rng, 20_000), importance={**importance, "in_b": 0.0}, rows=5000)[-1]
    assert alone.verdict == "note"


def test_few_rows_are_judged_together_and_until_then_no_verdict_is_given():
    rng = np.random.default_rng(6)
    found = seen([columns(rng, 80, by=0.3) for _ in range(6)], columns(rng, 20_000), rows=80)
    assert [each.verdict for each in found] == ["not-enough-data"] * 2 + ["note"] + [
        "not-enough-data"
    ] * 2 + ["warn"]
    assert found[2].rows == 240
    assert found[2].since == START
    assert "80 rows came so far" in found[0].why
    small = seen([columns(rng, 1000)], columns(rng, 100), reference_rows=100)[0]
    assert (small.verdict, "reference has 100 rows" in small.why) == ("not-enough-data", True)


def test_those_that_matter_most_come_first():
    rng = np.random.default_rng(7)
    windows = [columns(rng, 2000, by=0.5) for _ in range(3)]
    last = seen(windows, columns(rng, 20_000), importance={"in_a": 0.3, "in_b": 1.0}, rows=2000)[-1]
    assert [each.name for each in last.columns[:2]] == ["in_b", "in_a"]
    assert last.why.startswith("in_b, in_a changed: mean ")


def test_a_column_that_came_no_more_or_became_text_is_seen_at_once():
    rng = np.random.default_rng(8)
    reference = columns(rng, 20_000)
    window = columns(rng, 1000)
    window["in_a"] = text_profile(rng.integers(0, 4, 1000), KINDS[4])
    del window["in_b"]
    last = seen([window, window], reference)[-1]
    told = {each.name: (each.verdict, each.why) for each in last.columns}
    assert told["in_a"][0] == "warn"
    assert "became texts" in told["in_a"][1]
    assert told["in_b"][0] == "act"
    assert told["in_b"][1].startswith("missing in 100.0% of rows, was 0.0%")


def test_columns_that_no_longer_go_together_warn_though_each_is_as_it_was():
    rng = np.random.default_rng(9)

    def window(rho, rows):
        one = rng.normal(size=rows)
        other = rho * one + np.sqrt(1 - rho**2) * rng.normal(size=rows)
        values = {"in_a": one, "in_b": other, "in_c": rng.normal(size=rows)}
        return {name: number_profile(each) for name, each in values.items()}, relations_of(values)

    parts = [window(0.7, 500) for _ in range(40)]
    reference = {name: merged_columns([part[0][name] for part in parts]) for name in parts[0][0]}
    relations = merged_relations([part[1] for part in parts])

    def judged(rho, windows):
        made = [window(rho, 500) for _ in range(windows)]
        return drift_of(
            [
                Moment(
                    START, START, 500, each, reference, 20_000, relations=tied, reference_relations=relations
                )
                for each, tied in made
            ],
            rules=RULES,
            importance={},
        )

    assert not any(each.relations for each in judged(0.7, 30))
    last = judged(0.1, 2)[-1]
    assert (last.verdict, last.prediction) == ("warn", "ok")
    assert (last.relations[0].first, last.relations[0].second) == ("in_a", "in_b")
    assert last.why.endswith("while each alone is as it was")
