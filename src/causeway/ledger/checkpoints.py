"""Checkpoints: the heads of all chains at one moment, signed, each naming the one before it."""

import base64
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from msgspec import Struct

from causeway.core.errors import Conflict, UsageError
from causeway.core.events import GENESIS
from causeway.core.ids import canonical_json, digest_of
from causeway.ledger import verifier
from causeway.ledger.chain import Anchor, Checkpoint
from causeway.ledger.ledger import BrokenLedger, Head, Ledger

ANCHOR_KIND = "causeway.anchor"


class Signs(Protocol):
    """A key's name and how to sign with it."""

    @property
    def key_id(self) -> str:
        """The name of the key."""
        ...

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes."""
        ...


class Stamp(Struct, frozen=True, tag_field="kind", tag="causeway.checkpoint"):
    """What a checkpoint's text says."""

    seq: int
    at: datetime
    prev: str
    heads: tuple[Head, ...]


_stamp = msgspec.json.Decoder(Stamp).decode


def add_checkpoint(ledger: Ledger, signer: Signs, *, at: datetime) -> Checkpoint:
    """A signed checkpoint over all chains as they are; the last one again when nothing was written since."""
    while True:
        kept = ledger.checkpoints()
        heads = tuple(ledger.heads())
        if kept and _heads_of(kept[-1]) == heads:
            return kept[-1]
        made = sign_checkpoint(kept[-1] if kept else None, heads, at=at, signer=signer)
        try:
            ledger.add_checkpoint(made)
        except Conflict:
            # another process signed the same number first: ours comes after it
            continue
        return made


def sign_checkpoint(
    last: Checkpoint | None, heads: tuple[Head, ...], *, at: datetime, signer: Signs
) -> Checkpoint:
    """The checkpoint that follows `last`."""
    stamp = Stamp(
        seq=last.seq + 1 if last else 1,
        at=at.astimezone(UTC),
        prev=last.hash if last else GENESIS,
        heads=heads,
    )
    text = canonical_json(stamp)
    signature = base64.b64encode(signer.sign(text)).decode()
    return Checkpoint(stamp.seq, digest_of(text), text.decode(), signer.key_id, signature)


def _heads_of(checkpoint: Checkpoint) -> tuple[Head, ...]:
    try:
        return _stamp(checkpoint.text).heads
    except msgspec.DecodeError as error:
        raise BrokenLedger(
            f"checkpoint {checkpoint.seq} cannot be read: {error}", hint="look at it: causeway verify"
        ) from error


def write_anchor(checkpoint: Checkpoint, *, public_key: str) -> bytes:
    """The text of an anchor file: to be kept where whoever holds the database cannot write."""
    anchor = {"kind": ANCHOR_KIND, "checkpoint": checkpoint._asdict(), "public_key": public_key}
    return msgspec.json.format(canonical_json(anchor)) + b"\n"


def read_anchor(text: str, *, where: str) -> Anchor:
    """The anchor that was written as this text."""
    try:
        return verifier.read_anchor(text)
    except ValueError as error:
        raise UsageError(
            str(error), where=where, hint="give the file that causeway verify --export-anchor wrote"
        ) from error
