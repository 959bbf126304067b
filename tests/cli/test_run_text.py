from pathlib import Path

import pytest
from msgspec.structs import replace

from causeway.actions.run import RunReport
from causeway.actions.stages.step import StageEnded
from causeway.assess.rates import bundled_rates
from causeway.assess.stage_cost import server_rate
from causeway.cli.run_text import Narrator, stage_line, verdict
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.release import Evaluation, Parity

EVALUATION = Evaluation(
    "roc_auc", 0.8058, 0.7772, 0.8354, 0.5, "the same probability for all", 996, "5-fold", 0.27, 0.33
)
REPORT = RunReport(
    product="churn",
    run="r1",
    status="made",
    release="sha256:a68340873d4f" + "0" * 52,
    bundle="/b",
    evaluation=EVALUATION,
    parity=Parity(996, 996, 1.2e-7, 0, 1e-5),
    encoded_input=False,
    stages=(),
    findings=(),
    blocks=(),
)


@pytest.mark.parametrize(
    ("seconds", "cached", "said"), [(7.24, False, "7.2 s"), (72.4, False, "1m12s"), (9.0, True, "kept")]
)
def test_a_stage_is_one_line_with_its_duration(seconds, cached, said):
    line = stage_line(StageEnded("recover", seconds, "19 of 19 columns proven on 996 of 999 rows", cached))

    assert line.split()[0] == "preprocessing"
    assert said in line
    assert len(line) <= 80


def test_the_verdict_gives_interval_baseline_release_and_next_command():
    said = " ".join(verdict(REPORT, folder=Path("poc")).split())

    assert "0.806 (95 % 0.777 to 0.835) on 996 rows it was not fitted on" in said
    assert "the same probability for all scores 0.500" in said
    assert "Release churn@a68340873d4f." in said
    assert said.endswith("Next: causeway ship poc")


def test_time_memory_and_cost_of_what_was_done_now_are_said():
    stages = (
        StageEnded("environment", 60.0, "made", cached=True, peak_bytes=9_000_000_000),
        StageEnded("train", 30.0, "fitted", cached=False, peak_bytes=210_000_000),
        StageEnded("package", 6.0, "signed", cached=False, peak_bytes=95_000_000),
    )
    cost = server_rate(bundled_rates(), "").total([36.0])

    said = " ".join(verdict(replace(REPORT, stages=stages, cost=cost), folder=Path()).split())

    assert (
        "It took 36.0 s, at most 210 MB of memory at once, and cost 0.00085 USD (0.00042 to 0.0011 USD), "
        "estimated from the rate card of 2024-09."
    ) in said
    assert "It took" not in verdict(replace(REPORT, stages=stages[:1]), folder=Path())


def test_a_claim_stands_beside_what_was_measured():
    claimed = replace(EVALUATION, claimed=0.82, claimed_how="f1 in README.md:37", others={"f1": 0.5506})

    said = " ".join(verdict(replace(REPORT, evaluation=claimed), folder=Path()).split())

    assert "Claimed: 0.820 (f1 in README.md:37); held out: 0.551." in said


def test_what_blocks_shipping_is_said_with_its_remedy():
    finding = Finding(
        "NO-SKILL",
        Severity.BLOCKER,
        "It does not beat guessing.",
        Remedy("Stop here."),
        blocks_ship=True,
    )

    said = verdict(replace(REPORT, findings=(finding,), blocks=("NO-SKILL",)), folder=Path())

    assert "Blocks shipping: It does not beat guessing. Stop here." in said
    assert "will refuse until then" in said


def test_a_release_that_was_there_is_called_so():
    said = verdict(replace(REPORT, status="already_made"), folder=Path())

    assert "was made before from the same inputs" in said


@pytest.mark.parametrize("fact", ["short", "a fact that goes on " * 12])
def test_every_line_fits_80_columns(fact):
    lines = stage_line(StageEnded("environment", 3.0, fact, cached=False)).splitlines()
    lines += verdict(REPORT, folder=Path("poc")).splitlines()

    assert max(map(len, lines)) <= 80


def test_stages_that_ended_before_anybody_watched_are_shown_once(capsys):
    stage = StageEnded("train", 1.0, "XGBClassifier fitted", cached=True)
    with Narrator(quiet=False) as narrator:
        narrator.began("train")
        narrator.said("running train.py")
        narrator.ended(stage)
        narrator.catch_up((stage,))

    shown = capsys.readouterr()
    assert shown.out.count("XGBClassifier fitted") == 1
    assert shown.err == "running train.py\n"
