"""Prove the ledger whole, sign what is proven, and hand it to others to prove for themselves."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import structs

from causeway.actions.bundles import prove
from causeway.actions.segments import profile_path, segment_digest
from causeway.actions.workspace import Workspace, keys_folder, write_whole
from causeway.adapters import registry
from causeway.core.errors import CausewayError, NotFound, OutsideError, Refused, remedy
from causeway.core.events import Event, ReleaseMade, SegmentSealed
from causeway.core.ids import counted, short
from causeway.core.keeping import RecordsLost, SegmentErased
from causeway.ledger import (
    Anchor,
    Checkpoint,
    Contents,
    Fault,
    Verdict,
    add_checkpoint,
    read_anchor,
    write_anchor,
)
from causeway.ledger.export import export_lines, verifier_script
from causeway.ledger.verify import contents_of, judge
from causeway.views.segments import follow

SHORT_EVENTS = 50_000
MAX_NAMED = 5
NOT_LOOKED_AT = (
    "who the actors are: their names lie in a directory outside the chain, so that they can be erased"
)


NOT_ERASED = "not erased"
ANCHORS = "anchors"
KEPT = "CAUSEWAY_ANCHOR"
"""Environment variable that names the file with the anchor, wherever it is kept."""


class NotWhole(Refused):
    """The ledger is not as it was written."""

    code = "not_whole"


def verify(work: Workspace, *, anchor: Path | None = None) -> Verdict:
    """The verdict on the workspace's ledger, against an anchor file if there is one."""
    known = read_anchor_file(anchor) if anchor else None
    contents = contents_of(work.ledger)
    whole = _with_segments(work, judge(contents, known, keys=registry.trusted_keys(keys_folder())))
    return whole if whole.bad else _with_releases(work, whole)


def release_proofs(work: Workspace) -> Iterator[tuple[str, Fault | None]]:
    """For every release that the ledger names and whose bundle is here, what is wrong with it, or None."""
    for product in work.ledger.products():
        for event in work.ledger.read(product):
            if isinstance(event.fact, ReleaseMade) and work.bundle(event.fact.release).is_dir():
                yield event.fact.release, _release_fault(work, event, event.fact.release)


def segment_faults(work: Workspace) -> Iterator[Fault | None]:
    """For every segment that the ledger names, what is wrong with its file, or None."""
    for product in work.ledger.products():
        live: list[SegmentSealed] = []
        events: dict[str, Event] = {}
        erased: list[tuple[Event, SegmentErased]] = []
        for event in work.ledger.read(product):
            if isinstance(event.fact, SegmentSealed | SegmentErased):
                follow(live, event.fact)
            match event.fact:
                case SegmentSealed() as fact:
                    events[fact.segment] = event
                case SegmentErased() as fact:
                    erased.append((event, fact))
                case _:
                    pass
        yield from (_fault(work, events[fact.segment], fact) for fact in live)
        there = {fact.path for fact in live}
        left = (_left(work, event, fact) for event, fact in erased if fact.path not in there)
        yield from filter(None, left)


def losses(work: Workspace, product: str) -> str:
    """How many answers of the product have no record, when and why, in words; empty where none is known."""
    lost = [event.fact for event in work.ledger.read(product) if isinstance(event.fact, RecordsLost)]
    if not lost:
        return ""
    rows, first, last = sum(f.rows for f in lost), min(f.first_at for f in lost), max(f.last_at for f in lost)
    why = ", ".join(dict.fromkeys(fact.because for fact in lost))
    between = f"between {first:%Y-%m-%d %H:%M:%S} and {last:%Y-%m-%d %H:%M:%S} UTC"
    return f"{counted(rows, 'answer')} of {product} went out without a record, {between} ({why})"


def checkpoint_if_short(work: Workspace) -> None:
    """Signs what was just written, where proving the ledger takes no time worth speaking of."""
    # what was done is done, signed or not; `verify` says how far it is proven
    with suppress(CausewayError, OSError):
        if sum(head.seq for head in work.ledger.heads()) < SHORT_EVENTS:
            checkpoint(work)


def checkpoint(work: Workspace) -> Checkpoint:
    """A signed checkpoint over all chains, once they are proven whole; the last one when nothing is new."""
    whole_contents(work)
    return add_checkpoint(work.ledger, registry.signer(keys_folder()), at=work.clock.now())


def whole_contents(work: Workspace) -> Contents:
    """Everything the ledger holds; raises NotWhole when it is not as it was written."""
    contents = contents_of(work.ledger)
    verdict = judge(contents, keys=registry.trusted_keys(keys_folder()))
    if verdict.bad:
        raise NotWhole(
            f"the ledger is not whole: {in_words(verdict)}",
            where=work.ledger.location,
            hint="keep it as it is, and see: causeway verify",
        )
    return contents


