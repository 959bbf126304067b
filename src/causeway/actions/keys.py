"""Keys of callers: issued once in sight, kept only as a digest, revoked for good."""

import hashlib
import secrets
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.decide import decide, existing_workspace, product_name, product_state
from causeway.actions.routes import publish
from causeway.actions.workspace import Workspace
from causeway.core.errors import NotFound, UsageError
from causeway.core.events import KeyIssued, KeyRevoked
from causeway.core.routes import PREDICT, SCOPES, Used
from causeway.views.product import KeyHeld, ProductState

TOKEN_PREFIX = "cw_"  # noqa: S105 - the prefix by which people and scanners know our tokens
TOKEN_BYTES = 32
MAX_CONSUMER = 100
MOST_REQUESTS = 10**12


class Issued(Struct, frozen=True):
    """A new key; `token` is shown this once and kept nowhere."""

    product: str
    key: str
    consumer: str
    token: str
    scopes: tuple[str, ...] = (PREDICT,)
    requests_per_minute: int | None = None
    requests_per_month: int | None = None
    status: str = "issued"
    trouble: str = ""
    """What keeps the running gateway from following, if anything does."""


class KeyListed(KeyHeld, frozen=True):
    """The same with what is used of its quota."""

    requests_this_month: int | None = None
    """As the gateway wrote it last; None where there is no quota, or nothing was written."""


class Listed(Struct, frozen=True):
    """All keys of a product, revoked ones too; tokens are nowhere."""

    product: str
    keys: tuple[KeyListed, ...]


class Revoked(Struct, frozen=True):
    """A key that opens nothing any more; `already_revoked` if that was so before."""

    product: str
    key: str
    status: str
    trouble: str = ""
    """What keeps the running gateway from following, if anything does."""


class Limits(Struct, frozen=True):
    """What a key may do, and how often; None is without limit."""

    scopes: tuple[str, ...] = (PREDICT,)
    requests_per_minute: int | None = None
    requests_per_month: int | None = None


UNLIMITED = Limits()
"""Predictions, as many and as often as the product takes."""


def issue(folder: Path, consumer: str, limits: Limits = UNLIMITED) -> Issued:
    """A key for this consumer, working from now on, within these limits."""
    if not consumer.strip() or not consumer.isprintable() or len(consumer) > MAX_CONSUMER:
        raise UsageError(
            "a key needs the name of its consumer",
            hint=f"say who calls, in at most {MAX_CONSUMER} printable characters: causeway key issue NAME",
        )
    work = existing_workspace(folder)
    product = _declared(work, folder).product
    token, fact = new_key(consumer, _checked(limits))
    decide(work, product, lambda _: [fact])
    return Issued(
        product,
        fact.key,
        consumer,
        token,
        scopes=fact.scopes,
        requests_per_minute=fact.requests_per_minute,
        requests_per_month=fact.requests_per_month,
        trouble=publish(work, product),
    )


def list_keys(folder: Path) -> Listed:
    """Who holds a key, since when, what it may do and used of it, and which were revoked."""
    work = existing_workspace(folder)
    state = _declared(work, folder)
    used = _used(work, state.product)
    return Listed(state.product, tuple(_listed(key, used) for key in state.keys.values()))


def revoke(folder: Path, key: str) -> Revoked:
    """The key, no longer working."""
    work = existing_workspace(folder)
    product = _declared(work, folder).product
    status = "already_revoked"

    def facts_of(state: ProductState) -> list[KeyRevoked]:
        nonlocal status
        if key not in state.keys:
            raise NotFound(f"{product} has no key {key}", hint="see them: causeway key list")
        if not state.keys[key].active:
            return []
        status = "revoked"
        return [KeyRevoked(key)]

    decide(work, product, facts_of)
    return Revoked(product, key, status, trouble=publish(work, product))


def new_key(consumer: str, limits: Limits = UNLIMITED) -> tuple[str, KeyIssued]:
    """A token nobody can guess, and the fact that keeps only its digest."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    fact = KeyIssued(
        key=f"key-{secrets.token_hex(4)}",
        digest=hashlib.sha256(token.encode()).hexdigest(),
        consumer=consumer,
        scopes=limits.scopes,
        requests_per_minute=limits.requests_per_minute,
        requests_per_month=limits.requests_per_month,
    )
    return token, fact


def _checked(limits: Limits) -> Limits:
    if unknown := sorted({*limits.scopes} - {*SCOPES}):
        raise UsageError(f"a key cannot have the scope {unknown[0]!r}", hint=f"scopes: {', '.join(SCOPES)}")
    for name in ("requests_per_minute", "requests_per_month"):
        most = getattr(limits, name)
        if most is not None and not 1 <= most <= MOST_REQUESTS:
            raise UsageError(
                f"{name} is {most}", hint=f"from 1 to {MOST_REQUESTS:,}; leave it out for no limit"
            )
    return Limits(
        tuple(dict.fromkeys(limits.scopes)) or (PREDICT,),
        limits.requests_per_minute,
        limits.requests_per_month,
    )


def _listed(key: KeyHeld, used: dict[str, int] | None) -> KeyListed:
    counted = None if used is None or key.requests_per_month is None else used.get(key.key, 0)
    return KeyListed(**structs.asdict(key), requests_this_month=counted)


def _used(work: Workspace, product: str) -> dict[str, int] | None:
    """The requests of this month by key; None where no gateway wrote them, or nobody can read them."""
    try:
        used = msgspec.json.decode((work.state / "usage.json").read_bytes(), type=Used)
    except (OSError, msgspec.DecodeError):
        return None
    return used.requests.get(product, {}) if used.month == f"{work.clock.now():%Y-%m}" else {}


def _declared(work: Workspace, folder: Path) -> ProductState:
    name = product_name(work, folder)
    state = product_state(work, name)
    if not state.seq:
        raise NotFound(f"nothing is known of {name} yet", hint=f"start with: causeway run {folder}")
    return state
