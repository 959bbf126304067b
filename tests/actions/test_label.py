import json
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.label import OUTCOMES, Columns, label, outcomes_joined
from causeway.actions.seal import seal
from causeway.actions.segments import segment_files
from causeway.cli.main import main
from causeway.core.errors import NotFound, UsageError
from causeway.core.events import OutcomesLabelled, RunStarted, SegmentSealed
from causeway.core.records import Record, frame
from causeway.core.release import Output, Signature

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def predict(work, *ids):
    log = work.state / "records" / "churn" / f"{ids[0]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    at = int(NOON.timestamp()) * 1_000_000_000
    outputs = {"label": "stay", "probability": 0.25}
    rows = [
        Record(i, at, "churn", "sha256:0", "champion", "team-a", {"tenure": 1.5}, outputs, 9) for i in ids
    ]
    log.write_bytes(b"".join(map(frame, rows)))


@pytest.fixture
def work(folder):
    work = shipyard.workspace(folder)
    predict(work, "p1", "p2", "p3")
    seal(work, "churn")
    yield work
    work.ledger.close()


@pytest.fixture
def csv(tmp_path):
    def write(*lines, name="outcomes.csv"):
        file = tmp_path / name
        file.write_text("\n".join(lines) + "\n")
        return file

    return write


def known(work):
    table = outcomes_joined(work, "churn").columns
    return dict(zip(table["id"].values, table["outcome"].values, strict=True))


def counts(done):
    return done.status, done.rows, done.joined, done.unmatched, done.duplicates, done.corrected


def test_outcomes_join_their_predictions(work, csv):
    done = label(work, "churn", csv("id,outcome,at", "p1,leave,2026-06-01", "p3,stay,", "zz,stay,"))
    assert counts(done) == ("labelled", 3, 2, 1, 0, 0)
    assert done.unmatched_ids == ("zz",)
    table = outcomes_joined(work, "churn").columns
    assert list(table["id"].values) == ["p1", "p3"]
    assert list(table["outcome"].values) == ["leave", "stay"]
    assert list(table["out_label"].values) == ["stay", "stay"]
    known_at = [datetime(2026, 6, 1, tzinfo=UTC), NOON]
    assert list(table["outcome_at"].values) == [at.timestamp() * 1e6 for at in known_at]
    facts = [event.fact for event in work.ledger.read("churn")][-2:]
    assert facts[0].stream == OUTCOMES
    assert facts[0].segment == done.segment
    assert facts[1] == OutcomesLabelled(done.segment, 3, 2, 1, 0, 0)


def test_the_same_file_twice_changes_nothing(work, csv):
    file = csv("id,outcome", "p1,1", "p1,0", "p2,1", "p2,1")
    assert counts(label(work, "churn", file)) == ("labelled", 4, 2, 0, 2, 0)
    head = work.ledger.head("churn")
    again = label(work, "churn", file)
    assert counts(again) == ("already_labelled", 4, 0, 0, 4, 0)
    assert work.ledger.head("churn") == head
    assert known(work) == {"p1": "0", "p2": "1"}


def test_a_class_that_is_called_none_is_an_outcome_and_not_a_gap(folder, csv):
    classes = ("None", "Fraud")
    outputs = (Output("label", "label", classes),)
    shipyard.release(folder, signature=Signature(shipyard.RELEASE.signature.inputs, outputs))
    work = shipyard.workspace(folder)
    predict(work, "p1", "p2")
    seal(work, "churn")

    assert label(work, "churn", csv("id,outcome", "p1,None", "p2,Fraud")).joined == 2
    with pytest.raises(UsageError, match="row 1 has no outcome: it says 'null'"):
        label(work, "churn", csv("id,outcome", "p1,null"))
    work.ledger.close()


def test_a_correction_wins_and_what_was_known_before_stays_on_the_disk(work, csv):
    label(work, "churn", csv("id,outcome", "p1,stay", "p2,stay"))
    done = label(work, "churn", csv("id,outcome", "p1,leave", "p2,stay", "p3,leave"))
    assert counts(done) == ("labelled", 3, 2, 0, 1, 1)
    assert known(work) == {"p1": "leave", "p2": "stay", "p3": "leave"}
    assert len(segment_files(work, "churn", OUTCOMES)) == 2


