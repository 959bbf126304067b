"""Makes a release live: plan, agree, route. Nothing changes before somebody agreed."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, convert

from causeway.actions.against_live import against_live
from causeway.actions.bundles import Bundle, Row, open_bundle
from causeway.actions.canary_start import kpi_trial, tried
from causeway.actions.check import judged
from causeway.actions.decide import decide, product_state
from causeway.actions.funded import unfunded
from causeway.actions.instance import HOST, PORT, Instance, running
from causeway.actions.keys import new_key
from causeway.actions.measures import still_in_force
from causeway.actions.releases import chosen
from causeway.actions.routes import SANDBOX, fallback_of, publish
from causeway.actions.verify import checkpoint_if_short
from causeway.actions.workers import check_worker, worker_speed
from causeway.actions.workspace import Workspace, load_product
from causeway.assess.quality_gate import beside_live
from causeway.assess.shipping import Judgement, judge
from causeway.core.canary import CanaryStarted, KpiTrial, Limits
from causeway.core.comparison import Comparison
from causeway.core.errors import Conflict, Refused, UsageError
from causeway.core.events import AnyFact, FindingWaived, KeyIssued, ProductDeclared, TrafficRouted
from causeway.core.finding import Finding
from causeway.core.ids import canonical_json, short
from causeway.core.manifest import CanaryPart, DecisionPart, Manifest
from causeway.core.release import Evaluation, Parity, Speed
from causeway.intake import read_poc
from causeway.views.product import ProductState, Waiver

SANDBOX_REQUESTS_PER_MINUTE = 600


class Plan(Struct, frozen=True):
    """What shipping would do, and what is known about the release; nothing has happened yet."""

    product: str
    stage: str
    release: str
    before: dict[str, int]
    after: dict[str, int]
    requests_per_minute: int | None
    evaluation: Evaluation
    parity: Parity
    judgement: Judgement
    waives: tuple[FindingWaived, ...]
    new_key: bool
    address: str
    serving: bool
    """Whether `causeway up` runs now."""
    start: str
    already_live: bool
    """Whether shipping would change nothing."""
    undo: str
    example: Row
    comparison: Comparison | None = None
    """With what is live, where another release is."""
    not_compiled: str = ""
    """Why a process with the model itself answers, where one does."""
    speed: Speed | None = None
    """How fast that process was when the release was made."""
    steps: tuple[int, ...] = ()
    """The shares of the traffic, in percent, on which it is tried one after the other; none: all at once."""
    shadow: bool = False
    """Whether it is only asked beside, and nobody gets its answers."""
    limits: CanaryPart | None = None
    """What decides about the trial."""
    kpi: KpiTrial | None = None
    """The business measure as the trial compares it, where the manifest says so."""


class Trial(Struct, frozen=True):
    """That a release is tried first: from this share on, by the manifest's steps, or in the shadow."""

    percent: int | None = None
    shadow: bool = False


class Shipped(Struct, frozen=True):
    """What came of it: `shipped`, `on_trial`, `already_live` or `declined`; `token` only with a new key."""

    status: str
    plan: Plan
    live: dict[str, int]
    key: str = ""
    token: str = ""
    trouble: str = ""
    """Why the running gateway does not answer with it, if it does not."""
    declared: bool = False
    """Whether nothing but the promise changed: the live release is served as the manifest says now."""


class Blocked(Refused):
    """The release may not go live."""

    code = "blocked"

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        named = "; ".join(f"{finding.code}: {finding.title}" for finding in plan.judgement.blocking)
        code = plan.judgement.blocking[0].code
        waive = f'causeway ship {shlex.quote(str(folder))} --waive {code} --because "..."'
        super().__init__(
            f"release {short(plan.release)} of {plan.product} may not go live: {named}",
            hint=f"mend it and run again, or take it on yourself: {waive}",
        )


def ship(
    work: Workspace,
    folder: Path,
    *,
    release: str | None = None,
    waive: Mapping[str, str] | None = None,
    trial: Trial | None = None,
    agree: Callable[[Plan], bool],
) -> Shipped:
    """The release live, or on trial beside the live one, once `agree` said yes to the plan."""
    plan = plan_to_ship(work, folder, release=release, waive=waive, trial=trial)
    if plan.already_live and not plan.waives:
        declared = _promised_anew(work, folder)
        trouble = publish(work, plan.product)
        return Shipped("already_live", plan, plan.before, trouble=trouble, declared=declared)
    if not plan.judgement.may_ship:
        raise Blocked(plan, folder)
    if not agree(plan):
        return Shipped("declined", plan, plan.before)
    return _carry_out(work, folder, plan)


