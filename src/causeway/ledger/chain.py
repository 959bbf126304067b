"""Whether a chain of events is the one that was written: pure functions over rows, standard library only."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from causeway.ledger.ed25519 import signed_by

GENESIS = "sha256:" + "0" * 64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Check = Callable[[str, bytes, bytes], bool]


class Row(NamedTuple):
    """An event as it lies in the store: its columns, and the exact text that was hashed."""

    product: str
    seq: int
    at: int
    """Microseconds since 1970, UTC."""
    hash: str
    text: str


class Checkpoint(NamedTuple):
    """The heads of all chains at one moment, signed; `text` names the checkpoint before it."""

    seq: int
    hash: str
    text: str
    key_id: str
    signature: str
    """Base64."""


class Anchor(NamedTuple):
    """A checkpoint that was taken out of the database, with the public key it was signed with."""

    checkpoint: Checkpoint
    public_key: str


class Witness(NamedTuple):
    """That event `seq` of a chain had this hash when `source` was signed."""

    seq: int
    hash: str
    source: str


class Bad(NamedTuple):
    """The first thing that is not as it was written; `product` is empty for a checkpoint or an anchor."""

    product: str
    seq: int
    what: str
    """`changed`, `removed`, `inserted`, `reordered`, `recomputed` or `unsigned`."""
    detail: str


class Verdict(NamedTuple):
    """What was found, what that proves, and what it cannot prove."""

    ok: bool
    events: int
    products: int
    checkpoints: int
    bad: Bad | None
    proven: list[str]
    unproven: list[str]


class Place(NamedTuple):
    """A row, and what its text says about itself; `body` is empty when the text is not what was hashed."""

    row: Row
    body: dict[str, Any]


def examine(
    rows: Iterable[Row],
    checkpoints: Iterable[Checkpoint],
    *,
    keys: dict[str, str],
    anchor: Anchor | None = None,
    check: Check | None = None,
) -> Verdict:
    """Whether these events are as they were written; `keys` are the public keys to be trusted, by id."""
    chains: dict[str, list[Row]] = {}
    for row in rows:
        chains.setdefault(row.product, []).append(row)
    stamps = list(checkpoints)
    check = check or signed_by
    if anchor and keys:
        keys = {**keys, anchor.checkpoint.key_id: anchor.public_key}
    bad_stamp = bad_checkpoint(stamps, keys, anchor, check)
    forged = bad_anchor(anchor, check)
    witnesses = testimony(stamps[: bad_stamp.seq - 1] if bad_stamp else stamps, None if forged else anchor)
    bad = None
    for product in sorted({*chains, *witnesses}):
        bad = first_bad(product, chains.get(product, []), sorted(witnesses.get(product, [])))
        if bad:
            break
    bad = bad or forged or bad_stamp
    events = sum(map(len, chains.values()))
    proven, unproven = ([], []) if bad else claims(chains, stamps, keys, anchor)
    return Verdict(bad is None, events, len(chains), len(stamps), bad, proven, unproven)


def first_bad(product: str, rows: list[Row], witnesses: list[Witness]) -> Bad | None:
    """The first event of this chain that is not as it was written."""
    places = [Place(row, body_of(row)) for row in rows]
    vouched = {witness.seq: witness for witness in witnesses}
    previous = GENESIS
    for number, place in enumerate(places, 1):
        bad = (
            misplaced(product, number, places)
            or changed(product, number, place)
            or unlinked(product, number, places, previous, vouched)
            or disowned(product, number, places, witnesses)
        )
        if bad:
            return bad
        previous = place.row.hash
    last = len(places)
    cut = next((witness for witness in witnesses if witness.seq > last), None)
    if cut:
        seen = f"{cut.source} saw {cut.seq} of them"
        return Bad(product, last + 1, "removed", f"the chain ends after {last} events, but {seen}")
    return None


def body_of(row: Row) -> dict[str, Any]:
    """What an intact text says; empty when it is not what was hashed, or no event."""
    if digest_of(row.text) != row.hash:
        return {}
    try:
        body = json.loads(row.text)
        kinds = {"product": str, "seq": int, "at": str, "prev": str}
        return body if all(isinstance(body[name], kind) for name, kind in kinds.items()) else {}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def misplaced(product: str, number: int, places: list[Place]) -> Bad | None:
    """Whether another event stands at this number than the one that was written there."""
    row, body = places[number - 1]
    if body and body["product"] != product:
        return Bad(product, number, "inserted", f"this event was written for product {body['product']}")
    claimed = body["seq"] if body else row.seq
    if claimed == number:
        return None
    if claimed == number - 1:
        return Bad(product, claimed, "inserted", f"there are two events that say they are number {claimed}")
    if claimed < number:
        return Bad(product, number, "inserted", f"event {claimed} stands here a second time")
    if any(number in (later.row.seq, later.body.get("seq")) for later in places[number:]):
        return Bad(product, number, "reordered", f"event {claimed} stands in its place")
    return Bad(product, number, "removed", f"event {claimed} stands where event {number} was")


def changed(product: str, number: int, place: Place) -> Bad | None:
    """Whether the text or a column differs from what was written."""
    row, body = place
    if not body:
        return Bad(product, number, "changed", "its text does not have the digest that is stored with it")
    if row.seq != number:
        return Bad(product, number, "changed", f"its number was made {row.seq}")
    if microseconds(body["at"]) != row.at:
        return Bad(product, number, "changed", "its time differs from the time in its text")
    return None


def unlinked(
    product: str, number: int, places: list[Place], previous: str, vouched: dict[int, Witness]
) -> Bad | None:
    """Whether this event follows another one than its predecessor, and which of the two is to blame."""
    if places[number - 1].body["prev"] == previous:
        return None
    follower = places[number].body.get("prev") if number < len(places) else None
    itself = follower is not None and follower != places[number - 1].row.hash
    before = vouched.get(number - 1)
    if number == 1 or itself or (before and before.hash == previous):
        return Bad(product, number, "changed", "it does not follow from the event before it")
    return Bad(product, number - 1, "changed", f"event {number} follows from another event {number - 1}")


def disowned(product: str, number: int, places: list[Place], witnesses: list[Witness]) -> Bad | None:
    """Whether a signature says that another event stood here."""
    found = places[number - 1].row.hash
    denied = [witness for witness in witnesses if witness.seq == number and witness.hash != found]
    if not denied:
        return None
    saw = f"{denied[0].source} saw another event here"
    follower = places[number].body if number < len(places) else {}
    if follower.get("seq") == number:
        return Bad(product, number, "inserted", saw)
    if follower and follower["prev"] != found:
        return Bad(product, number, "changed", saw)
    good = max((witness.seq for witness in witnesses if witness.seq < number), default=0)
    return Bad(product, number, "recomputed", f"{saw}: the chain was written anew after event {good}")


def testimony(stamps: list[Checkpoint], anchor: Anchor | None) -> dict[str, list[Witness]]:
    """What checkpoints and the anchor say about each chain."""
    sources = [(stamp, f"checkpoint {stamp.seq}") for stamp in stamps]
    if anchor:
        sources.append((anchor.checkpoint, "the anchor"))
    found: dict[str, list[Witness]] = {}
    for stamp, source in sources:
        for head in stamp_body(stamp).get("heads", []):
            found.setdefault(head["product"], []).append(Witness(head["seq"], head["hash"], source))
    return found


def stamp_body(stamp: Checkpoint) -> dict[str, Any]:
    """What an intact checkpoint says; empty when it is none."""
    if digest_of(stamp.text) != stamp.hash:
        return {}
    try:
        body = json.loads(stamp.text)
        heads = [(str(head["product"]), int(head["seq"]), str(head["hash"])) for head in body["heads"]]
        return {**body, "heads": [dict(zip(("product", "seq", "hash"), head, strict=True)) for head in heads]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def bad_anchor(anchor: Anchor | None, check: Check) -> Bad | None:
    """What is wrong with the anchor itself."""
    if not anchor:
        return None
    stamp = anchor.checkpoint
    if not stamp_body(stamp) or not signature_holds(stamp, anchor.public_key, check):
        return Bad("", stamp.seq, "changed", "the anchor is not as it was signed")
    return None


def bad_checkpoint(
    stamps: list[Checkpoint], keys: dict[str, str], anchor: Anchor | None, check: Check
) -> Bad | None:
    """The first checkpoint that is not as it was signed, or is missing."""
    previous = GENESIS
    for number, stamp in enumerate(stamps, 1):
        body = stamp_body(stamp)
        if not body or body.get("seq") != stamp.seq:
            return Bad("", number, "changed", f"checkpoint {number} is not as it was written")
        if stamp.seq != number or body.get("prev") != previous:
            return Bad("", number, "removed", f"checkpoint {stamp.seq} does not follow the one before it")
        if keys and stamp.key_id not in keys:
            return Bad("", number, "unsigned", f"checkpoint {number} is signed by {stamp.key_id}, a stranger")
        if keys and not signature_holds(stamp, keys[stamp.key_id], check):
            return Bad("", number, "unsigned", f"the signature of checkpoint {number} does not hold")
        previous = stamp.hash
    if anchor and not any(stamp.hash == anchor.checkpoint.hash for stamp in stamps):
        gone = anchor.checkpoint.seq
        return Bad("", gone, "removed", f"checkpoint {gone}, which the anchor holds, is gone")
    return None


def signature_holds(stamp: Checkpoint, public_key: str, check: Check) -> bool:
    """Whether the signature of this checkpoint was made with this key."""
    try:
        return check(public_key, base64.b64decode(stamp.signature, validate=True), stamp.text.encode())
    except (binascii.Error, ValueError):
        return False


def claims(
    chains: dict[str, list[Row]], stamps: list[Checkpoint], keys: dict[str, str], anchor: Anchor | None
) -> tuple[list[str], list[str]]:
    """What a ledger without a fault proves, and what it cannot prove."""
    events = sum(map(len, chains.values()))
    proven = ["no event was changed, removed, inserted or moved, unless all that follow it were written anew"]
    unproven: list[str] = []
    covered = 0
    if stamps and keys:
        covered = covered_by(stamps[-1])
        proven.append(
            f"{covered} of {events} events are those that checkpoint {stamps[-1].seq} was signed over"
        )
    if stamps and not keys:
        unproven.append("who signed the checkpoints: there is no public key to check them with")
    if anchor:
        held = covered_by(anchor.checkpoint)
        covered = max(covered, held)
        proven.append(f"nothing was cut from, or written anew in, the {held} events that the anchor holds")
    else:
        unproven.append(
            "that no events were cut from the end, together with their checkpoints: give an anchor"
        )
    if events > covered:
        bare = f"the {events - covered} events that no signature covers"
        unproven.append(f"that {bare} were not cut or written anew by whoever has the database")
    return proven, unproven


def covered_by(stamp: Checkpoint) -> int:
    """How many events this checkpoint was signed over."""
    return sum(head["seq"] for head in stamp_body(stamp)["heads"])


def digest_of(text: str) -> str:
    """The name of a text's bytes."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def microseconds(text: str) -> int:
    """A time in UTC, `2026-03-01T09:00:00.250000Z`, as microseconds since 1970; -1 if it is none."""
    try:
        return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError):
        return -1
