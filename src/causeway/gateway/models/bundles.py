"""A bundle on the disk becomes something that answers, once every byte of it is proven."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, partial
from pathlib import Path

from msgspec import Struct, field

from causeway.core.bundle import (
    FEATURES,
    RELEASE,
    SIGNATURE,
    WHOLE,
    BadBundle,
    check_file,
    check_names,
    check_paths,
    check_signed,
    signed_files,
    verified_release,
)
from causeway.core.ids import short
from causeway.core.model_signing import MODEL_SIGNATURE
from causeway.core.release import Release
from causeway.core.routes import Route, Served
from causeway.gateway.door.admission import Pace
from causeway.gateway.models.folder import names_in, read_part
from causeway.gateway.models.model import Model, Predicted
from causeway.gateway.models.verify import verify_apart
from causeway.gateway.models.whole import WholeModel
from causeway.gateway.models.worker import Worker, worker_of
from causeway.gateway.rows.plain_answers import PlainAnswers, plain_answers_of
from causeway.gateway.rows.schema import Row, Schema

EXAMPLE = "example.json"
Start = Callable[[Worker], None]

# asked for at every request
_short = lru_cache(maxsize=256)(short)


class Loaded(Struct, frozen=True):
    """A verified release, ready to answer."""

    digest: str
    release: Release
    schema: Schema
    model: Model | WholeModel
    worker: Worker | None = None
    """Makes the model's columns, where rules do not, and answers for a model that is not converted."""
    python: str = ""
    example: bytes = b""
    """A row that it answers, as JSON; empty where the bundle has none."""
    pace: Pace = field(default_factory=Pace)

    plain: PlainAnswers | None = None
    """Writes its answers; None where they are written one by one."""

    async def predict(self, rows: Sequence[Row]) -> Predicted:
        """The answers for these checked rows."""
        function = bool(self.worker and self.release.model.features)
        made = await self.worker.matrix(rows) if self.worker and function else None
        if isinstance(self.model, WholeModel):
            return await self.model.predict(rows, made, worker=self.worker)
        return self.model.predict(rows) if made is None else self.model.predict_made(made)

    def held(self) -> AbstractContextManager[None]:
        """Keeps it able to answer while a request is on its way."""
        return self.worker.held() if self.worker else nullcontext()

    @property
    def version(self) -> str:
        """The release's name as callers write it: twelve digits of its digest."""
        return _short(self.digest)

    @property
    def at_fault(self) -> str:
        """The version of the release that failed, where one did."""
        return self.version


def load_bundle(served: Served, route: Route, *, start: Start | None = None) -> Loaded:
    """The release in this folder; refused with a BadBundle unless all of it is what it says.

    `start` gets the worker that it needs, if any, once every byte is proven.
    """
    release, content = _proven(Path(served.bundle), served.release, route)
    model = _model(release, content)
    again = partial(_model_again, Path(served.bundle), release)
    worker = worker_of(release, content, python=served.python, model=again)
    if worker and start:
        start(worker)
    return Loaded(
        digest=served.release,
        release=release,
        schema=Schema(release, judged=FEATURES in content, validation=route.validation),
        model=model,
        worker=worker,
        plain=plain_answers_of(release.signature.outputs),
        python=served.python,
        example=content.get(EXAMPLE, b""),
    )


def _model(release: Release, content: Mapping[str, bytes]) -> Model | WholeModel:
    features = content.get(FEATURES)
    if release.model.whole:
        return WholeModel(content[release.model.spec], release=release, features=features)
    return Model(content[release.model.file], release=release, features=features)


def _model_again(folder: Path, release: Release) -> bytes:
    """The model's bytes, proven once more."""
    content = read_part(folder, release.model.file)
    check_file(release, release.model.file, content)
    return content


def _proven(folder: Path, name: str, route: Route) -> tuple[Release, dict[str, bytes]]:
    """The release and the bytes of its files, once nothing in the folder is unsigned or missing."""
    signature = read_part(folder, SIGNATURE)
    release = verified_release(
        read_part(folder, RELEASE), signature, name=name, trusted=route.trusted_keys, verify=verify_apart
    )
    if release.product != route.product:
        raise BadBundle(f"the release is of {release.product}, the route of {route.product}")
    check_paths(release)
    whole = release.format >= WHOLE
    signed = signed_files(
        release,
        signature,
        read_part(folder, MODEL_SIGNATURE) if whole else b"",
        trusted=route.trusted_keys,
        verify=verify_apart,
    )
    check_names(release, signed, names_in(folder) if whole else ())
    content = {path: _checked(folder, signed, path) for path in signed}
    for path in release.files:
        check_file(release, path, content[path])
    return release, content


def _checked(folder: Path, signed: Mapping[str, str], path: str) -> bytes:
    content = read_part(folder, path)
    check_signed(signed, path, content)
    return content
