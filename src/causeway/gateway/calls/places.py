"""The addresses that the gateway knows, and what each is for."""

import os
from collections.abc import Mapping

from msgspec import Struct

from causeway.gateway.refusals import NothingHere, WrongMethod

ADDRESSES = (
    "/v2, /v2/health/live, /v2/health/ready, /v2/models/<product>[/versions/<v>][/ready|/infer], "
    "/products/<product>/invocations, /invocations, /v1/models/<product>[:predict], /ping, /metrics"
)


class Place(Struct, frozen=True):
    """An address, taken apart."""

    name: str
    method: str = "GET"
    anonymous: bool = False
    product: str = ""
    version: str = ""


def of_platform(given: Mapping[str, str]) -> dict[str, Place]:
    """The addresses that Vertex AI names in a container's environment."""
    asked = {
        given.get("AIP_PREDICT_ROUTE", ""): Place("predict", method="POST"),
        given.get("AIP_HEALTH_ROUTE", ""): Place("ready", anonymous=True),
    }
    return {path.rstrip("/"): place for path, place in asked.items() if path.startswith("/") and path != "/"}


FIXED = {
    "/v2": Place("server"),
    "/v2/health/live": Place("live", anonymous=True),
    "/v2/health/ready": Place("ready", anonymous=True),
    "/ping": Place("ping", anonymous=True),
    "/metrics": Place("metrics"),
    "/invocations": Place("invocations", method="POST"),
    "/health": Place("ping", anonymous=True),
    **of_platform(os.environ),
}


def place_of(method: str, path: str) -> Place:
    """What is at this address; refused if nothing is, or not for this method."""
    place = FIXED.get(path.rstrip("/") or "/") or _of_product(path)
    if place is None:
        raise NothingHere(f"there is nothing at {path[:80]!r}", hint=f"there is {ADDRESSES}")
    if method != place.method and not (method == "HEAD" and place.method == "GET"):
        allow = "GET, HEAD" if place.method == "GET" else place.method
        raise WrongMethod(f"{path[:80]} takes {place.method}, not {method[:20]}", allow=allow)
    return place


def _of_product(path: str) -> Place | None:
    match path.strip("/").split("/"):
        case ["products", product, ("invocations" | "openapi.json") as last]:
            post = last == "invocations"
            return Place("invocations" if post else "openapi", "POST" if post else "GET", product=product)
        case ["v1", "models", named]:
            return _of_v1(named)
        case ["v1", "endpoints", _, "deployedModels", deployed]:
            # where Vertex AI asks unless it is told otherwise
            predicts = deployed.endswith(":predict")
            return Place("predict", method="POST") if predicts else Place("ready", anonymous=True)
        case ["v2", "models", product, "versions", version, *rest]:
            return _of_model(product, version, rest)
        case ["v2", "models", product, *rest]:
            return _of_model(product, "", rest)
        case _:
            return None


def _of_v1(named: str) -> Place | None:
    product, _, verb = named.partition(":")
    if not product or verb not in ("", "predict"):
        return None
    if verb:
        return Place("predict", method="POST", product=product)
    return Place("model_ready", product=product)


def _of_model(product: str, version: str, rest: list[str]) -> Place | None:
    if not product or (len(rest) and rest[0] == "versions"):
        return None
    match rest:
        case []:
            return Place("model", product=product, version=version)
        case ["ready"]:
            return Place("model_ready", product=product, version=version)
        case ["openapi.json"]:
            return Place("openapi", product=product, version=version)
        case ["infer"]:
            return Place("infer", method="POST", product=product, version=version)
        case _:
            return None
