"""Which verified releases answer for which product, at one moment."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, structs

from causeway.core.assignment import Lots
from causeway.core.bundle import BadBundle
from causeway.core.errors import CausewayError
from causeway.core.ids import short
from causeway.core.personal import Private
from causeway.core.routes import Key, Route, RouteFile, Served
from causeway.gateway.door.allowance import Allowance
from causeway.gateway.door.keys import Keyring
from causeway.gateway.log import print_defect
from causeway.gateway.models.bundles import Loaded, Start, load_bundle
from causeway.gateway.models.worker import Worker
from causeway.gateway.refusals import NothingHere, NotReady
from causeway.gateway.routes.private import nothing_of, private_of


class Limit(Protocol):
    """How often one key may ask."""

    key: Key

    def take(self, now: float) -> None:
        """Counts one request of this minute, or refuses it and says when to come back."""

    def count(self) -> None:
        """Counts one request of this month."""


class Shadow(Protocol):
    """Whoever wants to know what was answered, beside."""

    def take(self, made: Any, asked: Any) -> None:  # noqa: ANN401 - the plane's own, which knows this module
        """Has the shadows asked the same, if there is room; at once back."""


class Variant(Struct, frozen=True):
    """A release that answers, with its share in percent."""

    loaded: Loaded
    share: int
    arm: str
    private: Private | None = None
    """What becomes of personal inputs before they are recorded; None where there are none."""
    by: "tuple[Variant, ...]" = ()
    """Whose each row of a request is, where not all are one release's."""
    shadow: Shadow | None = None
    """Who is told what it answered; None where no shadow is asked the same."""


class Live(Struct, frozen=True):
    """One product as it is served now.

    `problem` says why the newest route could not be followed; what answered before goes on.
    """

    route: Route
    variants: tuple[Variant, ...]
    allowance: Allowance | None
    problem: str = ""
    lots: Lots | None = None
    by_row: bool = False
    """Whether each row is drawn for itself, and not the request as a whole."""
    previous: Variant | None = None
    """The release before, kept loaded; None where there is none, or it is live as well."""
    warm_problem: str = ""
    """Why the release before is not kept loaded."""
    limits: Mapping[str, Limit] | None = None
    """How often each key may ask, by its name; None where none is limited."""
    stops: bool = False
    """Whether nobody is answered while records cannot be kept, though answers do not wait for them else."""

    @property
    def product(self) -> str:
        """The product's name."""
        return self.route.product

    @property
    def foremost(self) -> str:
        """The version that answers most; empty where none does."""
        return max(self.variants, key=lambda each: each.share).loaded.version if self.variants else ""

    def variant(self, unit: str, *, version: str = "") -> Variant:
        """The release that answers this unit, or the one that the caller names."""
        if not self.variants and not self.problem:
            raise NotReady(f"no release of {self.product} is live", hint="ship one")
        if not self.variants:
            raise NotReady(f"{self.product} has no verified release to answer with", hint=self.problem)
        if version:
            return self._named(version)
        if len(self.variants) == 1:
            return self.variants[0]
        if self.by_row or self.lots is None:
            # whose words the request is read by; who answers is drawn once its rows are known
            return self.champion
        return self.variants[self.lots.release(unit)]

    @property
    def champion(self) -> Variant:
        """The release that answers most."""
        return max(self.variants, key=lambda variant: variant.share)

    def stand_in(self, failed: Variant) -> Variant | None:
        """Who may answer where this release failed: the champion for a canary, else the release before."""
        champion = self.champion
        return self.previous if failed.loaded.digest == champion.loaded.digest else champion

    @property
    def kept(self) -> tuple[Variant, ...]:
        """All releases that are loaded."""
        return (*self.variants, self.previous) if self.previous else self.variants

    def _named(self, version: str) -> Variant:
        for variant in self.variants:
            if version in (variant.loaded.version, variant.loaded.digest):
                return variant
        known = ", ".join(variant.loaded.version for variant in self.variants)
        raise NothingHere(f"{self.product} has no version {version[:80]!r} live", hint=f"live: {known}")


class Routing(Struct, frozen=True):
    """All products at one version of the route file."""

    version: int = 0
    live: Mapping[str, Live] = {}
    keyring: Keyring = Keyring(())
    digest: str = ""
    """Of the route file's bytes."""
    problem: str = ""
    """Why the newest route file could not be read at all."""
    loaded_at: float = 0.0

    @property
    def troubled(self) -> bool:
        """Whether anything is not as the route file wants it."""
        return bool(self.problem) or any(live.problem for live in self.live.values())

    @property
    def ready(self) -> bool:
        """Whether every routed product has a release to answer with."""
        return all(live.variants for live in self.live.values() if live.route.served)

    @property
    def workers(self) -> set[Worker]:
        """The processes that these releases need."""
        variants = (variant for live in self.live.values() for variant in live.kept)
        return {variant.loaded.worker for variant in variants if variant.loaded.worker}


