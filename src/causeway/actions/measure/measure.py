"""`causeway measure`: what the product brought until now, found from its records and put on record itself."""

from datetime import date
from decimal import Context, Decimal
from pathlib import Path

from msgspec import Struct

from causeway.actions.decide import decide, product_state
from causeway.actions.measure.benefit import benefit
from causeway.actions.measure.panel import kept_table
from causeway.actions.seal import seal
from causeway.actions.workspace import Workspace, load_product
from causeway.assess.value.plan import GROUP_SEQUENTIAL, plan_of
from causeway.core.errors import UsageError
from causeway.core.events import AnyFact, ProductDeclared
from causeway.core.figure import Figure
from causeway.core.value import ValueMeasured
from causeway.core.worth import Benefit
from causeway.views.product import ProductState

CENT = Decimal("0.01")
_EXACT = Context(prec=400)


class Measured(Struct, frozen=True):
    """What was measured; `measured` and a new event, or `nothing_yet`, which writes none."""

    product: str
    status: str
    benefit: Benefit
    seq: int = 0
    """The event that says so."""
    declared: bool = False
    """Whether the manifest in the folder was another one than was promised, and is the promise now."""
    sealed: int = 0


def measure(
    work: Workspace,
    folder: Path,
    *,
    since: date | None = None,
    until: date | None = None,
    table: Path | None = None,
    declares: bool = True,
) -> Measured:
    """What the product of this folder brought from `since` until `until`, also as an event.

    The manifest in the folder becomes the promise, unless nobody asked for it (`declares`).
    """
    today = work.clock.now().date()
    if since and since > min(until or today, today):
        raise UsageError(
            "the period ends before it begins", hint="--since is the earlier day, and none that is to come"
        )
    manifest, digest = load_product(work, folder)
    product = manifest.product.name
    if (since or until) and manifest.kpi.design == GROUP_SEQUENTIAL:
        raise UsageError(
            "a look of a group-sequential design takes all units that there are",
            hint="leave --since and --until out; causeway report takes a period",
        )
    declared = declares and declare(work, product, digest, manifest.product.stage)
    plan = digest if declares else product_state(work, product).manifest
    sealed = seal(work, product).rows
    kept = kept_table(work, table, plan_of(manifest)) if table else ""
    found = benefit(work, product, since=since, until=until, table=kept, look=True)
    if not found.grade:
        return Measured(product, "nothing_yet", found, declared=declared, sealed=sealed)
    state = decide(work, product, lambda _: [fact_of(found, plan=plan, table=kept)])
    return Measured(product, "measured", found, state.seq, declared, sealed)


def declare(work: Workspace, product: str, digest: str, stage: str) -> bool:
    """Makes the manifest in the folder the promise, if it is another one: so every change is an event."""
    state = product_state(work, product)
    if state.manifest == digest:
        return False

    def facts_of(state: ProductState) -> list[AnyFact]:
        return [] if state.manifest == digest else [ProductDeclared(digest, stage, state.owner)]

    decide(work, product, facts_of)
    return True


def fact_of(found: Benefit, *, plan: str = "", table: str = "") -> ValueMeasured:
    """The benefit's numbers as they go on record."""
    effect, units, money = found.effect, found.units, found.money
    return ValueMeasured(
        kpi=found.kpi,
        family=found.family,
        design=found.design,
        grade=found.grade,
        since=found.since,
        until=found.until,
        method=effect.how if effect else "",
        effect=effect.value if effect else None,
        low=effect.low if effect else None,
        high=effect.high if effect else None,
        units=units.value if units else None,
        units_low=units.low if units else None,
        units_high=units.high if units else None,
        unit=units.unit if units else "",
        exposed=found.exposed,
        treated=found.arms.get("treated", 0),
        control=found.arms.get("control", 0),
        pending=found.pending,
        money=_cents(money.value) if money else None,
        money_low=_end(money, high=False),
        money_high=_end(money, high=True),
        booked=found.booked,
        currency=found.currency,
        disputed=found.disputed,
        hours=found.hours.value if found.hours else None,
        automation=found.automation.value if found.automation else None,
        plan=plan,
        table=table,
        lapses=found.lapses,
    )


def _end(money: Figure | None, *, high: bool) -> Decimal | None:
    end = (money.high if high else money.low) if money else None
    return None if end is None else _cents(end)


def _cents(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(CENT, context=_EXACT)
