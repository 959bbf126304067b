from datetime import UTC, datetime, timedelta

from causeway.core.events import (
    GENESIS,
    Body,
    ProductDeclared,
    ReleaseMade,
    RunFinished,
    RunStarted,
    StageFinished,
    seal,
)
from causeway.views.run import fold

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def events(*facts):
    prev, chain = GENESIS, []
    for seq, fact in enumerate(facts, start=1):
        event = seal(Body("churn", seq, START + timedelta(minutes=seq), "actor-1", prev, fact))
        prev = event.hash
        chain.append(event)
    return chain


def test_a_run_that_nobody_ended_is_open_for_its_inputs_only():
    runs = fold(events(RunStarted("r1", "sha256:a"), StageFinished("r1", "train", "k1", "sha256:t", 2.0)))

    assert runs.opened("sha256:a").run == "r1"
    assert runs.opened("sha256:b") is None
    assert [run.run for run in runs.left_open()] == ["r1"]


def test_a_stage_is_known_by_its_key_whichever_run_did_it():
    runs = fold(
        events(
            RunStarted("r1", "sha256:a"),
            StageFinished("r1", "train", "k1", "sha256:t", 2.0, 512),
            RunFinished("r1", "failed", reason="no parity", code="refused"),
            RunStarted("r2", "sha256:b"),
            StageFinished("r2", "train", "k1", "sha256:t", 0.0, cached=True),
        )
    )

    assert runs.done["k1"].result == "sha256:t"
    assert runs.runs["r1"].status == "failed"
    assert runs.runs["r1"].reason == "no parity"
    assert [stage.cached for stage in runs.runs["r2"].stages] == [True]


def test_how_long_a_stage_took_is_remembered_when_its_result_is_taken_up():
    runs = fold(
        events(
            RunStarted("r1", "sha256:a"),
            StageFinished("r1", "train", "k1", "sha256:t", 2.0, 512),
            RunStarted("r2", "sha256:b"),
            StageFinished("r2", "train", "k1", "sha256:t", 0.0, cached=True),
        )
    )

    assert runs.done["k1"].seconds == 2.0
    assert runs.done["k1"].peak_bytes == 512


def test_the_latest_run_that_made_a_release_answers_for_its_inputs():
    runs = fold(
        events(
            ProductDeclared("sha256:m", "sandbox"),
            RunStarted("r1", "sha256:a"),
            ReleaseMade("sha256:rel", "r1", "k-1"),
            RunFinished("r1", "made", release="sha256:rel"),
            RunStarted("r2", "sha256:a"),
            RunFinished("r2", "failed", reason="disk full", code="outside"),
        )
    )

    assert runs.made("sha256:a").release == "sha256:rel"
    assert runs.latest("sha256:a").run == "r2"
    assert runs.latest("sha256:a").ended_seq == 6
    assert runs.manifest == "sha256:m"
    assert set(runs.releases) == {"sha256:rel"}
    assert runs.head == 6


def test_no_events_are_no_runs():
    assert fold([]).opened("sha256:a") is None
