"""The addresses of models, and which store each of them means."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from causeway.core.errors import UsageError

TRACKING = "MLFLOW_TRACKING_URI"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
FORMS = (
    "mlflow://HOST[:PORT]/RUN, mlflow+file:STORE/RUN, models:/NAME/VERSION, models:/NAME@ALIAS, "
    "or a folder with an MLmodel file"
)
_MODEL = re.compile(r"models:/+(?P<name>[^/@]+)(?:/(?P<version>\d+)|@(?P<alias>[^/@]+))")


class Wanted(Struct, frozen=True):
    """What to bring, and from where: `store` is a server's base address, or a path."""

    address: str
    store: str
    run: str = ""
    model: str = ""
    """Which of the run's models: its id, or the folder it was logged to."""
    name: str = ""
    version: str = ""
    alias: str = ""

    @property
    def served(self) -> bool:
        """Whether a tracking server has to be asked."""
        return self.store.startswith(("http://", "https://"))


def read_address(address: str, environ: Mapping[str, str]) -> Wanted:
    """What this address means; a folder with a saved model has neither run nor name."""
    if address.startswith("models:/"):
        return _registered(address, environ)
    if address.startswith("mlflow+file:"):
        return _in_store(address)
    if address.startswith(("mlflow://", "mlflow+http://", "mlflow+https://")):
        return _on_server(address)
    if "://" in address:
        raise UsageError(f"{address} is no address of a model", hint=f"write {FORMS}")
    return Wanted(address, store=address)


def _on_server(address: str) -> Wanted:
    parts = urlsplit(address)
    run, _, model = parts.path.strip("/").partition("/")
    if not parts.hostname or not run:
        raise UsageError(f"{address} names no run", hint="write mlflow://HOST[:PORT]/RUN")
    if parts.username or parts.password:
        raise UsageError(
            "an address must not hold a password, which the ledger would keep",
            hint="set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
        )
    scheme = parts.scheme.partition("+")[2]
    near = parts.netloc.rpartition(":")[0] in LOOPBACK or parts.netloc in LOOPBACK
    return Wanted(
        address,
        store=f"{scheme or ('http' if near else 'https')}://{parts.netloc}",
        run=unquote(run),
        model=unquote(model),
    )


def _in_store(address: str) -> Wanted:
    path = address.removeprefix("mlflow+file:")
    if path.startswith("//"):
        path = path.removeprefix("//")
    place = Path(path)
    if len(place.parts) < 2:
        raise UsageError(f"{address} names no run", hint="write mlflow+file:mlruns/RUN, or mlflow.db/RUN")
    return Wanted(address, store=str(place.parent), run=place.name)


def _registered(address: str, environ: Mapping[str, str]) -> Wanted:
    found = _MODEL.fullmatch(address)
    if not found:
        raise UsageError(
            f"{address} names no version", hint="write models:/NAME/VERSION or models:/NAME@ALIAS"
        )
    store = environ.get(TRACKING, "")
    if not store:
        raise UsageError(
            f"which registry keeps {found['name']} is not known",
            hint=f"set {TRACKING} to the server's address, or to the store's folder or sqlite:/// file",
        )
    if store.startswith("sqlite:"):
        store = store.removeprefix("sqlite:///")
    return Wanted(
        address,
        store=store.removeprefix("file://").rstrip("/"),
        name=unquote(found["name"]),
        version=found["version"] or "",
        alias=found["alias"] or "",
    )
