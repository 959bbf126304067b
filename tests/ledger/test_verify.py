import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from causeway.adapters import registry
from causeway.core import signatures
from causeway.core.errors import UsageError
from causeway.core.events import GENESIS, RunFinished
from causeway.core.ids import digest_of
from causeway.ledger import Contents, add_checkpoint, read_anchor, write_anchor
from causeway.ledger.chain import Anchor, Row, examine
from causeway.ledger.ed25519 import signed_by
from causeway.ledger.export import export_lines, verifier_script
from causeway.ledger.verifier import read_export
from causeway.ledger.verify import Verdict, contents_of, judge
from causeway.testing import MemoryLedger

ORDER = 2**252 + 27742317777372353535851937790883648493
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENTS = 6


@dataclass(frozen=True)
class Kept:
    """A ledger's contents and everything that was ever signed over it."""

    contents: Contents
    keys: dict[str, str]
    early: Anchor
    late: Anchor


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Two chains of six events, with a checkpoint after the third and one at the end."""
    signer = registry.signer(tmp_path_factory.mktemp("keys"))
    ledger = MemoryLedger()
    anchors = []
    for part in range(2):
        for product in ("churn", "house"):
            for number in range(3):
                fact = RunFinished(run=f"{product}-{part}-{number}", status="made")
                ledger.append(product, [fact], actor="a-1", at=NOON + timedelta(seconds=number + 3 * part))
        stamp = add_checkpoint(ledger, signer, at=NOON)
        anchors.append(read_anchor(write_anchor(stamp, public_key=signer.public_pem).decode(), where="test"))
    return Kept(contents_of(ledger), {signer.key_id: signer.public_pem}, *anchors)


def place(product: str, seq: int) -> int:
    return ("churn", "house").index(product) * EVENTS + seq - 1


def told(row: Row, **changes) -> Row:
    """The row with another text, honestly hashed."""
    text = json.dumps({**json.loads(row.text), **changes}, sort_keys=True)
    return row._replace(text=text, hash=digest_of(text.encode()))


def rechained(rows: list[Row], start: int, *, actor: str) -> list[Row]:
    """The churn chain, written anew from this number on by somebody who can hash."""
    made = list(rows)
    for index in range(start - 1, EVENTS):
        prev = made[index - 1].hash if index else GENESIS
        changes = {"prev": prev, "actor": actor} if index == start - 1 else {"prev": prev}
        made[index] = told(made[index], **changes)
    return made


def changed_text(rows, at):
    row = rows[at]
    rows[at] = row._replace(text=row.text.replace("made", "fine"))


def changed_and_rehashed(rows, at):
    rows[at] = told(rows[at], actor="a-mallory")


def changed_time(rows, at):
    rows[at] = rows[at]._replace(at=rows[at].at - 1)


def changed_hash(rows, at):
    rows[at] = rows[at]._replace(hash=digest_of(b"x"))


def changed_to_no_event(rows, at):
    rows[at] = rows[at]._replace(text="[]", hash=digest_of(b"[]"))


def removed(rows, at):
    del rows[at]


def removed_and_closed_up(rows, at):
    product = rows[at].product
    del rows[at]
    for index in range(at, len(rows)):
        if rows[index].product == product:
            rows[index] = rows[index]._replace(seq=rows[index].seq - 1)


def inserted(rows, at):
    forged = told(rows[at], actor="a-mallory")
    for index in range(at, len(rows)):
        if rows[index].product == forged.product:
            rows[index] = rows[index]._replace(seq=rows[index].seq + 1)
    rows.insert(at, forged)


def duplicated(rows, at):
    rows.insert(at, rows[at])


def taken_from_another_product(rows, at):
    other = rows[(at + EVENTS) % len(rows)]
    rows[at] = other._replace(product=rows[at].product)


def swapped(rows, at):
    one, two = rows[at], rows[at + 1]
    rows[at], rows[at + 1] = two._replace(seq=one.seq), one._replace(seq=two.seq)


def swapped_lines(rows, at):
    rows[at], rows[at + 1] = rows[at + 1], rows[at]


TAMPERINGS = [
    (changed_text, "changed"),
    (changed_and_rehashed, "changed"),
    (changed_time, "changed"),
    (changed_hash, "changed"),
    (changed_to_no_event, "changed"),
    (removed, "removed"),
    (removed_and_closed_up, "removed"),
    (inserted, "inserted"),
    (duplicated, "inserted"),
    (taken_from_another_product, "inserted"),
    (swapped, "reordered"),
    (swapped_lines, "reordered"),
]


@pytest.mark.parametrize("stamped", [True, False], ids=["with checkpoints", "bare"])
@pytest.mark.parametrize(("product", "seq"), [(p, n) for p in ("churn", "house") for n in (1, 2, 3, 5)])
@pytest.mark.parametrize(("tamper", "what"), TAMPERINGS, ids=lambda value: getattr(value, "__name__", value))
def test_a_tampered_event_is_found_and_named(kept, *, tamper, what, seq, product, stamped):
    rows = list(kept.contents.rows)
    tamper(rows, place(product, seq))
    verdict = judge(Contents(rows, kept.contents.checkpoints if stamped else [], []), keys=kept.keys)
    assert (verdict.ok, verdict.bad.product, verdict.bad.seq, verdict.bad.what) == (False, product, seq, what)
    assert (verdict.proven, verdict.unproven) == ((), ())


@given(st.data())
def test_of_several_tamperings_none_hides_the_first(kept, data):
    rows = list(kept.contents.rows)
    spots = sorted(data.draw(st.sets(st.integers(0, 11), min_size=1, max_size=3)), reverse=True)
    for spot in spots:
        tamper = data.draw(st.sampled_from([changed_text, changed_time, removed]))
        tamper(rows, spot)
    bad = judge(Contents(rows, kept.contents.checkpoints, []), keys=kept.keys).bad
    first = kept.contents.rows[min(spots)]
    assert (bad.product, bad.seq) == (first.product, first.seq)


def test_a_whole_ledger_says_what_that_proves_and_what_not(kept):
    bare = judge(kept.contents, keys={})
    assert (bare.ok, bare.events, bare.products, bare.checkpoints, bare.bad) == (True, 12, 2, 2, None)
    whose, cut, rewritten = bare.unproven
    assert whose.startswith("who signed the checkpoints")
    assert cut.startswith("that no events were cut from the end")
    assert rewritten.startswith("that the 12 events that no signature covers were not cut or written anew")
    signed = judge(kept.contents, keys=kept.keys)
    assert signed.proven[1] == "12 of 12 events are those that checkpoint 2 was signed over"
    assert signed.unproven == (
        "that no events were cut from the end, together with their checkpoints: give an anchor",
    )
    anchored = judge(kept.contents, kept.late, keys=kept.keys)
    assert anchored.proven[2].startswith("nothing was cut from, or written anew in, the 12 events")
    assert anchored.unproven == ()


def test_a_tail_cut_behind_a_checkpoint_is_seen_by_the_checkpoint(kept):
    rows = [row for row in kept.contents.rows if row.product != "house" or row.seq <= 4]
    bad = judge(Contents(rows, kept.contents.checkpoints, []), keys=kept.keys).bad
    assert (bad.product, bad.seq, bad.what) == ("house", 5, "removed")


def cut(kept: Kept) -> Contents:
    """Both chains cut after their third event, and the checkpoint over the rest removed too."""
    return Contents([row for row in kept.contents.rows if row.seq <= 3], kept.contents.checkpoints[:1], [])


def test_a_tail_cut_with_its_checkpoint_is_seen_by_the_anchor_only(kept):
    assert judge(cut(kept), keys=kept.keys).ok
    assert judge(cut(kept), kept.early, keys=kept.keys).ok
    bad = judge(cut(kept), kept.late, keys=kept.keys).bad
    assert (bad.product, bad.seq, bad.what) == ("churn", 4, "removed")


def test_a_whole_product_that_vanished_is_seen_by_the_anchor(kept):
    rows = [row for row in kept.contents.rows if row.product != "churn"]
    bad = judge(Contents(rows, [], []), kept.early, keys={}).bad
    assert (bad.product, bad.seq, bad.what) == ("churn", 1, "removed")


def test_a_chain_written_anew_is_seen_by_signatures_and_by_the_anchor(kept):
    rows = rechained(kept.contents.rows, 5, actor="a-mallory")
    assert judge(Contents(rows, [], []), keys=kept.keys).ok
    for verdict in (
        judge(Contents(rows, kept.contents.checkpoints, []), keys=kept.keys),
        judge(Contents(rows, kept.contents.checkpoints[:1], []), kept.late, keys={}),
    ):
        assert (verdict.bad.product, verdict.bad.seq, verdict.bad.what) == ("churn", 6, "recomputed")
        assert "after event 3" in verdict.bad.detail


def test_a_checkpoint_that_was_removed_or_changed_is_named(kept):
    one, two = kept.contents.checkpoints
    cases = {
        "changed": [one._replace(text=one.text + " "), two],
        "removed": [two],
        "unsigned": [one, two._replace(signature=one.signature)],
    }
    for what, stamps in cases.items():
        bad = judge(Contents(kept.contents.rows, stamps, []), keys=kept.keys).bad
        assert (bad.product, bad.what) == ("", what)


def test_a_checkpoint_signed_by_a_stranger_does_not_pass(kept, tmp_path):
    ledger = MemoryLedger()
    ledger.load(Contents(rechained(kept.contents.rows, 2, actor="a-mallory"), [], []))
    add_checkpoint(ledger, registry.signer(tmp_path), at=NOON)
    bad = judge(contents_of(ledger), keys=kept.keys).bad
    assert (bad.what, "a stranger" in bad.detail) == ("unsigned", True)


def test_a_forged_anchor_is_no_anchor(kept):
    forged = kept.late._replace(checkpoint=kept.late.checkpoint._replace(signature="AAAA"))
    bad = judge(kept.contents, forged, keys=kept.keys).bad
    assert bad.detail == "the anchor is not as it was signed"


def test_events_added_after_the_anchor_are_no_fault_but_not_proven(kept):
    verdict = judge(kept.contents, kept.early, keys={})
    assert verdict.ok
    assert verdict.unproven[-1].startswith("that the 6 events that no signature covers")


@cache
def script(folder: Path) -> Path:
    path = folder / "verify.py"
    path.write_text(verifier_script())
    return path


def stand_alone(folder: Path, contents: Contents, *, anchor: Anchor | None, keys: dict[str, str]):
    (folder / "export.jsonl").write_bytes(b"".join(export_lines(contents.rows, contents.checkpoints, keys)))
    asked = [sys.executable, "-I", "-S", str(script(folder)), str(folder / "export.jsonl"), "--json"]
    for key_id, pem in keys.items():
        (folder / key_id).write_text(pem)
        asked += ["--key", str(folder / key_id)]
    if anchor:
        (folder / "anchor.json").write_bytes(write_anchor(anchor.checkpoint, public_key=anchor.public_key))
        asked += ["--anchor", str(folder / "anchor.json")]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


def in_json(verdict: Verdict) -> dict:
    bad = verdict.bad and {name: getattr(verdict.bad, name) for name in ("product", "seq", "what", "detail")}
    lists = {"proven": list(verdict.proven), "unproven": list(verdict.unproven), "bad": bad}
    return {name: getattr(verdict, name) for name in ("ok", "events", "products", "checkpoints")} | lists


@pytest.mark.parametrize("case", ["whole", "anchored", "cut", *(tamper.__name__ for tamper, _ in TAMPERINGS)])
def test_the_script_without_our_package_gives_the_same_answers(kept, tmp_path, case):
    anchor = kept.late if case in {"anchored", "cut"} else None
    contents = cut(kept) if case == "cut" else kept.contents
    tampering = {tamper.__name__: tamper for tamper, _ in TAMPERINGS}.get(case)
    if tampering:
        rows = list(contents.rows)
        tampering(rows, place("house", 2))
        contents = Contents(rows, contents.checkpoints, [])
    ours = judge(contents, anchor, keys=kept.keys)
    theirs = stand_alone(tmp_path, contents, anchor=anchor, keys=kept.keys)
    assert theirs.stderr == ""
    assert theirs.returncode == (0 if ours.ok else 1)
    assert json.loads(theirs.stdout) == in_json(ours)


def test_the_script_trusts_the_exports_own_keys_only_as_far_as_it_says(kept, tmp_path):
    keys = dict(kept.keys)
    (tmp_path / "export.jsonl").write_bytes(
        b"".join(export_lines(kept.contents.rows, kept.contents.checkpoints, keys))
    )
    asked = [sys.executable, "-I", "-S", script(tmp_path), tmp_path / "export.jsonl"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert said.startswith("whole: 12 events of 2 products\n  proven: ")
    assert f"not proven: that the export's own keys are yours: compare {next(iter(keys))}" in said


def test_the_script_refuses_what_is_no_whole_export(kept, tmp_path):
    lines = list(export_lines(kept.contents.rows, [], {}))
    for content, complaint in ((lines[:-1], "cut short"), ([*lines[:3], b"{\n"], "line 4")):
        (tmp_path / "export.jsonl").write_bytes(b"".join(content))
        asked = [sys.executable, "-I", "-S", script(tmp_path), tmp_path / "export.jsonl"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert (done.returncode, complaint in done.stderr) == (2, True)


@given(st.data())
def test_no_garbled_export_makes_the_verifier_stumble(kept, data):
    lines = b"".join(export_lines(kept.contents.rows, kept.contents.checkpoints, kept.keys)).decode()
    start = data.draw(st.integers(0, len(lines) - 1))
    length = data.draw(st.integers(1, 60))
    patch = data.draw(st.sampled_from(['"', "1", "null", "[]", "{}", "\\ud800", "\n", "9" * 400, ""]))
    garbled = lines[:start] + patch + lines[start + length :]
    try:
        held = read_export(garbled.split("\n")[:-1])
    except ValueError:
        return
    verdict = examine(held.rows, held.checkpoints, keys=held.keys, anchor=kept.late)
    untouched = (held.rows, held.checkpoints) == (kept.contents.rows, kept.contents.checkpoints)
    assert verdict.ok is untouched or held.keys != kept.keys


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"checkpoint":{},"public_key":1}', "[" * 100_000])
def test_what_is_no_anchor_is_told(text):
    with pytest.raises(UsageError, match="not an anchor"):
        read_anchor(text, where="x")


def test_the_plain_signature_check_agrees_with_the_library(tmp_path):
    signer = registry.signer(tmp_path)
    signature = signer.sign(b"facts")
    # the same number modulo the order of the group, which a strict check refuses
    stretched = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    cases = {
        (signature, b"facts"): True,
        (signature, b"fact"): False,
        (signature[:-1] + bytes([signature[-1] ^ 1]), b"facts"): False,
        (bytes([signature[0] ^ 1]) + signature[1:], b"facts"): False,
        (stretched, b"facts"): False,
        (signature[:63], b"facts"): False,
        (b"", b"facts"): False,
    }
    for (made, content), holds in cases.items():
        assert signed_by(signer.public_pem, made, content) is holds
        assert signatures.verify(signer.public_pem, made, content) is holds


def test_the_first_vector_of_the_standard_holds():
    # RFC 8032, section 7.1, test 1
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert signed_by(pem, signature, b"")
    assert signatures.verify(pem, signature, b"")
