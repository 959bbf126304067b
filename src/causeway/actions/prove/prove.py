"""Makes the evidence that files do not show: each part is done, written to the ledger, and told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import open_bundle
from causeway.actions.decide import existing_workspace, product_state
from causeway.actions.prove.baseline import measure
from causeway.actions.prove.endpoint import REFUSED, probe
from causeway.actions.prove.rehearsal import ROWS, rehearse
from causeway.actions.prove.scan import audited, scanned
from causeway.actions.prove.suite import ran
from causeway.actions.releases import chosen
from causeway.actions.run import run
from causeway.actions.stages.site import Workshop
from causeway.actions.verify import anchor_file, export_anchor
from causeway.actions.workspace import Workspace, load_product
from causeway.adapters import registry
from causeway.assess.verdicts_running import ENOUGH_JOINED, UNAUTHORISED
from causeway.core.errors import CausewayError, OutsideError, UsageError
from causeway.core.events import AnyFact
from causeway.core.ids import counted, short
from causeway.core.manifest import Manifest
from causeway.core.poc import Poc
from causeway.intake import read_poc

BASELINE, AGAIN, TESTS, ENDPOINT, ANCHOR = "baseline", "again", "tests", "endpoint", "anchor"
REHEARSAL, SCAN = "rehearsal", "scan"
PARTS = (BASELINE, AGAIN, TESTS, ENDPOINT)
"""What is done where nobody says which, in this order; then what its file is there for, and the anchor."""


class Part(Struct, frozen=True):
    """One part of the evidence: whether it speaks for the product, and in words what was seen."""

    name: str
    holds: bool
    says: str


class Proved(Struct, frozen=True):
    """What was made of the evidence; `status` is `proven`, or `not_proven` where a part does not hold."""

    product: str
    release: str
    parts: tuple[Part, ...]
    status: str
    next: str


@dataclass(frozen=True, slots=True)
class Proving:
    """What each part starts from."""

    work: Workspace
    folder: Path
    manifest: Manifest
    poc: Poc
    release: str
    report: Path | None
    say: Callable[[str], None]
    workshop: Workshop

    def wrote(self, fact: AnyFact) -> None:
        """Adds the fact to the ledger."""
        work = self.work
        work.ledger.append(self.manifest.product.name, [fact], actor=work.actor, at=work.clock.now())


def prove(
    folder: Path,
    *,
    only: Sequence[str] = (),
    report: Path | None = None,
    say: Callable[[str], None],
    workshop: Workshop = registry,
) -> Proved:
    """Every part of the evidence, or `only` these, for the latest release; one that fails stops no other."""
    wanted = tuple(only) or tuple(_usual(folder, report))
    for name in wanted:
        if name not in _DO:
            raise UsageError(f"there is no part {name}", hint=f"one of: {', '.join(_DO)}")
    work = existing_workspace(folder)
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    release = chosen(product_state(work, product), product, None)
    on = Proving(work, folder, manifest, read_poc(folder), release, report, say, workshop)
    parts = tuple(_part(on, name, alone=wanted == (name,)) for name in wanted)
    status = "proven" if all(part.holds for part in parts) else "not_proven"
    return Proved(product, release, parts, status, f"causeway check {folder}")


def _usual(folder: Path, report: Path | None) -> Iterator[str]:
    yield from PARTS
    if (folder / ROWS).is_file():
        yield REHEARSAL
    if report:
        yield SCAN
    yield ANCHOR


def _part(on: Proving, name: str, *, alone: bool) -> Part:
    on.say(f"{name} ...")
    try:
        holds, says = _DO[name](on)
    except CausewayError as error:
        if alone and isinstance(error, OutsideError):
            raise
        return Part(name, holds=False, says=f"{error.message}; {error.hint}")
    return Part(name, holds=holds, says=says)


def _baseline(on: Proving) -> tuple[bool, str]:
    if not on.manifest.kpi.query:
        return False, "nobody has written how it is computed: [kpi] query"
    fact = measure(on.work, on.folder, on.manifest, on.poc)
    on.wrote(fact)
    return True, f"{on.manifest.kpi.name or 'the measure'} is {fact.value:.4g} in {', '.join(fact.data)}"


def _again(on: Proving) -> tuple[bool, str]:
    made = run(on.work, on.folder, again=on.release, workshop=on.workshop)
    if made.again is None or not made.again.same:
        words = "; ".join(each.words for each in made.again.differences) if made.again else "no second run"
        return False, f"another release came out: {words}"
    return True, f"trained anew, the same release came out: {short(on.release)}"


def _tests(on: Proving) -> tuple[bool, str]:
    fact = ran(on.work, on.folder, on.manifest, on.poc, workshop=on.workshop, say=on.say)
    on.wrote(fact)
    if fact.why:
        return False, f"the tests did not end by themselves: {fact.why}"
    skipped = f", {fact.skipped:,} skipped" if fact.skipped else ""
    said = f"{counted(fact.passed, 'test')} passed, {fact.failed:,} failed{skipped}"
    return fact.passed > 0 and not fact.failed, said


def _endpoint(on: Proving) -> tuple[bool, str]:
    fact = probe(on.work, open_bundle(on.work, on.release), records=on.manifest.serving.records)
    on.wrote(fact)
    holds = all(
        (
            fact.anonymous == UNAUTHORISED,
            fact.described,
            fact.inferred,
            fact.answered == fact.asked == fact.tagged,
            fact.refused == REFUSED,
            fact.told == fact.watched,
        )
    )
    return holds, (
        f"{fact.answered} of {fact.asked} answered in {fact.median * 1000:.2g} ms, {fact.tagged} on record; "
        f"without a key {fact.anonymous}; {fact.told} of {fact.watched} inputs tell what is outside"
    )


def _rehearsal(on: Proving) -> tuple[bool, str]:
    done = rehearse(on.work, on.folder, on.manifest, on.poc, release=on.release)
    apart = f", {done.set_apart:,} set apart" if done.set_apart else ""
    asked = f"{done.answered:,} of {counted(done.rows, 'row')} of {ROWS} answered{apart}"
    return done.known >= ENOUGH_JOINED * done.rows, f"{asked}; {done.known:,} have an outcome on record"


def _scan(on: Proving) -> tuple[bool, str]:
    bundle = open_bundle(on.work, on.release)
    place = on.work.bundle(on.release)
    if on.report:
        fact = scanned(on.work, bundle.release, place, on.report)
    else:
        on.say("asking pip-audit, which asks its own service")
        fact = audited(on.work, bundle.release, place)
    on.wrote(fact)
    weak = ", ".join(fact.weak)
    said = f"{fact.covered} of {counted(fact.packages, 'package')} looked up by {fact.tool}"
    return (
        fact.covered == fact.packages and not weak,
        f"{said}; {f'known: {weak}' if weak else 'nothing known'}",
    )


def _anchor(on: Proving) -> tuple[bool, str]:
    first = on.work.ledger.read(on.manifest.product.name)[0].hash
    place = anchor_file(first)
    stamp = export_anchor(on.work, place)
    return True, f"checkpoint {stamp.seq} is kept in {place}"


_DO: dict[str, Callable[[Proving], tuple[bool, str]]] = {
    BASELINE: _baseline,
    AGAIN: _again,
    TESTS: _tests,
    ENDPOINT: _endpoint,
    REHEARSAL: _rehearsal,
    SCAN: _scan,
    ANCHOR: _anchor,
}
