"""A person puts their name, in a role, to the manifest as it is: an event that stays."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from causeway.actions.access_wish import actor_name
from causeway.actions.decide import decide
from causeway.actions.workspace import Workspace, load_product
from causeway.assess.evidence import RISK, SIGNATURES, SPONSOR
from causeway.core.errors import NotFound, OutsideError, UsageError, remedy
from causeway.core.events import AnyFact, ManifestAgreed, ProductDeclared
from causeway.core.manifest import Manifest
from causeway.views.product import ProductState
from causeway.views.proofs import fold

ROLES = (*SIGNATURES, SPONSOR, RISK)
MAX_WORDS = 500
MAX_PAPER_BYTES = 16 << 20


class Agreement(Struct, frozen=True):
    """Who agreed to which manifest, in which roles: `agreed`, or `already_agreed`."""

    product: str
    manifest: str
    roles: tuple[str, ...]
    by: str
    at: datetime
    to: tuple[str, ...]
    """What was agreed to, a line each, as the manifest has it."""
    status: str


def agree(
    work: Workspace, folder: Path, roles: Sequence[str], *, because: str = "", paper: Path | None = None
) -> Agreement:
    """The agreement of whoever acts, on the manifest in this folder with every byte of it."""
    manifest, digest = load_product(work, folder)
    because = " ".join(because.split())
    for role in roles:
        _check(role, manifest, because, paper)
    kept = work.artifacts.put(read_paper(paper)) if paper else ""
    product = manifest.product.name
    facts: list[AnyFact] = []

    def agreed(state: ProductState) -> list[AnyFact]:
        held = {each.fact for each in fold(work.ledger.read(product)).agreed if each.actor == work.actor}
        facts[:] = [
            fact
            for fact in (ManifestAgreed(digest, role, because, kept) for role in roles)
            if fact not in held
        ]
        if facts and state.manifest != digest:
            facts.insert(0, ProductDeclared(digest, manifest.product.stage, state.owner))
        return facts

    decide(work, product, agreed)
    status = "agreed" if facts else "already_agreed"
    to = tuple(line for role in roles for line in _words(role, manifest))
    return Agreement(product, digest, tuple(roles), actor_name(work), work.clock.now(), to, status)


def _check(role: str, manifest: Manifest, because: str, paper: Path | None) -> None:
    if role not in ROLES:
        raise UsageError(f"there is no role {role}", hint=f"one of: {', '.join(ROLES)}")
    if len(because) > MAX_WORDS:
        raise UsageError("the reason is too long", hint=f"at most {MAX_WORDS} characters; --paper takes more")
    if not any(_words(role, manifest)):
        raise UsageError(
            f"the manifest says nothing that the role {role} could agree to",
            where="causeway.toml",
            hint=f"write it first: {_ASKED.get(role, '[product] success')}",
        )
    if role == RISK and not because:
        raise UsageError("whom it may harm, and how, belongs to a risk tier", hint='say it: --because "..."')
    if role == RISK and manifest.product.risk_tier == "high" and paper is None:
        raise UsageError(
            "a high risk needs its assessment on paper", hint="name the file: --paper assessment.pdf"
        )


_ASKED = {SPONSOR: "[budget] run_per_month, currency and until", RISK: "[product] risk_tier"}


def _words(role: str, manifest: Manifest) -> tuple[str, ...]:
    product, budget = manifest.product, manifest.budget
    if role == SPONSOR:
        paid = budget.run_per_month is not None and budget.currency and budget.until
        return (
            (f"budget: {budget.run_per_month} {budget.currency} a month until {budget.until}",)
            if paid
            else ()
        )
    if role == RISK:
        return (f"risk tier: {product.risk_tier}",) if product.risk_tier else ()
    return (f"success: {product.success}",) if product.success else ()


def read_paper(paper: Path) -> bytes:
    """The bytes of what somebody wrote; refused where they are too many to be kept."""
    try:
        with paper.open("rb") as stream:
            content = stream.read(MAX_PAPER_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {paper}", hint="name a file that is there") from None
    except OSError as error:
        raise OutsideError(f"cannot read {paper}: {error.strerror}", hint=remedy(error)) from error
    if len(content) > MAX_PAPER_BYTES:
        raise UsageError(f"{paper} is larger than {MAX_PAPER_BYTES >> 20} MB", hint="keep what counts")
    return content