def plan_to_ship(
    work: Workspace,
    folder: Path,
    *,
    release: str | None = None,
    waive: Mapping[str, str] | None = None,
    trial: Trial | None = None,
) -> Plan:
    """What `ship` would do now."""
    manifest, _ = load_product(work, folder)
    state = product_state(work, manifest.product.name)
    bundle = open_bundle(work, chosen(state, manifest.product.name, release))
    check_worker(work, bundle.release, folder=folder)
    waives = _waivers(bundle, waive or {})
    instance = running(work)
    comparison = _beside_live(work, state, bundle)
    stage, cap = manifest.product.stage, _cap(manifest)
    steps, after = tried(state, manifest, bundle.digest, trial) if trial else ((), {bundle.digest: 100})
    fallback_of(work, manifest.serving, after)
    return Plan(
        product=manifest.product.name,
        stage=stage,
        release=bundle.digest,
        before=state.shares,
        after=after,
        requests_per_minute=cap,
        evaluation=bundle.release.evaluation,
        parity=bundle.release.parity,
        judgement=_judged(
            work, state, bundle, waives, manifest=manifest, folder=folder, more=beside_live(comparison)
        ),
        waives=waives,
        new_key=not state.active_keys,
        address=_address(instance, manifest.product.name),
        serving=instance is not None,
        already_live=trial is None and _is_live(state, bundle.digest, stage=stage, cap=cap),
        start=f"causeway up {shlex.quote(str(folder))}",
        undo=f"causeway roll back {shlex.quote(str(folder))}",
        example=bundle.example,
        not_compiled=bundle.release.model.reason,
        speed=worker_speed(work, bundle.release),
        comparison=comparison,
        steps=steps,
        shadow=trial is not None and trial.shadow,
        limits=manifest.canary if trial else None,
        kpi=kpi_trial(manifest) if steps else None,
    )


def _beside_live(work: Workspace, state: ProductState, bundle: Bundle) -> Comparison | None:
    """The comparison with the release that has most of the traffic, where that is another."""
    if not state.shares or bundle.digest in state.shares:
        return None
    return against_live(work, bundle, max(state.shares, key=lambda release: state.shares[release]))


def _carry_out(work: Workspace, folder: Path, plan: Plan) -> Shipped:
    manifest, digest = load_product(work, folder)
    token, key = new_key(manifest.product.stage)
    known = work.artifacts.put(canonical_json(plan.judgement))
    facts: list[AnyFact] = []

    def facts_of(state: ProductState) -> list[AnyFact]:
        if state.shares != plan.before or manifest.product.stage != plan.stage:
            raise Conflict(
                f"{plan.product} changed while you were reading the plan", hint="look again: causeway ship"
            )
        facts[:] = [*_declared(state, manifest, digest), *plan.waives]
        if not state.active_keys:
            facts.append(key)
        worth = manifest.decision
        facts.extend(_trial(plan, state, worth if worth.true_positive is not None else None))
        routed = TrafficRouted(
            shadow=(plan.release,) if plan.shadow else (),
            shares=plan.after,
            reason=_reason(plan),
            stage=plan.stage,
            requests_per_minute=plan.requests_per_minute,
            judgement=known,
            # a trial that this ends is taken back with it
            continues=state.canary.routed if state.canary else 0,
        )
        # who ships what is live anew has the manifest hold again
        kept = still_in_force(state, routed) if plan.release not in state.shares else []
        facts.extend((routed, *kept))
        return facts

    state = decide(work, plan.product, facts_of)
    issued = any(isinstance(fact, KeyIssued) for fact in facts)
    trouble = publish(work, plan.product)
    checkpoint_if_short(work)
    return Shipped(
        "on_trial" if plan.limits else "shipped",
        plan,
        state.shares,
        key=key.key if issued else "",
        token=token if issued else "",
        trouble=trouble,
    )


