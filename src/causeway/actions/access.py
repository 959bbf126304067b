"""Access to data: asked for, granted for a purpose and a time, revoked, listed, and held against a read."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, structs

from causeway.actions.access_wish import Wish, access_of, rules_of, wish_of
from causeway.actions.workspace import Workspace, load_product
from causeway.adapters import registry
from causeway.assess.access import ACTIVE, standing
from causeway.assess.access_masks import unmasked_classes
from causeway.core.access import (
    ASK,
    DAYS,
    GRANT,
    MAX_DAYS,
    REVOKE,
    NoAccess,
    Request,
    Terms,
    Use,
    one_line,
)
from causeway.core.errors import BadContract, Conflict, NotFound, UsageError
from causeway.core.events import AccessAsked, AccessGranted, AccessRevoked, AnyFact, ProductDeclared
from causeway.core.manifest import DataPart, Manifest
from causeway.views.access import Access, AskSeen, GrantSeen, ReadSeen

ATTEMPTS = 5
MAX_WORDS = 500

Result = TypeVar("Result")


class Asked(Struct, frozen=True):
    """A wish that lies with the owner: `asked`, `already_asked`, or `already_granted`."""

    product: str
    source: str
    ask: str
    purpose: str
    days: int
    owner: str
    status: str


class Granted(Struct, frozen=True):
    """A grant: `granted`, or `already_granted` where one with the same terms holds as long."""

    product: str
    source: str
    grant: str
    purpose: str
    until: datetime
    columns: tuple[str, ...]
    unmask: tuple[str, ...]
    status: str


class Ended(Struct, frozen=True):
    """Grants that are no more; `already_revoked` if that was so before."""

    product: str
    grants: tuple[str, ...]
    status: str


class SourceAccess(Struct, frozen=True):
    """How it stands with one source of the manifest."""

    source: str
    owner: str
    purpose: str
    state: str
    """`open` where no grant is needed, `active`, or why it may not be read."""
    grant: str = ""
    until: datetime | None = None
    unmask: tuple[str, ...] = ()
    last_read: ReadSeen | None = None
    reads: int = 0


class Accesses(Struct, frozen=True):
    """Every source of a product, with all asks and grants there ever were."""

    product: str
    sources: tuple[SourceAccess, ...]
    asks: tuple[AskSeen, ...]
    grants: tuple[GrantSeen, ...]


def ask(
    work: Workspace,
    folder: Path,
    source: str,
    *,
    purpose: str = "",
    days: int = DAYS,
    columns: Sequence[str] = (),
) -> Asked:
    """The wish to read a source, put before its owner."""
    wish = _wished(work, folder, source)
    _check_days(days)
    purpose = _purpose(wish, purpose)
    _allowed(wish, wish.request(ASK))
    product, part = wish.use.product, wish.part

    def asked(access: Access) -> tuple[Asked, list[AnyFact]]:
        stood = standing(_for(wish, purpose), access.granted(part.name), at=work.clock.now())
        if stood.grant and stood.state == ACTIVE:
            name = stood.grant.grant
            return Asked(product, part.name, name, purpose, days, part.owner, "already_granted"), []
        open_ask = access.open_ask(part.name)
        if open_ask and _same(open_ask, wish, purpose=purpose, days=days, columns=columns):
            return Asked(product, part.name, open_ask.ask, purpose, days, part.owner, "already_asked"), []
        name = f"ask-{secrets.token_hex(4)}"
        fact = AccessAsked(name, part.name, purpose, days, wish.use.what, tuple(columns))
        return Asked(product, part.name, name, purpose, days, part.owner, "asked"), [fact]

    return _written(work, folder, product, asked)


def grant(
    work: Workspace,
    folder: Path,
    name: str,
    *,
    days: int = 0,
    purpose: str = "",
    columns: Sequence[str] = (),
    unmask: Sequence[str] = (),
) -> Granted:
    """What was asked, or this source, granted for some days; only who may give it can do this."""
    manifest, _ = load_product(work, folder)
    first = access_of(work, manifest.product.name)
    wanted = first.asks.get(name) or first.open_ask(name)
    wish = _wished(work, folder, wanted.source if wanted else name)
    if wanted and wanted.what != wish.use.what:
        raise Conflict(
            f"{wanted.ask} speaks of another {wanted.source} than the manifest does now",
            hint=f"let it be asked for anew: causeway access ask {wanted.source}",
        )
    days = days or (wanted.days if wanted else DAYS)
    _check_days(days)
    now = work.clock.now()
    terms = Terms(
        purpose=_purpose(wish, purpose or (wanted.purpose if wanted else "")),
        what=wish.use.what,
        until=now + timedelta(days=days),
        columns=tuple(columns) or (wanted.columns if wanted else ()),
        unmask=tuple(unmask),
    )
    seen = unmasked_classes(wish.classified, rules_of(work), unmask=terms.unmask)
    _allowed(wish, wish.request(GRANT, terms, unmasks=seen))
    _check_columns(wish, terms)
    product, source = wish.use.product, wish.part.name

    def granted(access: Access) -> tuple[Granted, list[AnyFact]]:
        held = next((each for each in access.granted(source) if _covers(each, terms, now)), None)
        if held:
            return _told(product, held.grant, source, held.terms, status="already_granted"), []
        given = f"grant-{secrets.token_hex(4)}"
        asked = wanted.ask if wanted and not wanted.answered else ""
        fact = AccessGranted(
            given, source, terms.purpose, terms.until, terms.what, asked, terms.columns, terms.unmask
        )
        return _told(product, given, source, terms, status="granted"), [fact]

    return _written(work, folder, product, granted)


def revoke(work: Workspace, folder: Path, name: str, *, because: str = "") -> Ended:
    """The grant of this name, or all that hold for this source, taken back."""
    manifest, _ = load_product(work, folder)
    product = manifest.product.name
    because = _words(because, "the reason")

    def ended(access: Access) -> tuple[Ended, list[AnyFact]]:
        found = [access.grants[name]] if name in access.grants else list(access.granted(name))
        if not found:
            raise NotFound(f"{product} has no grant {name}", hint="see them: causeway access")
        wish = _wish_about(work, folder, manifest, found[0].source)
        _allowed(wish, wish.request(REVOKE, found[0].terms))
        standing_ones = [each.grant for each in found if each.revoked_at is None]
        status = "revoked" if standing_ones else "already_revoked"
        names = tuple(standing_ones or [each.grant for each in found])
        return Ended(product, names, status), [AccessRevoked(each, because) for each in standing_ones]

    return _written(work, folder, product, ended)


def accesses(work: Workspace, folder: Path) -> Accesses:
    """How it stands with every source of the manifest, and all that was asked and granted."""
    manifest, _ = load_product(work, folder)
    access = access_of(work, manifest.product.name)
    return Accesses(
        product=manifest.product.name,
        sources=tuple(_source(work, folder, manifest, part, access) for part in manifest.data),
        asks=tuple(access.asks.values()),
        grants=tuple(access.grants.values()),
    )


def _wished(work: Workspace, folder: Path, source: str) -> Wish:
    manifest, _ = load_product(work, folder)
    part = next((part for part in manifest.data if part.name == source), None)
    if part is None:
        known = ", ".join(part.name for part in manifest.data) or "none"
        raise NotFound(f"the manifest names no source {source}", hint=f"its sources: {known}")
    if not part.governed:
        raise UsageError(
            f"{source} needs no grant: it lies in the folder and has no owner",
            hint=f'name who may grant it, if somebody must: [[data]] {source}, owner = "..."',
        )
    return wish_of(work, folder, manifest, part)


def _wish_about(work: Workspace, folder: Path, manifest: Manifest, source: str) -> Wish:
    """The wish for this source; one that the manifest no longer names had the product's owner."""
    part = next((part for part in manifest.data if part.name == source), None)
    part = part or DataPart(source, owner=manifest.product.owner)
    try:
        return wish_of(work, folder, manifest, part)
    except (BadContract, NotFound):
        # what is taken back needs no classes, and no spoilt contract may keep a grant alive
        return wish_of(work, folder, manifest, structs.replace(part, contract=""))


