"""Compiles what the ledger says is live into the file that the gateway reads."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from causeway.actions.bundles import UntrustedSigner, check_signer, trusted_keys
from causeway.actions.decide import product_state
from causeway.actions.instance import followed, running
from causeway.actions.workers import routed_python
from causeway.actions.workspace import Workspace, write_whole
from causeway.core.errors import OutsideError, UsageError, remedy
from causeway.core.ids import short
from causeway.core.manifest import Manifest
from causeway.core.manifest_text import read_manifest
from causeway.core.routes import Key, Route, RouteFile, Served, read_routes
from causeway.views.product import ProductState

PREDICT = "predict"
SANDBOX = "sandbox"


def sync_routes(work: Workspace) -> RouteFile:
    """The route file as the ledger wants it, written if it was not so yet."""
    with _alone(work.state / "routes.lock"):
        known = current_routes(work)
        states = [product_state(work, name) for name in sorted(work.ledger.products())]
        wanted = tuple(route_of(work, state) for state in states if state.routings)
        if known and known.routes == wanted:
            return known
        file = RouteFile(version=known.version + 1 if known else 1, routes=wanted)
        write_whole(work.routes, msgspec.json.encode(file))
        return file


def publish(work: Workspace, product: str) -> str:
    """Has the running gateway follow the ledger; what keeps it from doing so for this product, or empty."""
    try:
        file = sync_routes(work)
    except (OutsideError, UntrustedSigner) as error:
        # the facts are written; whoever wrote them must still hear what came of it
        place = f" (at {error.where})" if error.where else ""
        return f"{error.message}{place}; {error.hint}"
    instance = running(work)
    return followed(instance, file.version, product=product) if instance else ""


def route_of(work: Workspace, state: ProductState) -> Route:
    """What the gateway needs to serve this product; refused where it could not trust what is live."""
    for release in state.shares:
        check_signer(work, release)
    return Route(
        product=state.product,
        served=tuple(
            Served(release, str(work.bundle(release)), share, routed_python(work, release))
            for release, share in state.shares.items()
        ),
        keys=tuple(
            Key(key.key, key.digest, key.consumer, key.scopes)
            for key in state.active_keys
            if PREDICT in key.scopes
        ),
        label=SANDBOX if state.stage == SANDBOX else "",
        requests_per_minute=state.routings[-1].requests_per_minute,
        records=promise(work, state).serving.records,
        trusted_keys=trusted_keys(),
    )


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
