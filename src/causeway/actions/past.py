"""What the ledger of a folder and its releases already know, for judges that only look."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.bill.billed import reconciled_lately
from causeway.actions.bundles import prove
from causeway.actions.past_proofs import with_outcomes, with_proofs, with_words
from causeway.actions.probe import anonymous_status
from causeway.actions.source import digest_file
from causeway.actions.trained import trained
from causeway.actions.verify import SHORT_EVENTS, anchor_file, in_words, read_anchor_file
from causeway.actions.watch.kept import kept
from causeway.actions.workspace import STATE, keys_folder
from causeway.adapters import registry
from causeway.assess.access_masks import as_masked
from causeway.assess.evidence import Chain, Facts, Looked, SourceChecked, facts_from
from causeway.assess.lineage import is_connected, names_of_sources
from causeway.core.bundle import RELEASE
from causeway.core.clock import Clock, SystemClock
from causeway.core.contract import ContractReport
from causeway.core.contract_text import read_contract, write_contract
from causeway.core.errors import CausewayError
from causeway.core.events import DataRead, Event
from causeway.core.ids import digest_of, is_product_name
from causeway.core.manifest import DataPart, Manifest
from causeway.core.release import Release
from causeway.ledger import Ledger, open_ledger
from causeway.ledger import verify as verify_ledger
from causeway.views import product, run

LINEAGE = "lineage.json"
CONTRACT_STAGE = "contract"


class _Held(Struct, frozen=True):
    """What the contract's stage left."""

    report: ContractReport


def facts_in_ledger(folder: Path, manifest: Manifest, *, clock: Clock | None = None) -> Facts:
    """The facts of this product, none when the folder has no ledger; writes nothing, and makes nothing."""
    home = next(
        (place for place in (folder.resolve(), *folder.resolve().parents) if (place / STATE).is_dir()), None
    )
    url = os.environ.get("CAUSEWAY_LEDGER") or (home / STATE / "ledger.db" if home else None)
    if home is None or url is None or (isinstance(url, Path) and not url.is_file()):
        return Facts()
    ledger = open_ledger(url, only_read=True)
    try:
        events = ledger.read(manifest.product.name)
        whole = _chain(ledger, events[0].hash) if events else None
        names = {each.id: each.name for each in ledger.actors()}
        both = reconciled_lately(home / STATE, ledger, manifest.product.name, clock or SystemClock())
    finally:
        ledger.close()
    if not events:
        return Facts()
    state = product.fold(events)
    facts = structs.replace(
        facts_from(state, at=(clock or SystemClock()).now()),
        chain=whole,
        anonymous_status=anonymous_status(home / STATE, manifest.product.name),
        looked=_looked(home / STATE, manifest.product.name),
        reconciled=both,
    )
    facts = with_words(facts, events, folder, manifest, names)
    facts = with_outcomes(facts, events, state, manifest)
    if state.latest is None:
        return facts
    digest = state.latest.release
    facts = _with_release(facts, digest, events, state=home / STATE, folder=folder, manifest=manifest)
    return with_proofs(facts, events, folder, manifest, home / STATE / "releases" / digest.rpartition(":")[2])


def _looked(state: Path, name: str) -> Looked | None:
    last = kept(state, name) if is_product_name(name) else None
    return Looked(last.at, last.release, last.sights) if last else None


def _chain(ledger: Ledger, first: str) -> Chain | None:
    """What verifying every event finds; None where there are so many that a look would take too long."""
    if sum(head.seq for head in ledger.heads()) > SHORT_EVENTS:
        return None
    place = anchor_file(first)
    try:
        anchor = read_anchor_file(place)
    except CausewayError:
        anchor = None
    verdict = verify_ledger(ledger, keys=registry.trusted_keys(keys_folder()), anchor=anchor)
    held = anchor is not None
    return Chain(verdict.ok, verdict.events, held, in_words(verdict), str(place) if held else "")


def _with_release(
    facts: Facts, digest: str, events: Sequence[Event], *, state: Path, folder: Path, manifest: Manifest
) -> Facts:
    """The facts with what the latest release proves; without it where its bundle is gone."""
    bundle = state / "releases" / digest.rpartition(":")[2]
    described = _content(bundle / RELEASE)
    if described is None:
        return facts
    release = _release(described)
    if release is None:
        return facts
    lineage = _content(bundle / LINEAGE)
    made = product.fold(events).releases.get(digest)
    return structs.replace(
        facts,
        release=release,
        trained=trained(events, made.run, bundle) if made else None,
        signature_holds=_holds(bundle, digest),
        sources=tuple(_sources(events, digest, state=state, folder=folder, manifest=manifest)),
        data_resolves=_resolves(release, folder, manifest, lineage),
        lineage_connected=_connected(lineage),
    )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _release(described: bytes) -> Release | None:
    try:
        return msgspec.json.decode(described, type=Release)
    except msgspec.MsgspecError:
        return None


def _holds(bundle: Path, digest: str) -> bool:
    """Whether a key that is trusted here signed it, and every byte is what was signed."""
    try:
        prove(bundle, digest)
    except (CausewayError, OSError):
        return False
    return True


def _sources(
    events: Sequence[Event], release: str, *, state: Path, folder: Path, manifest: Manifest
) -> Iterator[SourceChecked]:
    """The contract in force of the first source, and what the run that made the release found with it."""
    made = next((seen for seen in reversed(run.fold(events).runs.values()) if seen.release == release), None)
    part = manifest.data[0] if manifest.data else None
    contract = _content(folder / part.contract) if part and part.contract else None
    if part is None or contract is None or made is None:
        return
    # what was brought from outside is held once more before, and that leaves no report
    for stage in (done for done in reversed(made.stages) if done.stage == CONTRACT_STAGE):
        try:
            result = registry.artifact_store(state / "artifacts").get(stage.result)
            held = msgspec.json.decode(result, type=_Held)
        except (CausewayError, msgspec.MsgspecError):
            continue
        yield SourceChecked(part.name, _in_force(contract, part, events, made.run), held.report)
        return


def _in_force(contract: bytes, part: DataPart, events: Sequence[Event], run: str) -> str:
    """The digest of the contract as the run had it: without what masking took away."""
    reads = (event.fact for event in events if isinstance(event.fact, DataRead))
    masked = next((read.masked for read in reads if (read.run, read.source) == (run, part.name)), {})
    if not masked:
        return digest_of(contract)
    described = read_contract(contract.decode("utf-8-sig"), where=part.contract)
    return digest_of(write_contract(as_masked(described, part.name, masked)).encode())


def _resolves(release: Release, folder: Path, manifest: Manifest, lineage: bytes | None) -> bool | None:
    """Whether the data is still in the folder as the release names it; None where it names none."""
    wanted = release.inputs.get("data", "")
    if not wanted:
        return None
    names = [part.path for part in manifest.data if part.path]
    names += names_of_sources(lineage) if lineage else []
    return any((folder / name).is_file() and digest_file(folder / name) == wanted for name in names)


def _connected(lineage: bytes | None) -> bool | None:
    try:
        return None if lineage is None else is_connected(lineage)
    except msgspec.MsgspecError:
        return False
