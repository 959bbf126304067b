"""Compiles what the ledger says is live into the file that the gateway reads."""

import fcntl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.bundles import UntrustedSigner, check_signer, describe, trusted_keys
from causeway.actions.decide import product_state
from causeway.actions.instance import followed, running
from causeway.actions.personal import made_key, personal_ways
from causeway.actions.workers import routed_python
from causeway.actions.workspace import Workspace, write_whole
from causeway.assess.cost.budget import over_budget
from causeway.core.errors import CausewayError, OutsideError, UsageError, outside, remedy
from causeway.core.ids import check_product_name, short
from causeway.core.manifest import Manifest, ServingPart
from causeway.core.manifest_text import read_manifest
from causeway.core.records import Value
from causeway.core.routes import Key, Route, RouteFile, Served, read_routes
from causeway.views.product import ProductState

SANDBOX = "sandbox"


class Synced(Struct, frozen=True):
    """The route file, and by product what keeps its route from being as the ledger wants it."""

    file: RouteFile
    troubles: Mapping[str, str]


def sync_routes(work: Workspace, *, state_of: Callable[[str], ProductState] | None = None) -> Synced:
    """The route file as the ledger wants it, written if it was not so yet; no product stops another."""
    read = state_of or (lambda product: product_state(work, product))
    with _alone(work.state / "routes.lock"):
        known = current_routes(work)
        before = {route.product: route for route in known.routes} if known else {}
        compiled = {name: _compiled(work, name, read, before.get(name)) for name in work.products()}
        wanted = tuple(route for _, (route, _) in sorted(compiled.items()) if route)
        troubles = {name: trouble for name, (_, trouble) in compiled.items() if trouble}
        if known and known.routes == wanted:
            return Synced(known, troubles)
        file = RouteFile(version=known.version + 1 if known else 1, routes=wanted)
        write_whole(work.routes, msgspec.json.encode(file))
        return Synced(file, troubles)


def publish(work: Workspace, product: str) -> str:
    """Has the running gateway follow the ledger; what keeps it from doing so for this product, or empty."""
    try:
        synced = sync_routes(work)
    except CausewayError as error:
        # the facts are written; whoever wrote them must still hear what came of it
        return _in_words(error)
    instance = running(work)
    said = followed(instance, work.routes, version=synced.file.version, product=product) if instance else ""
    return "; ".join(filter(None, (synced.troubles.get(product), said)))


def route_of(work: Workspace, state: ProductState) -> Route:
    """What the gateway needs to serve this product; refused where it could not trust what is live."""
    for release in state.shares:
        check_signer(work, release)
    serving = promise(work, state).serving
    warm, shadow = _beside(work, _before(state)), _beside(work, state.shadow)
    routed = (*state.shares, *(each.release for each in (*warm, *shadow)))
    return Route(
        product=state.product,
        served=tuple(
            Served(release, str(work.bundle(release)), share, routed_python(work, release))
            for release, share in _champion_first(state)
        ),
        keys=_keys(state),
        label=SANDBOX if state.stage == SANDBOX else "",
        requests_per_minute=state.routings[-1].requests_per_minute,
        records=serving.records,
        trusted_keys=trusted_keys(),
        validation=serving.validation,
        deadline_ms=serving.deadline_ms,
        on_failure=serving.on_failure,
        fallback=fallback_of(work, serving, state.shares),
        warm=warm,
        shadow=shadow,
        entity=serving.entity,
        salt=serving.salt,
        holdout_percent=serving.holdout_percent,
        withheld=serving.withheld,
        personal=(personal := personal_ways(work, routed, serving)),
        personal_key=made_key(work, state.product) if personal else "",
        on_full_disk=serving.on_full_disk,
        workers=max(serving.workers, min(state.routings[-1].workers, serving.workers_most or 0)),
        workers_most=serving.workers_most,
        over_budget=over_budget(state.budget, work.clock.now()),
    )


def _champion_first(state: ProductState) -> list[tuple[str, int]]:
    """The releases with their shares, the one on trial last; of two with the same share the first leads."""
    return sorted(
        state.shares.items(), key=lambda item: bool(state.canary and item[0] == state.canary.release)
    )


