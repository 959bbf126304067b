"""A person agrees to what a trigger would do."""

from difflib import get_close_matches
from pathlib import Path

from msgspec import Struct

from causeway.actions.decide import decide, existing_workspace
from causeway.actions.workspace import load_product
from causeway.assess.triggers import asked, triggers_of
from causeway.core.errors import NotFound, Refused
from causeway.core.events import AnyFact
from causeway.core.triggers import TriggerApproved
from causeway.views.product import ProductState


class Approved(Struct, frozen=True):
    """What was agreed to: `approved`, or `already_approved`; the next tick does it."""

    product: str
    status: str
    trigger: str
    do: str
    because: str
    """Why it waits."""


def approve(folder: Path, trigger: str, *, because: str = "") -> Approved:
    """The agreement of whoever acts, to what waits under this name."""
    work = existing_workspace(folder)
    manifest, _ = load_product(work, folder)
    product, parts = manifest.product.name, {part.called: part for part in triggers_of(manifest)}
    part = parts.get(trigger)
    if part is None:
        names = list(parts)
        near = get_close_matches(trigger, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"those of the manifest: {', '.join(names) or 'none'}"
        raise NotFound(f"{product} has no trigger {trigger}", hint=hint)
    status, waits = "approved", None

    def facts_of(state: ProductState) -> list[AnyFact]:
        nonlocal status, waits
        waits = asked(state, trigger, on=part.on, do=part.do)
        if waits is None:
            raise Refused(
                f"{trigger} does not wait for anybody", hint="see why: causeway watch --why, or causeway tick"
            )
        status = "already_approved" if waits.approved_by else "approved"
        if waits.approved_by:
            return []
        return [TriggerApproved(trigger, " ".join(because.split()), waits.fact.cause)]

    decide(work, product, facts_of)
    told = waits.fact if waits else None
    return Approved(product, status, trigger, told.do if told else "", told.because if told else "")
