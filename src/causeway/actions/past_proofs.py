"""What persons agreed to and what was proven, of a product's ledger, for judges that only look."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import structs

from causeway.actions.prove.suite import source_of
from causeway.actions.segments import PREDICTIONS
from causeway.actions.source import source_files
from causeway.actions.workspace import MANIFEST
from causeway.adapters import registry
from causeway.assess.access import standing
from causeway.assess.evidence import Agreement, Facts, Permission, Personal, Rehearsal
from causeway.assess.verdicts_promise import same_person
from causeway.core.access import classified, use_of
from causeway.core.contract import Contract
from causeway.core.contract_text import read_contract
from causeway.core.errors import CausewayError
from causeway.core.events import Event, ProductDeclared
from causeway.core.ids import DIGEST_PREFIX, digest_of
from causeway.core.manifest import DataPart, Manifest
from causeway.core.poc import Poc
from causeway.views import access, benefit, metering, proofs
from causeway.views.product import ProductState
from causeway.views.proofs import Proofs, Rehearsed

BILL = "bom.cdx.json"
VALUE_TOLERANCE = 0.01
"""How far the measure of a training done again may be from the first, relative to it."""
Names = Mapping[str, str]


def with_words(
    facts: Facts, events: Sequence[Event], folder: Path, manifest: Manifest, names: Names
) -> Facts:
    """The facts with who said what, when the owner was last seen, and what may be read."""
    seen = proofs.fold(events)
    digest = digest_of((folder / MANIFEST).read_bytes())
    declared = [
        event.body.at
        for event in events
        if isinstance(event.fact, ProductDeclared) and event.fact.manifest == digest
    ]
    return structs.replace(
        facts,
        manifest=digest,
        declared_at=declared[-1] if declared else None,
        owner_seen=_last_seen(seen, manifest.product.owner, names),
        agreements=tuple(
            Agreement(
                each.fact.role,
                names.get(each.actor, each.actor),
                each.fact.manifest,
                each.fact.because,
                each.fact.paper,
            )
            for each in seen.agreed
        ),
        **_of_value(events, names),
        permissions=tuple(_permission(part, events, folder, manifest, at=facts.at) for part in manifest.data),
        **_baseline(seen, manifest),
    )


def with_outcomes(facts: Facts, events: Sequence[Event], state: ProductState, manifest: Manifest) -> Facts:
    """The facts with what is known of callers' predictions, apart from what was only rehearsed."""
    seen, days = proofs.fold(events), manifest.evaluation.outcome_days
    if facts.predictions is None or facts.at is None:
        return facts
    before = facts.at - timedelta(days=days or 0)
    sealed = [each for each in state.segments if each.stream == PREDICTIONS]
    due = sum(each.rows for each in sealed if days is None or (each.last_at and each.last_at <= before))
    rehearsed = [each for each in seen.rehearsed if days is None or each.at <= before]
    return structs.replace(
        facts,
        predictions=max(facts.predictions - _answered(seen.rehearsed), 0),
        due=max(due - _answered(rehearsed), 0),
        joined=max(facts.joined - seen.rehearsed_known, 0),
        rehearsal=_rehearsal(seen),
    )


def _answered(parts: Sequence[Rehearsed]) -> int:
    return sum(each.answered for each in parts)


def _rehearsal(seen: Proofs) -> Rehearsal | None:
    if not seen.rehearsed or seen.rehearsed_at is None:
        return None
    name, answered = Path(seen.rehearsed[-1].source).name, _answered(seen.rehearsed)
    return Rehearsal(name, answered, min(seen.rehearsed_known, answered), seen.rehearsed_at)


def with_proofs(
    facts: Facts, events: Sequence[Event], folder: Path, manifest: Manifest, bundle: Path
) -> Facts:
    """The facts with what was proven of the release that they hold."""
    if facts.release is None:
        return facts
    seen, release, named = proofs.fold(events), facts.release, DIGEST_PREFIX + bundle.name
    probed = next((each for each in reversed(seen.probed) if each.fact.release == release.digest), None)
    packages = release.inputs.get("environment", "")
    facts = structs.replace(
        facts,
        reproduced=_reproduced(seen, release.digest),
        source=source_of(folder, manifest),
        # data is held by its own digest, and often lies outside of version control
        review=registry.proving().review_of(folder, set(source_files(folder)) - _data(manifest)),
        tested=seen.tested[-1] if seen.tested else None,
        probed=probed,
        loaded=next((each for each in reversed(seen.loaded) if named in each.fact.shares), None),
        scanned=next((each for each in reversed(seen.scanned) if each.fact.environment == packages), None),
        models_in_bill=_models(bundle),
    )
    if probed is None:
        return facts
    # who runs now says more than what was tried once
    live = facts.anonymous_status
    return structs.replace(
        facts,
        anonymous_status=probed.fact.anonymous if live is None else live,
        protocol_holds=probed.fact.described and probed.fact.inferred,
    )