def _for(wish: Wish, purpose: str) -> Use:
    return Use(wish.use.product, wish.use.source, purpose, wish.use.what, wish.use.owner)


def _same(asked: AskSeen, wish: Wish, *, purpose: str, days: int, columns: Sequence[str]) -> bool:
    said = (asked.purpose, asked.days, asked.what, asked.columns)
    return said == (purpose, days, wish.use.what, tuple(columns))


def _covers(held: GrantSeen, terms: Terms, now: datetime) -> bool:
    mine = held.terms
    same = (mine.purpose, mine.what, mine.columns, mine.unmask) == (
        terms.purpose,
        terms.what,
        terms.columns,
        terms.unmask,
    )
    return same and held.holds(now) and mine.until >= terms.until


def _check_days(days: int) -> None:
    if not 1 <= days <= MAX_DAYS:
        raise UsageError(f"{days} days is no time for a grant", hint=f"say 1 to {MAX_DAYS}: --days 30")


def _check_columns(wish: Wish, terms: Terms) -> None:
    """Refuses a grant that leaves out what it unmasks, or what is to be predicted."""
    if not terms.columns:
        return
    target = (wish.part.target,) if wish.part.target else ()
    left_out = [name for name in (*terms.unmask, *target) if name not in terms.columns]
    if left_out:
        raise UsageError(
            f"the columns of the grant leave out {left_out[0]}",
            hint=f"name it too: --columns {','.join((*terms.columns, left_out[0]))}",
        )