def _before(state: ProductState) -> tuple[str, ...]:
    """The release that a roll back would make answer most, unless it answers now."""
    before = max(state.before, key=lambda release: state.before[release], default="")
    return (before,) if before and state.shares and before not in state.shares else ()


def _beside(work: Workspace, releases: Iterable[str]) -> tuple[Served, ...]:
    """Releases without traffic; one that is gone or not trusted here must not keep others from answering."""
    return tuple(
        Served(release, str(work.bundle(release)), 0, routed_python(work, release))
        for release in releases
        if _usable(work, release)
    )


def _usable(work: Workspace, release: str) -> bool:
    try:
        check_signer(work, release)
    except UntrustedSigner:
        return False
    return work.bundle(release).is_dir()


def fallback_of(work: Workspace, serving: ServingPart, releases: Iterable[str]) -> dict[str, Value]:
    """The answer that is declared to stand in; refused where these releases have no such output."""
    declared = declared_fallback(serving)
    made = [describe(work, release).release for release in releases] if declared else []
    known = {name for each in made for name in (each.target, *(o.name for o in each.signature.outputs))}
    if made and (unknown := sorted(declared.keys() - known)):
        raise UsageError(
            f"`fallback` under [serving] answers {unknown[0]!r}, which is no output of what answers",
            hint=f"its outputs: {', '.join(sorted(known - {''}))}",
        )
    return declared


def declared_fallback(serving: ServingPart) -> dict[str, Value]:
    """The answer that the manifest declares to stand in; refused where one is wanted and there is none."""
    wanted = 'on_failure = "answer"' if serving.on_failure == "answer" else ""
    if serving.holdout_percent and serving.withheld == "fallback":
        wanted = 'withheld = "fallback"'
    if wanted and not serving.fallback:
        raise UsageError(
            f"`{wanted}` under [serving], and no `fallback` that says which",
            hint="""write, for instance: fallback = '{"churn": "No"}'""",
        )
    # that it is an object of plain values, reading the manifest made sure
    return msgspec.json.decode(serving.fallback, type=dict[str, Value]) if serving.fallback else {}


def _compiled(
    work: Workspace, product: str, read: Callable[[str], ProductState], before: Route | None
) -> tuple[Route | None, str]:
    """The product's route, or the one from before with the keys of now, and why."""
    state = None
    try:
        check_product_name(product)
        state = read(product)
        return (route_of(work, state) if state.routings else None), ""
    except CausewayError as error:
        said = _in_words(error)
    except OSError as error:
        said = _in_words(outside(error))
    if before and state:
        # a key that was revoked opens nothing, whatever else is missing, and what is off stays off
        served = before.served if state.shares else ()
        before = structs.replace(before, keys=_keys(state), served=served)
    return before, said


def _keys(state: ProductState) -> tuple[Key, ...]:
    return tuple(
        Key(
            key.key,
            key.digest,
            key.consumer,
            key.scopes,
            requests_per_minute=key.requests_per_minute,
            requests_per_month=key.requests_per_month,
        )
        for key in state.active_keys
    )


def _in_words(error: CausewayError) -> str:
    place = f" (at {error.where})" if error.where else ""
    return f"{error.message}{place}; {error.hint}"


def promise(work: Workspace, state: ProductState) -> Manifest:
    """The manifest that this product was last declared with."""
    return read_manifest(work.artifacts.get(state.manifest), where=f"manifest {short(state.manifest)}")


def current_routes(work: Workspace) -> RouteFile | None:
    """What the gateway reads now; None where there is no file yet, or none that can be read."""
    try:
        return read_routes(work.routes.read_bytes(), where=str(work.routes))
    except (FileNotFoundError, UsageError):
        # a spoilt file is written anew from the ledger, which is the truth
        return None
    except OSError as error:
        raise OutsideError(f"cannot read {work.routes}: {error.strerror}", hint=remedy(error)) from error


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Waits until no other process compiles routes."""
    try:
        handle = lock.open("w")
    except OSError as error:
        raise OutsideError(f"cannot open {lock}: {error.strerror}", hint=remedy(error)) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
