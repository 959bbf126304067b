"""A bundle on the disk becomes something that answers, once every byte of it is proven."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from msgspec import Struct

from causeway.core.bundle import (
    FEATURES,
    RELEASE,
    SIGNATURE,
    BadBundle,
    check_file,
    check_paths,
    verified_release,
)
from causeway.core.ids import short
from causeway.core.release import Release
from causeway.core.routes import Route, Served
from causeway.gateway.model import Model, Predicted
from causeway.gateway.schema import Row, Schema
from causeway.gateway.verify import verify_apart
from causeway.gateway.worker import Worker, worker_of

Start = Callable[[Worker], None]


class Loaded(Struct, frozen=True):
    """A verified release, ready to answer."""

    digest: str
    release: Release
    schema: Schema
    model: Model
    worker: Worker | None = None
    """Makes the model's columns, where rules do not; the route says with which Python."""
    python: str = ""

    async def predict(self, rows: Sequence[Row]) -> Predicted:
        """The answers for these checked rows."""
        if self.worker is None:
            return self.model.predict(rows)
        return self.model.predict_made(await self.worker.matrix(rows))

    def held(self) -> AbstractContextManager[None]:
        """Keeps it able to answer while a request is on its way."""
        return self.worker.held() if self.worker else nullcontext()

    @property
    def version(self) -> str:
        """The release's name as callers write it: twelve digits of its digest."""
        return short(self.digest)


def load_bundle(served: Served, route: Route, *, start: Start | None = None) -> Loaded:
    """The release in this folder; refused with a BadBundle unless all of it is what it says.

    `start` gets the worker that it needs, if any, once every byte is proven.
    """
    folder = Path(served.bundle)
    release = verified_release(
        _read(folder, RELEASE),
        _read(folder, SIGNATURE),
        name=served.release,
        trusted=route.trusted_keys,
        verify=verify_apart,
    )
    if release.product != route.product:
        raise BadBundle(f"the release is of {release.product}, the route of {route.product}")
    check_paths(release)
    content = {path: _checked(folder, release, path) for path in release.files}
    model = Model(content[release.model.file], release=release, features=content.get(FEATURES))
    worker = worker_of(release, content, python=served.python)
    if worker and start:
        start(worker)
    return Loaded(
        digest=served.release,
        release=release,
        schema=Schema(release, judged=FEATURES in content),
        model=model,
        worker=worker,
        python=served.python,
    )


def _checked(folder: Path, release: Release, path: str) -> bytes:
    content = _read(folder, path)
    check_file(release, path, content)
    return content


def _read(folder: Path, path: str) -> bytes:
    try:
        return (folder / path).read_bytes()
    except OSError as error:
        raise BadBundle(
            f"{path} of the bundle cannot be read: {error.strerror}", hint="unpack the bundle again"
        ) from error