def _trial(plan: Plan, state: ProductState, worth: DecisionPart | None) -> list[CanaryStarted]:
    if plan.limits is None:
        return []
    if state.canary:
        raise Conflict(f"another release of {plan.product} is on trial now", hint="look again: causeway ship")
    champion = next(iter(plan.before))
    limits = convert(plan.limits, Limits, from_attributes=True)
    return [CanaryStarted(plan.release, champion, limits, plan.steps, worth, plan.kpi)]


def _reason(plan: Plan) -> str:
    if plan.shadow:
        return "shadow"
    return f"canary, {plan.steps[0]} %" if plan.steps else "ship"


def _declared(state: ProductState, manifest: Manifest, digest: str) -> list[AnyFact]:
    if digest == state.manifest:
        return []
    return [ProductDeclared(manifest=digest, stage=manifest.product.stage, owner=state.owner)]


def _promised_anew(work: Workspace, folder: Path) -> bool:
    """Takes the manifest as it is now for the product's promise; whether it is another one."""
    manifest, digest = load_product(work, folder)
    changed = False

    def facts_of(state: ProductState) -> Sequence[AnyFact]:
        nonlocal changed
        facts = _declared(state, manifest, digest)
        changed = bool(facts)
        return facts

    decide(work, manifest.product.name, facts_of)
    return changed


def _waivers(bundle: Bundle, waive: Mapping[str, str]) -> tuple[FindingWaived, ...]:
    return tuple(
        FindingWaived(code=code, because=because, release=bundle.digest) for code, because in waive.items()
    )


def _judged(
    work: Workspace,
    state: ProductState,
    bundle: Bundle,
    waives: tuple[FindingWaived, ...],
    *,
    manifest: Manifest,
    folder: Path,
    more: tuple[Finding, ...],
) -> Judgement:
    now = work.clock.now()
    stage = manifest.product.stage
    standing = state.waivers_for(bundle.digest, at=now)
    paid = unfunded(work, folder, state, bundle=bundle, today=now.date())
    findings = [*bundle.findings, *more, *_in_folder(folder, manifest, bundle), *paid]
    judgement = judge(bundle.release, findings, waivers=standing, stage=stage)
    _check_waivers(judgement.blocking, waives)
    asked = [
        Waiver(waive.code, waive.because, work.actor, now, state.seq + 1, release=bundle.digest)
        for waive in waives
    ]
    return judge(bundle.release, findings, waivers=[*standing, *asked], stage=stage)


def _in_folder(folder: Path, manifest: Manifest, bundle: Bundle) -> list[Finding]:
    """What the folder shows today and the bundle does not say: a secret, an unsafe artefact, no owner."""
    said = {finding.code.upper() for finding in bundle.findings}
    found = judged(folder, read_poc(folder), manifest)
    return [finding for finding in found if finding.code.upper() not in said]


def _check_waivers(blocking: tuple[Finding, ...], waives: tuple[FindingWaived, ...]) -> None:
    codes = {finding.code.upper() for finding in blocking}
    for waive in waives:
        if not waive.because.strip():
            raise UsageError(f"waiving {waive.code} needs a reason", hint='add --because "..."')
        if waive.code.upper() not in codes:
            raise UsageError(
                f"{waive.code} does not stop this release",
                hint=f"what stops it: {', '.join(sorted(codes)) or 'nothing'}",
            )


def _cap(manifest: Manifest) -> int | None:
    if manifest.serving.requests_per_minute is not None:
        return manifest.serving.requests_per_minute
    return SANDBOX_REQUESTS_PER_MINUTE if manifest.product.stage == SANDBOX else None


def _is_live(state: ProductState, release: str, *, stage: str, cap: int | None) -> bool:
    if state.shares != {release: 100}:
        return False
    live = state.routings[-1]
    return (live.stage, live.requests_per_minute) == (stage, cap)


def curl(address: str, row: Row, *, token: str) -> str:
    """A command line that asks for one prediction, safe to paste into a shell."""
    body = msgspec.json.encode({"dataframe_records": [row]}).decode()
    secret = shlex.quote(f"Authorization: Bearer {token}") if token else '"Authorization: Bearer $TOKEN"'
    return f"curl -s {address} -H {secret} -H 'Content-Type: application/json' -d {shlex.quote(body)}"


def _address(instance: Instance | None, product: str) -> str:
    root = instance.address if instance else f"http://{HOST}:{PORT}"
    return f"{root}/products/{product}/invocations"
