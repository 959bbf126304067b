"""The page of one product: gathered from its ledger, held against the last one that was written."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec
from msgspec import structs

from causeway.actions.homes import home_of
from causeway.actions.routes import promise
from causeway.actions.workspace import Workspace
from causeway.actions.worth.foretold import a_month_of
from causeway.actions.worth.outlook import outlook
from causeway.actions.worth.sides import began, both_sides
from causeway.assess.worth.case import first_case
from causeway.assess.worth.changes import changes
from causeway.assess.worth.page import Gathered, fingerprint, worth_page
from causeway.assess.worth.parts import Changed, Changes, Signed, WorthPage
from causeway.assess.worth.volume import between, predictions_by_day
from causeway.core.errors import CausewayError, NotFound, UsageError
from causeway.core.events import Event, ProductDeclared
from causeway.core.manifest import Manifest
from causeway.core.manifest_text import read_manifest
from causeway.core.worth import Benefit, Spent
from causeway.views.product import ProductState, fold
from causeway.views.reports import Reports, reports_of


def current_page(
    work: Workspace, product: str, *, since: date | None = None, until: date | None = None
) -> WorthPage:
    """The page of this product; of its whole life where no period is named."""
    events = work.ledger.read(product)
    if not events:
        raise NotFound(f"there is no product {product}", hint="name one of this workspace")
    since, until = _period(work, events, since, until)
    gathered = _gathered(work, product, events, since, until)
    reports = reports_of(events)
    page = worth_page(gathered)
    if signed := _signed(work, page, reports):
        page = worth_page(structs.replace(gathered, signed=signed))
    return structs.replace(page, changes=_changes(work, page, reports))


def declared_page(folder: Path, content: bytes, *, today: date) -> WorthPage:
    """The page of a manifest of which no ledger tells anything yet."""
    manifest = read_manifest(content, where=str(folder))
    product = manifest.product.name
    case = first_case([(manifest, today, "")])
    gathered = Gathered(product, today, today, manifest, manifest.product.stage, case=case)
    return worth_page(structs.replace(gathered, a_month=a_month_of(manifest, folder)))


def short_page(work: Workspace, product: str, benefit: Benefit, spent: Spent) -> WorthPage:
    """The page without what looks ahead: both sides, as somebody gathered them."""
    events = work.ledger.read(product)
    return worth_page(_sides(work, events, benefit, spent))


def _period(
    work: Workspace, events: Sequence[Event], since: date | None, until: date | None
) -> tuple[date, date]:
    today = work.clock.now().date()
    until = min(until or today, today)
    since = since or min(began(work, events[0].body.product, events[0].body.at.date()), until)
    if since > until:
        raise UsageError(
            f"the period ends before it begins: {since} to {until}", hint="swap --since and --until"
        )
    return since, until


def _gathered(work: Workspace, product: str, events: Sequence[Event], since: date, until: date) -> Gathered:
    benefit, spent = both_sides(work, product, since, until)
    gathered = _sides(work, events, benefit, spent)
    if not spent.lines and gathered.manifest is not None:
        home = home_of(work, product) or work.root
        gathered = structs.replace(gathered, a_month=a_month_of(gathered.manifest, home))
    first = began(work, product, events[0].body.at.date())
    by_day = predictions_by_day(fold(events).segments)
    return outlook(work, gathered, events=events, by_day=by_day, began=min(first, until))


def _sides(work: Workspace, events: Sequence[Event], benefit: Benefit, spent: Spent) -> Gathered:
    state = fold(events)
    return Gathered(
        product=spent.product,
        since=spent.since,
        until=spent.until,
        manifest=_manifest(work, state),
        stage=state.stage,
        made=bool(state.releases) or bool(state.routings),
        live=bool(state.routings),
        benefit=benefit,
        spent=spent,
        predictions=between(predictions_by_day(state.segments), spent.since, spent.until),
        case=first_case(_declared(work, events)),
        ledger=state.head,
        seq=state.seq,
    )


def _manifest(work: Workspace, state: ProductState) -> Manifest | None:
    try:
        return promise(work, state) if state.manifest else None
    except CausewayError:
        # the promise cannot be read any more: what was spent and brought is true all the same
        return None


def _declared(work: Workspace, events: Sequence[Event]) -> list[tuple[Manifest, date, str]]:
    """Every promise that was made, oldest first, as far as it can still be read."""
    found: list[tuple[Manifest, date, str]] = []
    for event in events:
        if isinstance(event.fact, ProductDeclared):
            with suppress(CausewayError):
                manifest = read_manifest(work.artifacts.get(event.fact.manifest), where=event.fact.manifest)
                found.append((manifest, event.body.at.date(), str(event.body.seq)))
    return found


def _signed(work: Workspace, page: WorthPage, reports: Reports) -> Signed | None:
    if not reports.signed:
        return None
    last = reports.signed[-1]
    who = work.ledger.resolve(last.actor)
    return Signed(
        who.name if who else last.actor, last.at.date(), last.report == fingerprint(page), str(last.seq)
    )


def _changes(work: Workspace, page: WorthPage, reports: Reports) -> Changes:
    last = reports.last
    if last is None:
        return Changes()
    try:
        before = msgspec.json.decode(work.artifacts.get(last.report), type=WorthPage)
    except (msgspec.ValidationError, msgspec.DecodeError, CausewayError):
        gone = Changed("everything", "the last report cannot be read any more", "see this page")
        return Changes(last.at.date(), str(last.seq), (gone,))
    return changes(before, page, written=last.at.date(), fact=str(last.seq))
