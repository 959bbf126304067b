"""Logs of other servers that are broken, huge or made to do harm: the rest comes in."""

import json

import pytest

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.seal import seal
from causeway.actions.ship import ship
from causeway.actions.shipped import files as shipped_files
from causeway.actions.shipped.events import halves_of
from causeway.actions.shipped.files import import_records
from causeway.actions.shipped.inbox import Inbox
from causeway.core.errors import UsageError
from causeway.core.release import Field, Output, Signature

SIGNATURE = Signature(
    (Field("tenure", "integer"), Field("Contract", "category")),
    tuple(Output(name, name, ("No", "Yes"), "Yes") for name in ("label", "probability")),
)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("CAUSEWAY_KEYS", str(tmp_path_factory.mktemp("keys")))
    patch.delenv("CAUSEWAY_LEDGER", raising=False)
    made = shipyard.poc(tmp_path_factory.mktemp("made") / "churn")
    shipyard.release(made, signature=SIGNATURE)
    ship(shipyard.workspace(made), made, agree=lambda _: True)
    yield shipyard.workspace(made)
    patch.undo()


def row(name, request, response, **more):
    told = {"request_id": name, "timestamp_ms": 1772353800000, "request": request, "response": response}
    return json.dumps({**told, **more}).encode()


def sent(tenure=7, contract="One year"):
    return {"instances": [{"tenure": tenure, "Contract": contract}]}


FINE = {"predictions": ["Yes"]}
HARMFUL = [
    row("x1", sent(), FINE, execution_time_ms=float("inf")),
    row("x2", sent(), FINE, execution_time_ms=1e300),
    row("x3", sent(1e300), FINE),
    row("x4", sent(1e19), FINE),
    row("x5", sent(contract="\ud800"), FINE),
    row("x6", sent(), {"predictions": [{"probability": 10**400}]}),
    row("x7", sent(), {"predictions": [10**400]}),
    row("x8", {"inputs": [{"name": "tenure", "datatype": "INT64", "shape": [1], "data": [1]}, 5]}, FINE),
    row("x9", {"dataframe_split": {"columns": [["tenure"], "Contract"], "data": [[1, "a"]]}}, FINE),
    row("xa", sent(), FINE, timestamp_ms=None, request_time="0001-01-01T00:00:00Z"),
    row("xb", {"inputs": [{"name": "tenure", "datatype": "INT64", "shape": ["1"], "data": [1]}]}, FINE),
    b'{"request_id": "d1", "request": {"inputs": [{"name": "tenure", "datatype": "INT64", "shape": [1],'
    b' "data": %s1%s}]}, "response": {"predictions": ["Yes"]}}' % (b"[" * 900, b"]" * 900),
]


@pytest.mark.parametrize("harmful", HARMFUL, ids=lambda each: each[1:24].decode())
def test_what_cannot_be_kept_is_counted_and_holds_nothing_up(live, harmful):
    name = f"ok-{HARMFUL.index(harmful)}"
    taken = Inbox(live, "churn").take(halves_of(harmful + b"\n" + row(name, sent(), FINE)))
    assert taken.rows >= 1
    assert seal(live, "churn").rows >= taken.rows
    assert Inbox(live, "churn").take(halves_of(row(name, sent(), FINE))).status == "already_imported"


def test_a_half_that_cannot_be_written_waits_for_nobody(live):
    half = {"specversion": "1.0", "id": "h1", "type": "x.inference.request", "data": sent(contract="\ud800")}
    taken = Inbox(live, "churn").take(halves_of(json.dumps(half).encode()))
    assert (taken.status, taken.waiting) == ("nothing_imported", 0)


def test_reasons_quote_no_value_of_an_answer(live):
    lines = [row(f"v{i}", sent(), {"predictions": [f"Ada Lovelace {i}"]}) for i in range(20)]
    taken = Inbox(live, "churn").take(halves_of(b"\n".join(lines)))
    assert len(taken.reasons) == 1
    seal(live, "churn")
    assert not [each for each in product_state(live, "churn").lost if "Ada" in each.because]


def test_an_endless_line_is_refused_before_it_is_read(live, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_files, "MOST_WHOLE", 1 << 16)
    file = tmp_path / "long.jsonl"
    with file.open("wb") as stream:
        stream.truncate(1 << 27)
    with pytest.raises(UsageError, match="no file of JSON lines"):
        import_records(live, "churn", [file])
    # a whole line first, then one without an end
    with file.open("wb") as stream:
        stream.write(row("l1", sent(), FINE) + b"\n")
        stream.truncate(1 << 27)
    with pytest.raises(UsageError, match="line"):
        import_records(live, "churn", [file])


def test_many_long_lines_are_taken_a_few_at_a_time(live, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_files, "MOST_WHOLE", 1 << 12, raising=False)
    monkeypatch.setattr(shipped_files, "PIECE_BYTES", 1 << 11, raising=False)
    file = tmp_path / "many.jsonl"
    file.write_bytes(b"\n".join(row(f"m{i}", sent(contract="One year"), FINE) for i in range(100)))
    seen = []
    monkeypatch.setattr(shipped_files, "halves_of", lambda piece: seen.append(len(piece)) or halves_of(piece))
    assert import_records(live, "churn", [file]).rows == 100
    assert max(seen) < 1 << 13


def test_who_was_killed_after_writing_leaves_no_half_behind(live, monkeypatch):
    def half(kind, data):
        return {"specversion": "1.0", "id": "k9", "type": f"x.inference.{kind}", "data": data}

    Inbox(live, "churn").take(halves_of(json.dumps(half("request", sent())).encode()))
    answer = json.dumps(half("response", FINE)).encode()
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Inbox(live, "churn").take(halves_of(answer))
    again = Inbox(live, "churn").take(halves_of(answer))
    assert (again.status, again.rows, again.waiting) == ("already_imported", 0, 0)