def _data(manifest: Manifest) -> set[str]:
    return {part.path for part in manifest.data}


def of_folder(poc: Poc, folder: Path, manifest: Manifest | None) -> dict[str, object]:
    """What reading the folder says to the same checks: personal columns, models of others, what tests."""
    parts = {part.path: part for part in manifest.data if part.path} if manifest else {}
    used = [file for file in poc.data if file.columns and (file.path in parts or not parts)]
    trained = poc.seen("pretrained") + poc.seen("fetched_model") + poc.seen("fresh_head")
    return {
        "personal": tuple(
            _personal(column.name, column.personal_as or column.personal, parts.get(file.path), folder)
            for file in used
            for column in file.columns
            if column.personal
        )
        if used
        else None,
        "columns_scanned": sum(len(file.columns) for file in used),
        "base_models": tuple(dict.fromkeys(each.value or each.what for each in trained)),
        "ci": poc.presence.ci,
    }


def _personal(column: str, why: str, part: DataPart | None, folder: Path) -> Personal:
    if part is None:
        return Personal("", column, why)
    classes = classified(_contract(part, folder), part.name)
    return Personal(part.name, column, why, classes.get(column, ""), part.legal_basis)


def _contract(part: DataPart, folder: Path) -> Contract | None:
    try:
        return read_contract((folder / part.contract).read_text("utf-8-sig"), where=part.contract)
    except (OSError, UnicodeDecodeError, CausewayError):
        return None


def _last_seen(seen: Proofs, owner: str, names: Names) -> datetime | None:
    acts = [at for actor, at in seen.last_act.items() if same_person(names.get(actor, actor), owner)]
    return max(acts) if owner and acts else None


def _permission(
    part: DataPart, events: Sequence[Event], folder: Path, manifest: Manifest, *, at: datetime | None
) -> Permission:
    if not part.governed or at is None:
        return Permission(part.name)
    use = use_of(manifest, part, classified(_contract(part, folder), part.name))
    stood = standing(use, access.fold(events).granted(part.name), at=at)
    until = stood.grant.terms.until if stood.grant else None
    return Permission(part.name, part.owner or "its owner", stood.state, until)


def _baseline(seen: Proofs, manifest: Manifest) -> dict[str, object]:
    """The latest answer to the manifest's own query, and the first, which tells when it was known."""
    query = digest_of(manifest.kpi.query.encode())
    found = [each for each in seen.baselines if manifest.kpi.query and each.fact.query == query]
    if not found:
        return {}
    return {"baseline": found[0], "baseline_measured": found[-1].fact.value}


def _of_value(events: Sequence[Event], names: Names) -> dict[str, object]:
    """What is on record of its value and its budget, and what it was last said to cost."""
    known, metered = benefit.fold(events), metering.fold(events)
    approved = tuple(
        structs.replace(each, actor=names.get(each.actor, each.actor)) for each in known.unit_values
    )
    return {
        "value": structs.replace(known, unit_values=approved),
        "budgets": tuple(fact for _, fact, _ in metered.budgets),
        "foretold": metered.forecasts[-1][:2] if metered.forecasts else None,
    }


def _reproduced(seen: Proofs, release: str) -> bool | None:
    """Whether training anew made the very release, or one of the same quality; None where nobody did."""
    own = [each for each in seen.trained if each.release == release]
    if any(each.again for each in own):
        return True
    inputs = {each.inputs for each in own}
    others = [each for each in seen.trained if each.inputs in inputs and each.release != release]
    if not others:
        return None
    return all(_near(each.value, own[-1].value) for each in others)


def _near(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= VALUE_TOLERANCE * abs(other)


def _models(bundle: Path) -> int | None:
    """How many models the bill of materials names; None where there is none that can be read."""
    try:
        bill = json.loads((bundle / BILL).read_bytes())
        return sum(part["type"] == "machine-learning-model" for part in bill["components"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
