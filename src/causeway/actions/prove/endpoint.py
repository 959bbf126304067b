"""A gateway of its own with one release, asked as a stranger, a caller and a tool would ask it."""

import hashlib
import http.client
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from causeway.actions.bundles import Bundle, Row, trusted_keys
from causeway.actions.instance import HOST
from causeway.actions.measured import measured
from causeway.actions.workers import routed_python
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.core.errors import OutsideError
from causeway.core.events import EndpointProbed
from causeway.core.records import Record, frames
from causeway.core.release import Field, Release
from causeway.core.routes import Key, Route, RouteFile, Served

CALLS = 60
SECONDS = 10.0
START_SECONDS = 60.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02
CALLER = "probe"
TENSORS = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "text": "BYTES"}
STRANGE = "causeway: never seen"
UNWRITTEN = "\ue000\uf8ff"
"""Characters that belong to no script, so that no text of people has them."""
OK, REFUSED = 200, 422


def probe(work: Workspace, bundle: Bundle, *, records: str) -> EndpointProbed:
    """What the gateway answers with this release, how fast, and what it keeps of that."""
    token = secrets.token_urlsafe(32)
    scratch = Path(tempfile.mkdtemp(prefix="probe-", dir=work.state))
    try:
        with _gateway(work, bundle, scratch, _key(token), records=records) as port:
            caller = _Caller(port, bundle.release.product, token)
            said = _asked(caller, bundle)
        return _recorded(said, bundle.release, scratch)
    finally:
        registry.removed(scratch)


class _Caller:
    """Whoever asks this gateway."""

    def __init__(self, port: int, product: str, token: str) -> None:
        self.port, self.product, self.token = port, product, token

    def ask(self, path: str, body: object = None, *, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of one request; with a body it is a POST, with an empty token it has no key."""
        key = self.token if token is None else token
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS)
        try:
            content = None if body is None else msgspec.json.encode(body)
            connection.request("GET" if body is None else "POST", path, body=content, headers=headers)
            answer = connection.getresponse()
            return answer.status, msgspec.json.decode(answer.read() or b"null")
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise OutsideError(f"the gateway did not answer: {error}", hint="repeat it") from error
        finally:
            connection.close()

    def row(self, row: Mapping[str, object]) -> tuple[int, Any]:
        """The answer to one row."""
        return self.ask(f"/products/{self.product}/invocations", {"dataframe_records": [row]})


def _asked(caller: _Caller, bundle: Bundle) -> EndpointProbed:
    row, fields = bundle.example, bundle.release.signature.inputs
    model = f"/v2/models/{caller.product}"
    anonymous, _ = caller.ask(f"/products/{caller.product}/invocations", {}, token="")
    status, described = caller.ask(model)
    inferred, _ = caller.ask(f"{model}/infer", {"inputs": [*_tensors(fields, row)]})
    answers = [caller.row(row)[0] for _ in range(CALLS)]
    outside = [caller.row({**row, field.name: value}) for field, value in _outside(fields)]
    # a free text has no bounds; where the release knows the characters of its rows, it tells others
    outside += [
        answer for name in _free_texts(fields) if _tells(answer := caller.row({**row, name: UNWRITTEN}))
    ]
    return EndpointProbed(
        release=bundle.digest,
        anonymous=anonymous,
        described=status == OK and _names(described) == {field.name for field in fields},
        inferred=inferred == OK,
        asked=CALLS,
        answered=answers.count(OK),
        tagged=0,
        refused=caller.row({**row, **_broken(fields)})[0],
        watched=len(outside),
        told=sum(map(_tells, outside)),
    )


def _recorded(said: EndpointProbed, release: Release, scratch: Path) -> EndpointProbed:
    """The same with what the gateway's own records say, which are whole once it has ended."""
    product = release.product
    records = [
        record
        for log in (scratch / "records" / product).glob("*.log")
        for record in frames(log.read_bytes())
        if isinstance(record, Record)
    ]
    own = (product, said.release, CALLER)
    tagged = sum((each.product, each.release, each.consumer) == own for each in records)
    time_taken = measured(scratch, product)
    said = msgspec.structs.replace(said, tagged=min(tagged, said.answered) if tagged == len(records) else 0)
    if time_taken is None:
        return said
    return msgspec.structs.replace(
        said,
        median=time_taken.median,
        mean=time_taken.mean,
        p95=time_taken.p95,
        record_bytes=time_taken.record_bytes,
    )


def _names(described: object) -> set[str]:
    inputs = described.get("inputs", ()) if isinstance(described, dict) else ()
    return {each.get("name", "") for each in inputs if isinstance(each, dict)}


def _tensors(fields: tuple[Field, ...], row: Row) -> Iterator[dict[str, object]]:
    for field in fields:
        if row.get(field.name) is not None:
            datatype = TENSORS.get(field.kind, "BYTES")
            yield {"name": field.name, "shape": [1], "datatype": datatype, "data": [row[field.name]]}


def _outside(fields: tuple[Field, ...]) -> Iterator[tuple[Field, str | float]]:
    """For each input with bounds or categories, a value that lies outside of them."""
    for field in fields:
        if field.categories:
            yield field, STRANGE
        elif field.maximum is not None and field.minimum is not None:
            beyond = field.maximum + (field.maximum - field.minimum) + 1
            yield field, int(beyond) if field.kind == "integer" else beyond


def _free_texts(fields: tuple[Field, ...]) -> list[str]:
    return [field.name for field in fields if field.kind == "text" and not field.categories]


def _tells(answer: tuple[int, Any]) -> bool:
    """Whether the value was refused or flagged."""
    status, body = answer
    return status == REFUSED or bool(body.get("flags"))


def _broken(fields: tuple[Field, ...]) -> dict[str, object]:
    """One value that is of another kind than the signature says."""
    field = next((field for field in fields if field.kind in {"number", "integer"}), fields[0])
    return {field.name: STRANGE if field.kind != "text" else 7}


@contextmanager
def _gateway(work: Workspace, bundle: Bundle, scratch: Path, key: Key, *, records: str) -> Generator[int]:
    """The port of a gateway that serves this release to this key, until the end of the block."""
    route = Route(
        product=bundle.release.product,
        served=(
            Served(bundle.digest, str(work.bundle(bundle.digest)), 100, routed_python(work, bundle.digest)),
        ),
        keys=(key,),
        records=records,
        trusted_keys=trusted_keys(),
    )
    routes, port_file = scratch / "routes.json", scratch / "port"
    write_whole(routes, msgspec.json.encode(RouteFile(1, (route,))))
    process = subprocess.Popen(  # noqa: S603 - our own gateway
        [
            *(sys.executable, "-m", "causeway.gateway", "--routes", str(routes), "--host", HOST),
            *("--records", str(scratch / "records"), "--port", "0", "--port-file", str(port_file)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield _port(process, port_file)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _key(token: str) -> Key:
    return Key(CALLER, hashlib.sha256(token.encode()).hexdigest(), CALLER)


def _port(process: "subprocess.Popen[bytes]", port_file: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while not (port_file.is_file() and port_file.read_text().strip()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise OutsideError("the gateway of the probe did not start", hint="see why: causeway doctor")
        time.sleep(POLL_SECONDS)
    return int(port_file.read_text())