def export_anchor(work: Workspace, to: Path) -> Checkpoint:
    """Writes the newest checkpoint, made now if anything is new, to a file that proves it later."""
    stamp = checkpoint(work)
    write_whole(to, anchor_text(stamp))
    return stamp


def _with_segments(work: Workspace, verdict: Verdict) -> Verdict:
    lost = [said for product in work.products() if (said := losses(work, product))]
    unproven = (
        *verdict.unproven,
        NOT_LOOKED_AT,
        *(f"that all answers are on record: {said}" for said in lost),
    )
    if verdict.bad:
        return structs.replace(verdict, unproven=unproven)
    whole = 0
    for fault in segment_faults(work):
        if fault:
            return structs.replace(verdict, ok=False, bad=fault, unproven=unproven)
        whole += 1
    proven = (*verdict.proven, f"that {counted(whole, 'segment')} of records and outcomes are as sealed")
    return structs.replace(verdict, proven=proven if whole else verdict.proven, unproven=unproven)


def _with_releases(work: Workspace, verdict: Verdict) -> Verdict:
    whole: list[str] = []
    for release, fault in release_proofs(work):
        if fault:
            return structs.replace(verdict, ok=False, bad=fault)
        whole.append(short(release))
    named = f"{', '.join(whole[:MAX_NAMED])}{' and others' if len(whole) > MAX_NAMED else ''}"
    line = f"that every file of {counted(len(whole), 'release')} is as signed: {named}"
    return structs.replace(verdict, proven=(*verdict.proven, line)) if whole else verdict


def _release_fault(work: Workspace, event: Event, release: str) -> Fault | None:
    try:
        prove(work.bundle(release), release)
    except Refused as refused:
        return Fault(
            event.body.product,
            event.body.seq,
            "not as signed",
            refused.message,
            file=f"release {short(release)}",
        )
    return None


def _fault(work: Workspace, event: Event, fact: SegmentSealed) -> Fault | None:
    for path, digest in ((fact.path, fact.segment), (profile_path(fact.path), fact.profile)):
        found = segment_digest(work, path) if digest else ""
        if found is None:
            what, detail = "missing", "it is not there; a backup holds the ledger only, so copy segments too"
        elif found != digest:
            what, detail = "changed", "its bytes are not those that were sealed"
        else:
            continue
        return Fault(event.body.product, event.body.seq, what, detail, file=path)
    return None


def _left(work: Workspace, event: Event, fact: SegmentErased) -> Fault | None:
    """What is wrong where a segment that was erased lies there all the same."""
    if segment_digest(work, fact.path) is None:
        return None
    detail = "rows that were erased lie here still; `causeway erase`, of anybody, removes them"
    return Fault(event.body.product, event.body.seq, NOT_ERASED, detail, file=fact.path)


def anchor_text(stamp: Checkpoint) -> bytes:
    """The checkpoint as an anchor, with the public key that it was signed with."""
    public_key = registry.trusted_keys(keys_folder()).get(stamp.key_id)
    if public_key is None:
        raise NotFound(
            f"checkpoint {stamp.seq} is signed by {stamp.key_id}, whose public key is not here",
            where=str(keys_folder()),
            hint="copy its .pub.pem there from the machine that signed",
        )
    return write_anchor(stamp, public_key=public_key)


def export(work: Workspace, to: Path) -> None:
    """Writes the ledger as lines of JSON, whole or not; it holds no names of people."""
    contents, keys = contents_of(work.ledger), registry.trusted_keys(keys_folder())
    write_whole(to, b"".join(export_lines(contents.rows, contents.checkpoints, keys)))


def export_verifier(to: Path) -> None:
    """Writes the stand-alone script that checks an export with nothing but Python."""
    write_whole(to, verifier_script().encode())


def in_words(verdict: Verdict) -> str:
    """The first fault, for a person; empty when there is none."""
    if verdict.bad is None:
        return ""
    if verdict.bad.file:
        named = f"named by event {verdict.bad.seq} of {verdict.bad.product}"
        return f"{verdict.bad.file}, {named}, is {verdict.bad.what}: {verdict.bad.detail}"
    where = f"event {verdict.bad.seq} of {verdict.bad.product} was " if verdict.bad.product else ""
    return f"{where}{verdict.bad.what}: {verdict.bad.detail}"


def anchor_file(first: str) -> Path:
    """Where the anchor of the ledger is kept whose product begins with the event of this hash."""
    named = os.environ.get(KEPT)
    return Path(named) if named else keys_folder() / ANCHORS / f"{short(first)}.json"


def read_anchor_file(path: Path) -> Anchor:
    """The anchor that was kept in this file."""
    try:
        return read_anchor(path.read_text(encoding="utf-8", errors="replace"), where=str(path))
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}", hint="name the anchor that you kept") from None
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}", hint=remedy(error)) from error