def next_routing(file: RouteFile, before: Routing, *, start: Start | None = None) -> Routing:
    """The routing that this file asks for; a product whose bundles fail keeps those it had."""
    known = before.live
    return Routing(
        version=file.version,
        live={r.product: _next_live(r, known.get(r.product), start) for r in file.routes},
        keyring=Keyring(file.routes),
        loaded_at=time.time(),
    )


def _next_live(route: Route, before: Live | None, start: Start | None) -> Live:
    problem = ""
    try:
        variants = _variants(route, before, start)
    except CausewayError as error:
        problem = error.message
        variants = _still(route, before) if before else ()
    previous, warm_problem = _previous(route, variants, before, start)
    return Live(
        route=route,
        variants=variants,
        allowance=_allowance(route, before),
        problem=problem,
        lots=Lots(route.product, tuple(each.share for each in variants), route.salt, route.holdout_percent),
        by_row=_by_row(route, variants),
        previous=previous,
        warm_problem=warm_problem,
        stops=route.on_full_disk == "stop" and route.records == "async",
    )


def _still(route: Route, before: Live) -> tuple[Variant, ...]:
    """What answered before, whose personal inputs are kept off the disk as the newest route wants it."""
    try:
        private = private_of(route)
    except CausewayError:
        if route.personal == before.route.personal:
            return before.variants
        private = nothing_of(route)
    return tuple(structs.replace(variant, private=private) for variant in before.variants)


def _by_row(route: Route, variants: Sequence[Variant]) -> bool:
    """Whether there is anything to decide, or to take off, row by row."""
    apart = route.entity and any(route.entity not in each.loaded.schema.names for each in variants)
    return bool(route.holdout_percent or apart or (route.entity and len(variants) > 1))


def _previous(
    route: Route, variants: Sequence[Variant], before: Live | None, start: Start | None
) -> tuple[Variant | None, str]:
    """The first warm release that is not live, loaded; and why not. One is enough, as each costs memory."""
    live = {each.loaded.digest for each in variants}
    served = next((each for each in route.warm if each.release not in live), None)
    if served is None:
        return None, ""
    try:
        loaded = _kept(served, route, before) or _loaded(served, route, before, start)
        return Variant(loaded, 0, "previous", private_of(route)), ""
    except CausewayError as error:
        return None, f"release {short(served.release)} is not kept ready: {error.message}"


def _variants(route: Route, before: Live | None, start: Start | None) -> tuple[Variant, ...]:
    champion = max((served.share for served in route.served), default=0)
    variants: list[Variant] = []
    private = private_of(route)
    for served in route.served:
        arm = (
            "canary" if any(v.arm == "champion" for v in variants) or served.share < champion else "champion"
        )
        try:
            loaded = _kept(served, route, before) or _loaded(served, route, before, start)
        except CausewayError as error:
            raise BadBundle(f"release {short(served.release)}: {error.message}", hint=error.hint) from error
        variants.append(Variant(loaded, served.share, arm, private))
    return tuple(variants)


def _loaded(served: Served, route: Route, before: Live | None, start: Start | None) -> Loaded:
    """The release, which passes for as fast as the one before at first, as its first runs are slow."""
    try:
        loaded = load_bundle(served, route, start=start)
    except CausewayError:
        raise
    except Exception as error:  # noqa: BLE001 - the shell: what one bundle brings about is no other product's problem
        print_defect(error)
        said = f"it could not be loaded: {type(error).__name__}"
        raise BadBundle(said, hint="the gateway's log says where") from None
    if before and before.variants:
        loaded.pace.last.extend(before.champion.loaded.pace.last)
    return loaded


def _kept(served: Served, route: Route, before: Live | None) -> Loaded | None:
    """The same release as loaded before, unless other keys are trusted now, or rows are judged otherwise."""
    if before is None or _judgement(before.route) != _judgement(route):
        return None
    known = (variant.loaded for variant in before.kept)
    return next((one for one in known if (one.digest, one.python) == (served.release, served.python)), None)


def _judgement(route: Route) -> tuple[object, ...]:
    return route.trusted_keys, route.validation


def _allowance(route: Route, before: Live | None) -> Allowance | None:
    if route.requests_per_minute is None:
        return None
    if before and before.allowance and before.allowance.per_minute == route.requests_per_minute:
        return before.allowance
    return Allowance(route.requests_per_minute)