def _purpose(wish: Wish, purpose: str) -> str:
    said = _words(purpose, "the purpose") or wish.use.purpose
    if not said:
        raise UsageError(
            f"nobody says what {wish.part.name} is for",
            where=wish.where,
            hint='write it under [[data]]: purpose = "retention calls", or give --purpose',
        )
    return said


def _words(text: str, what: str) -> str:
    said = one_line(text)
    if len(said) > MAX_WORDS or not said.isprintable():
        raise UsageError(f"{what} is no plain sentence", hint=f"at most {MAX_WORDS} printable characters")
    return said


def _allowed(wish: Wish, request: Request) -> None:
    """Refuses what no policy permits this person."""
    decision = registry.policies(wish.work.state / "policies").decide(request)
    if decision.allowed:
        return
    owner = wish.use.owner or "the product's owner"
    why = decision.errors[0] if decision.errors else ", ".join(decision.by)
    raise NoAccess(
        f"{request.actor} may not {request.action} access to {wish.part.name}{f': {why}' if why else ''}",
        where=wish.where,
        hint=f"{owner} can: causeway access {request.action} {wish.part.name}",
    )


def _told(product: str, name: str, source: str, terms: Terms, *, status: str) -> Granted:
    return Granted(
        product=product,
        source=source,
        grant=name,
        purpose=terms.purpose,
        until=terms.until,
        columns=terms.columns,
        unmask=terms.unmask,
        status=status,
    )


def _source(
    work: Workspace, folder: Path, manifest: Manifest, part: DataPart, access: Access
) -> SourceAccess:
    wish = wish_of(work, folder, manifest, part)
    stood = standing(wish.use, access.granted(part.name), at=work.clock.now())
    reads = [read for read in access.reads if read.source == part.name]
    held = stood.grant if part.governed else None
    return SourceAccess(
        source=part.name,
        owner=part.owner,
        purpose=wish.use.purpose,
        state=stood.state if part.governed else "open",
        grant=held.grant if held else "",
        until=held.terms.until if held else None,
        unmask=held.terms.unmask if held else (),
        last_read=reads[-1] if reads else None,
        reads=len(reads),
    )


def _written(
    work: Workspace, folder: Path, product: str, decided: Callable[[Access], tuple[Result, list[AnyFact]]]
) -> Result:
    """What `decided` made of all that is known, its facts written; decided anew if somebody wrote first."""
    for attempt in range(ATTEMPTS):
        access = access_of(work, product)
        result, facts = decided(access)
        if not facts:
            return result
        if not access.seq:
            # whatever is known of a product begins with its promise
            manifest, digest = load_product(work, folder)
            facts = [ProductDeclared(digest, manifest.product.stage), *facts]
        try:
            work.ledger.append(product, facts, actor=work.actor, at=work.clock.now(), expected=access.seq)
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return result
    raise Conflict
