import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from durable import STAGES, pipeline_that

from causeway.actions.lease import holding
from causeway.actions.run import run
from causeway.actions.workspace import open_workspace
from causeway.core.errors import OutsideError, Refused
from causeway.core.events import RunFinished, RunStarted, StageFinished
from causeway.core.ids import digest_of

DURABLE = Path(__file__).with_name("durable.py")
PATIENCE_SECONDS = 30


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    poc = tmp_path / "poc"
    poc.mkdir()
    (poc / "causeway.toml").write_text('[product]\nname = "churn"\n')
    (poc / "train.py").write_text("print(1)\n")
    return poc


@pytest.fixture
def marks(tmp_path):
    return tmp_path / "marks"


def facts(folder, kind):
    events = open_workspace(folder).ledger.read("churn")
    return [event.fact for event in events if isinstance(event.fact, kind)]


def test_a_run_makes_a_signed_release_and_records_every_stage(folder, marks):
    report = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    assert report.status == "made"
    assert [stage.stage for stage in report.stages] == [*STAGES, "package"]
    assert marks.read_text().split() == list(STAGES)
    assert [fact.stage for fact in facts(folder, StageFinished)] == [*STAGES, "package"]
    assert all(fact.peak_bytes > 0 for fact in facts(folder, StageFinished))
    assert {(fact.currency, fact.rates) for fact in facts(folder, StageFinished)} == {("USD", "2024-09")}
    assert report.cost.how.startswith("estimated from the rate card of 2024-09: ")
    assert all(str(stage.cost).endswith(" USD") for stage in report.stages)
    assert all(fact.cost_low < fact.cost < fact.cost_high for fact in facts(folder, StageFinished))
    assert sum(fact.cost for fact in facts(folder, StageFinished)) == pytest.approx(report.cost.value)
    bundle = Path(report.bundle)
    assert digest_of((bundle / "release.json").read_bytes()) == report.release
    assert {path.name for path in bundle.iterdir()} == {
        "release.json",
        "release.sig",
        "model.sig",
        "lineage.json",
        "model.onnx",
    }


def test_the_same_inputs_are_already_made_and_nothing_is_written(folder, marks):
    work = open_workspace(folder)
    first = run(work, folder, pipeline=pipeline_that(marks))
    head = work.ledger.head("churn")

    again = run(work, folder, pipeline=pipeline_that(marks))

    assert (again.status, again.release) == ("already_made", first.release)
    assert [stage.fact for stage in again.stages] == [stage.fact for stage in first.stages]
    assert work.ledger.head("churn") == head


def test_another_workspace_makes_the_same_release_from_the_same_inputs(folder, marks, tmp_path):
    first = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))
    other = tmp_path / "other"
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns(".causeway"))

    again = run(open_workspace(other), other, pipeline=pipeline_that(marks))

    assert (again.status, again.release) == ("made", first.release)


def test_a_bundle_that_was_touched_is_put_back_without_repeating_a_stage(folder, marks):
    work = open_workspace(folder)
    report = run(work, folder, pipeline=pipeline_that(marks))
    model = Path(report.bundle) / "model.onnx"
    model.chmod(0o644)
    model.write_text("something else")

    again = run(work, folder, pipeline=pipeline_that(marks))

    assert (again.status, again.release) == ("already_made", report.release)
    assert model.read_text() == STAGES[-1]
    assert marks.read_text().split() == list(STAGES)


def test_changed_code_repeats_what_depends_on_it(folder, marks):
    work = open_workspace(folder)
    first = run(work, folder, pipeline=pipeline_that(marks))
    (folder / "train.py").write_text("print(2)\n")

    again = run(work, folder, pipeline=pipeline_that(marks))

    assert again.release != first.release
    # only the first stage reads the source; the others saw what they had seen before
    assert marks.read_text().split() == [*STAGES, "environment"]


def test_another_causeway_does_every_stage_anew(folder, marks, monkeypatch):
    first = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))
    for user in ("causeway.actions.run", "causeway.actions.stages.step"):
        monkeypatch.setattr(f"{user}.digest_own_code", lambda: "sha256:other")
    again = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))
    assert marks.read_text().split() == [*STAGES, *STAGES]
    assert again.release == first.release


