"""Which verified releases answer for which product, at one moment."""

import time
from collections.abc import Mapping

from msgspec import Struct

from causeway.core.bundle import BadBundle
from causeway.core.errors import CausewayError
from causeway.core.ids import short
from causeway.core.routes import Route, RouteFile, Served, position
from causeway.gateway.allowance import Allowance
from causeway.gateway.bundles import Loaded, Start, load_bundle
from causeway.gateway.keys import Keyring
from causeway.gateway.refusals import NothingHere, NotReady
from causeway.gateway.worker import Worker


class Variant(Struct, frozen=True):
    """A release that answers, with its share in percent."""

    loaded: Loaded
    share: int
    arm: str


class Live(Struct, frozen=True):
    """One product as it is served now.

    `problem` says why the newest route could not be followed; what answered before goes on.
    """

    route: Route
    variants: tuple[Variant, ...]
    allowance: Allowance | None
    problem: str = ""

    @property
    def product(self) -> str:
        """The product's name."""
        return self.route.product

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
        return self.variants[position([variant.share for variant in self.variants], unit)]

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
        variants = (variant for live in self.live.values() for variant in live.variants)
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
        variants = before.variants if before else ()
    return Live(route=route, variants=variants, allowance=_allowance(route, before), problem=problem)


def _variants(route: Route, before: Live | None, start: Start | None) -> tuple[Variant, ...]:
    champion = max((served.share for served in route.served), default=0)
    variants: list[Variant] = []
    for served in route.served:
        arm = (
            "canary" if any(v.arm == "champion" for v in variants) or served.share < champion else "champion"
        )
        try:
            loaded = _kept(served, route, before) or load_bundle(served, route, start=start)
        except CausewayError as error:
            raise BadBundle(f"release {short(served.release)}: {error.message}", hint=error.hint) from error
        variants.append(Variant(loaded, served.share, arm))
    return tuple(variants)


def _kept(served: Served, route: Route, before: Live | None) -> Loaded | None:
    """The same release as loaded before, unless other keys are trusted now."""
    if before is None or before.route.trusted_keys != route.trusted_keys:
        return None
    known = (variant.loaded for variant in before.variants)
    return next((one for one in known if (one.digest, one.python) == (served.release, served.python)), None)


def _allowance(route: Route, before: Live | None) -> Allowance | None:
    if route.requests_per_minute is None:
        return None
    if before and before.allowance and before.allowance.per_minute == route.requests_per_minute:
        return before.allowance
    return Allowance(route.requests_per_minute)
