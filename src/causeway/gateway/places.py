"""The addresses that the gateway knows, and what each is for."""

from msgspec import Struct

from causeway.gateway.refusals import NothingHere, WrongMethod

ADDRESSES = (
    "/v2, /v2/health/live, /v2/health/ready, /v2/models/<product>[/versions/<v>][/ready|/infer], "
    "/products/<product>/invocations, /invocations, /ping, /metrics"
)


class Place(Struct, frozen=True):
    """An address, taken apart."""

    name: str
    method: str = "GET"
    anonymous: bool = False
    product: str = ""
    version: str = ""


_FIXED = {
    "/v2": Place("server"),
    "/v2/health/live": Place("live", anonymous=True),
    "/v2/health/ready": Place("ready", anonymous=True),
    "/ping": Place("ping", anonymous=True),
    "/metrics": Place("metrics"),
    "/invocations": Place("invocations", method="POST"),
}


def place_of(method: str, path: str) -> Place:
    """What is at this address; refused if nothing is, or not for this method."""
    place = _FIXED.get(path.rstrip("/") or "/") or _of_product(path)
    if place is None:
        raise NothingHere(f"there is nothing at {path[:80]!r}", hint=f"there is {ADDRESSES}")
    if method != place.method and not (method == "HEAD" and place.method == "GET"):
        raise WrongMethod(f"{path[:80]} takes {place.method}, not {method[:20]}")
    return place


def _of_product(path: str) -> Place | None:
    match path.strip("/").split("/"):
        case ["products", product, "invocations"]:
            return Place("invocations", method="POST", product=product)
        case ["v2", "models", product, "versions", version, *rest]:
            return _of_model(product, version, rest)
        case ["v2", "models", product, *rest]:
            return _of_model(product, "", rest)
        case _:
            return None


def _of_model(product: str, version: str, rest: list[str]) -> Place | None:
    if not product or (len(rest) and rest[0] == "versions"):
        return None
    match rest:
        case []:
            return Place("model", product=product, version=version)
        case ["ready"]:
            return Place("model_ready", product=product, version=version)
        case ["infer"]:
            return Place("infer", method="POST", product=product, version=version)
        case _:
            return None