def test_a_stage_that_fails_is_recorded_and_leaves_nothing_half_made(folder, marks):
    work = open_workspace(folder)

    with pytest.raises(Refused, match="the stage refused"):
        run(work, folder, pipeline=pipeline_that(marks, fail_in="compile"))

    last = facts(folder, RunFinished)[-1]
    assert (last.status, last.reason, last.code) == ("failed", "the stage refused", "refused")
    assert list((work.state / "runs").iterdir()) == []
    assert not (work.state / "releases").exists()


def test_after_a_failure_only_what_is_missing_is_done(folder, marks):
    work = open_workspace(folder)
    with pytest.raises(Refused):
        run(work, folder, pipeline=pipeline_that(marks, fail_in="compile"))

    report = run(work, folder, pipeline=pipeline_that(marks))

    assert report.status == "made"
    assert marks.read_text().split() == [*STAGES, "compile"]
    assert [stage.cached for stage in report.stages] == [True, True, False, False]


def test_a_full_disk_is_one_clear_error_and_the_run_goes_on_later(folder, marks):
    work = open_workspace(folder)

    def full(site, steps):
        raise OSError(28, "No space left on device", "model.onnx")

    with pytest.raises(OutsideError, match="No space left") as caught:
        run(work, folder, pipeline=full)

    assert "free some space" in caught.value.hint
    assert facts(folder, RunFinished)[-1].code == "outside"
    assert run(work, folder, pipeline=pipeline_that(marks)).status == "made"


def test_a_lost_artefact_is_made_again(folder, marks):
    work = open_workspace(folder)
    run(work, folder, pipeline=pipeline_that(marks))
    digest = digest_of(b"train").removeprefix("sha256:")
    (work.state / "artifacts" / digest[:2] / digest).unlink()
    (folder / "causeway.toml").write_text('[product]\nname = "churn"\npurpose = "keep them"\n')

    run(work, folder, pipeline=pipeline_that(marks))

    assert marks.read_text().split() == [*STAGES, "train"]


def start(folder, marks, *arguments):
    return subprocess.Popen(
        [sys.executable, str(DURABLE), str(folder), str(marks), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(DURABLE.parent)},
    )


def wait_for(path, process):
    until = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.integration
def test_killed_in_the_middle_it_goes_on_where_it_stopped(folder, marks):
    victim = start(folder, marks, "train")
    wait_for(marks.with_suffix(".hanging"), victim)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()

    report = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    assert marks.read_text().split() == ["environment", "train", "train", "compile"]
    assert [stage.cached for stage in report.stages] == [True, False, False, False]
    # it is the same run that went on
    assert len(facts(folder, RunStarted)) == 1
    assert [fact.stage for fact in facts(folder, StageFinished)] == [*STAGES, "package"]


@pytest.mark.integration
def test_two_processes_at_once_do_each_stage_once(folder, marks):
    both = [start(folder, marks), start(folder, marks)]

    outputs = [process.communicate(timeout=PATIENCE_SECONDS) for process in both]

    assert [process.returncode for process in both] == [0, 0], outputs
    reports = [msgspec.json.decode(out) for out, _ in outputs]
    assert sorted(report["status"] for report in reports) == ["already_made", "made"]
    assert reports[0]["release"] == reports[1]["release"]
    assert marks.read_text().split() == list(STAGES)
    assert len(facts(folder, RunFinished)) == 1


@pytest.mark.integration
def test_while_another_works_a_second_run_waits_and_then_takes_over(folder, marks):
    first = start(folder, marks, "compile")
    wait_for(marks.with_suffix(".hanging"), first)
    second = start(folder, marks)

    with holding(open_workspace(folder), "run:churn") as lease:
        assert lease is None
    first.send_signal(signal.SIGKILL)
    first.communicate()
    out, err = second.communicate(timeout=PATIENCE_SECONDS)

    assert second.returncode == 0, err
    assert msgspec.json.decode(out)["status"] == "made"
    assert marks.read_text().split() == [*STAGES, "compile"]