def test_whole_numbers_are_the_same_with_and_without_a_fraction(work, csv):
    label(work, "churn", csv("id,outcome", "p1,1", "p2,2.5", "p3,01"))
    assert label(work, "churn", csv("id,outcome", "p1,1.0")).status == "already_labelled"
    table = outcomes_joined(work, "churn").columns
    np.testing.assert_array_equal(table["outcome_number"].values, [1.0, 2.5, 1.0])
    assert known(work)["p3"] == "01"


def test_outcomes_that_came_before_their_predictions_join_later(work, csv):
    file = csv("id,outcome", "p9,stay")
    assert label(work, "churn", file).status == "nothing_joined"
    predict(work, "p9")
    seal(work, "churn")
    assert label(work, "churn", file).status == "labelled"


def test_other_forms_and_names_are_read(work, tmp_path):
    lines = tmp_path / "o.jsonl"
    lines.write_text('{"key": "p1", "left": true}\n\n{"key": "p2", "left": 1.0}\n')
    columns = Columns(id="key", outcome="left")
    assert label(work, "churn", lines, columns=columns).joined == 2
    table = tmp_path / "o.parquet"
    pl.DataFrame({"key": ["p3"], "left": [0.0]}).write_parquet(table)
    assert label(work, "churn", table, columns=columns).joined == 1
    assert known(work) == {"p1": "true", "p2": "1", "p3": "0"}


BAD = {
    "no such column": (("id,result", "p1,1"), "no column 'outcome'"),
    "no ids": (("key,outcome", "p1,1"), "no column 'id'"),
    "no rows": (("id,outcome",), "no rows"),
    "an empty outcome": (("id,outcome", "p1,1", "p2,"), "row 2 has no outcome"),
    "an empty id": (("id,outcome", ",1"), "row 1 has no id"),
    "a time that is none": (("id,outcome,at", "p1,1,soon"), "row 1: 'soon' is no time"),
    "uneven rows": (("id,outcome", "p1,1,2,3"), "cannot be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_is_refused_whole(work, csv, case):
    lines, says = BAD[case]
    head = work.ledger.head("churn")
    with pytest.raises(UsageError, match=says):
        label(work, "churn", csv(*lines))
    assert work.ledger.head("churn") == head


def test_files_that_are_not_there_or_of_another_kind(work, tmp_path):
    with pytest.raises(NotFound, match="there is no file"):
        label(work, "churn", tmp_path / "none.csv")
    (tmp_path / "o.xlsx").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"none of \.csv"):
        label(work, "churn", tmp_path / "o.xlsx")
    for name, content in {"o.csv": b"", "o.jsonl": b"[1]\n", "o.parquet": b"PAR1"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError):
            label(work, "churn", tmp_path / name)


def test_without_predictions_one_is_told_to_seal(folder, csv):
    work = shipyard.workspace(folder)
    with pytest.raises(NotFound, match="no sealed predictions"):
        label(work, "churn", csv("id,outcome", "p1,1"))
    work.ledger.close()


def test_outcomes_written_by_somebody_else_in_between_are_judged_again(work, csv, monkeypatch):
    plain = type(work.ledger).append
    wrote = []

    def interrupted(self, product, facts, **given):
        if not wrote:
            wrote.append(plain(self, product, [RunStarted("r", "sha256:0")], actor="a", at=NOON))
        return plain(self, product, facts, **given)

    monkeypatch.setattr(type(work.ledger), "append", interrupted)
    assert label(work, "churn", csv("id,outcome", "p1,1")).status == "labelled"
    facts = [event.fact for event in work.ledger.read("churn")]
    assert sum(isinstance(f, SegmentSealed) and f.stream == OUTCOMES for f in facts) == 1


def test_the_command_seals_what_is_new_and_tells_what_joined(work, folder, csv):
    predict(work, "p4")
    file = csv("id,outcome", "p4,leave", "p5,leave")
    shown = CliRunner().invoke(main, ["label", str(file), "--folder", str(folder), "--json"])
    assert shown.exit_code == 0, shown.output
    said = json.loads(shown.stdout)
    assert (said["ok"], said["status"], said["joined"], said["unmatched_ids"]) == (
        True,
        "labelled",
        1,
        ["p5"],
    )
    again = CliRunner().invoke(main, ["label", str(file), "--folder", str(folder)])
    assert again.exit_code == 0
    assert "already labelled" in again.output
    wrong = CliRunner().invoke(main, ["label", str(file), "--folder", str(folder), "--outcome", "result"])
    assert wrong.exit_code == 2
    assert "no column 'result'" in wrong.output


@pytest.mark.parametrize("nothing", ["nan", "NaN", "None", "NULL", "NA", "<NA>"])
def test_what_tables_write_for_nothing_is_no_outcome(work, csv, nothing):
    with pytest.raises(UsageError, match=f"row 2 has no outcome: it says '{nothing}'"):
        label(work, "churn", csv("id,outcome", "p1,1", f"p2,{nothing}"))


def test_only_plain_finite_digits_are_a_number(work, csv):
    label(work, "churn", csv("id,outcome", "p1,1_000", "p2,1e999", "p3,-1.5e2"))
    numbers = outcomes_joined(work, "churn").columns["outcome_number"].values
    np.testing.assert_array_equal(numbers, [np.nan, np.nan, -150.0])


def test_a_correction_is_no_second_outcome(work, csv):
    label(work, "churn", csv("id,outcome", "p1,stay", "p2,stay"))
    label(work, "churn", csv("id,outcome", "p1,leave"))
    label(work, "churn", csv("id,outcome", "p1,stay", "p3,stay"))
    assert product_state(work, "churn").outcomes.known == 3


def measures(work):
    table = outcomes_joined(work, "churn").columns
    return dict(zip(table["id"].values, table["kpi"].values.tolist(), strict=True))


MARGIN = Columns(kpi="margin")


def test_outcomes_bring_the_business_measure_along(work, csv):
    done = label(
        work, "churn", csv("id,outcome,margin", "p1,leave,-12.5", "p2,stay,yes", "p3,stay,"), columns=MARGIN
    )
    assert (done.joined, done.kpi, done.kpi_mean) == (3, 2, -5.75)
    assert measures(work) == {"p1": -12.5, "p2": 1.0, "p3": pytest.approx(np.nan, nan_ok=True)}
    assert [event.fact for event in work.ledger.read("churn")][-1].kpi == 2


def test_a_value_is_added_corrected_and_never_taken_back_by_silence(work, csv):
    def told(*lines, columns=MARGIN):
        return counts(label(work, "churn", csv(*lines), columns=columns))

    assert told("id,outcome", "p1,stay", "p2,stay", columns=None)[2:] == (2, 0, 0, 0)
    # it came to be known later: nothing is corrected
    assert told("id,outcome,margin", "p1,stay,3", "p2,stay,4", "p2,stay,")[2:] == (2, 0, 1, 0)
    assert told("id,outcome,margin", "p1,stay,3.0")[0] == "already_labelled"
    assert told("id,outcome,margin", "p1,stay,5")[2:] == (1, 0, 0, 1)
    # another outcome, and nothing said of the measure
    assert told("id,outcome", "p1,leave", columns=None)[2:] == (1, 0, 0, 1)
    assert told("id,outcome", "p1,leave", "p2,stay", columns=None)[0] == "already_labelled"
    assert (known(work), measures(work)) == ({"p1": "leave", "p2": "stay"}, {"p1": 5.0, "p2": 4.0})


@pytest.mark.parametrize("bad", ["lots", "1,5", "inf", "1e999", "12 EUR", "0x10"])
def test_a_value_that_is_no_number_stops_the_whole_file(work, csv, bad):
    head = work.ledger.head("churn")
    with pytest.raises(UsageError, match=r"row 2: .* is no number"):
        label(work, "churn", csv("id,outcome,margin", "p1,stay,1", f'p2,stay,"{bad}"'), columns=MARGIN)
    assert work.ledger.head("churn") == head


def test_a_column_of_values_that_is_not_there_is_named(work, csv):
    with pytest.raises(UsageError, match="no column 'margin'"):
        label(work, "churn", csv("id,outcome", "p1,stay"), columns=MARGIN)


@pytest.mark.parametrize(
    "content", [b"id,outcome\rp1,yes\rp2,no\r", b"i\rd,outcome\np1,yes\n", b"a" * 200_000]
)
def test_lines_that_end_in_an_old_way_are_an_error_and_no_defect(work, tmp_path, content):
    file = tmp_path / "old.csv"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"old\.csv"):
        label(work, "churn", file)
