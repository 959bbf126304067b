"""Where a gateway can be asked: over TLS, at a path, behind a proxy; the short way and the long one alike."""

import asyncio
import http.client
import json
import signal
import socket
import ssl
import stat
import subprocess
import sys

import pytest
import uvicorn
from cryptography import x509
from gateway_process import BEARER, call_on, eventually, route, running

from causeway.core.errors import OutsideError, UsageError
from causeway.gateway.wire.certificate import Certificate
from causeway.gateway.wire.http_limits import BoundedProtocol
from causeway.gateway.wire.listening import listen
from causeway.gateway.wire.proxies import Proxies
from certificates import certified

ROW = {"tenure": 3, "visits": 2, "plan": "gold"}
INVOKE = "/products/churn/invocations"


def secret_context():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def name_shown(port) -> str:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        secret_context().wrap_socket(plain) as caller,
    ):
        shown = x509.load_der_x509_certificate(caller.getpeercert(binary_form=True))
    return str(shown.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


def is_closed(port) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(params=["1", "0"])
def lane(request, monkeypatch):
    """The short way, and the long one only."""
    monkeypatch.setenv("CAUSEWAY_FASTLANE", request.param)
    return request.param


def test_tls_answers_as_http_does_and_takes_up_a_new_certificate(tmp_path, signing, churn, lane):
    chain, secret = certified(tmp_path)
    options = ("--tls-cert", chain, "--tls-key", secret, "--workers", "2" if lane == "1" else "1")
    with running(tmp_path, route("churn", churn, signing=signing), options=options) as gateway:
        assert "ready on https://127.0.0.1:" in gateway.said()
        connection = http.client.HTTPSConnection(
            "127.0.0.1", gateway.port, timeout=10, context=secret_context()
        )
        for _ in range(3):
            got = call_on(connection, "POST", INVOKE, {"dataframe_records": [ROW]})
            assert (got.status, len(got.body["ids"])) == (200, 1)
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as plain:
            plain.sendall(b"GET /ping HTTP/1.1\r\nhost: a\r\n\r\n")
            # what is no TLS gets no HTTP
            assert not plain.recv(100).startswith(b"HTTP")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as plain,
            old.wrap_socket(plain) as caller,
        ):
            assert caller.version() == "TLSv1.2"

        assert name_shown(gateway.port) == "a.example"
        certified(tmp_path, "b.example")
        gateway.process.send_signal(signal.SIGHUP)
        eventually(lambda: {name_shown(gateway.port) for _ in range(5)} == {"b.example"}, "the new one")
        secret.write_text("nonsense")
        eventually(lambda: "the certificate from before goes on" in gateway.said())
        assert name_shown(gateway.port) == "b.example"
        assert call_on(connection, "POST", INVOKE, {"dataframe_records": [ROW]}).status == 200
        connection.close()
        assert gateway.stop() == 0
        assert "Traceback" not in gateway.said()


def test_a_certificate_must_fit_its_key(tmp_path):
    one, other = (tmp_path / name for name in "ab")
    one.mkdir()
    other.mkdir()
    (chain, _), (_, key) = certified(one), certified(other)
    with pytest.raises(OutsideError, match="no certificate with its key"):
        Certificate(chain, key)
    with pytest.raises(OutsideError, match="No such file"):
        Certificate(tmp_path / "none", key)


def test_a_certificate_that_is_replaced_while_it_is_taken_up_is_taken_up_at_the_next_look(
    tmp_path, monkeypatch
):
    chain, key = certified(tmp_path)
    certificate = Certificate(chain, key)
    right = ssl.SSLContext.load_cert_chain

    def replaced(context, *files, **more):
        if context is certificate.context:
            raise ssl.SSLError(1, "key values mismatch")
        right(context, *files, **more)

    with monkeypatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_cert_chain", replaced)
        certificate.take_up()
    certified(tmp_path, "b.example")
    assert certificate._stamp() not in (certificate._seen, certificate._told)
    certificate.take_up()
    assert certificate._stamp() == certificate._seen


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


@pytest.fixture
def short(tmp_path_factory):
    """A path that is short enough for a socket."""
    folder = tmp_path_factory.mktemp("u")
    if len(str(folder)) > 90:
        pytest.skip("the folder for tests has too long a name for sockets")
    return folder / "s"


def test_a_path_is_for_its_owner_and_answers_as_a_port_does(tmp_path, signing, churn, lane, short):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(short))
    workers = "2" if lane == "1" else "1"
    options = ("--unix", short, "--port", "0", "--workers", workers)
    with running(tmp_path, route("churn", churn, signing=signing), options=options) as gateway:
        assert stat.S_IMODE(short.stat().st_mode) == 0o600
        connection = UnixConnection(short)
        got = [call_on(connection, "POST", INVOKE, {"dataframe_records": [ROW]}) for _ in range(3)]
        assert [each.status for each in got] == [200] * 3
        assert gateway.invoke(ROW).status == 200
        connection.close()
        with pytest.raises(OutsideError, match="somebody answers there"):
            listen("127.0.0.1", None, unix=short, seats=1)
        assert gateway.stop() == 0
    assert not short.exists()


def test_a_path_alone_opens_no_port_and_takes_nothing_away(tmp_path, signing, churn, short):
    with running(tmp_path, route("churn", churn, signing=signing), options=("--unix", short)) as gateway:
        assert (gateway.port, f"ready on unix:{short}" in gateway.said()) == (0, True)
        gateway.stop()
    short.write_text("mine")
    with pytest.raises(OutsideError, match="no socket"):
        listen("127.0.0.1", None, unix=short, seats=1)
    assert short.read_text() == "mine"
    with pytest.raises(OutsideError, match="cannot listen"):
        listen("127.0.0.1", None, unix=tmp_path / ("x" * 200), seats=1)


def test_a_port_of_several_processes_is_in_use_for_others():
    first = listen("127.0.0.1", 0, unix=None, seats=3)
    try:
        for seats in (1, 3):
            with pytest.raises(OutsideError, match="in use"):
                listen("127.0.0.1", first.port, unix=None, seats=seats)
    finally:
        first.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems share one socket")
def test_the_kernel_sends_callers_to_the_seats_that_are_taken():
    listening = listen("127.0.0.1", 0, unix=None, seats=3)
    try:
        for seats in ((0, 1, 2), (0, 2), (1,)):
            listening.steer(seats)
            callers = [socket.create_connection(("127.0.0.1", listening.port)) for _ in range(60)]
            came = {seat: accepted(listening.of(seat)[0]) for seat in range(3)}
            assert {seat for seat, count in came.items() if count} == set(seats)
            assert sum(came.values()) == len(callers)
            for each in callers:
                each.close()
    finally:
        listening.close()


def accepted(listening: socket.socket) -> int:
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def test_another_host_is_said_aloud_and_bad_options_are_refused(tmp_path, signing, churn):
    everywhere = ("--host", "0.0.0.0")  # noqa: S104 - what is said about it is tested
    with running(tmp_path, route("churn", churn, signing=signing), options=everywhere) as gateway:
        assert "whoever reaches this machine can ask" in gateway.said()
    command = [sys.executable, "-m", "causeway.gateway", "--routes", "r", "--records", "r"]
    for options in (["--tls-cert", "a"], ["--proxy", "nowhere"], ["--workers", "3", "--workers-most", "2"]):
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr.count("error: ")) == (2, 1), done.stderr


PROXY, FAR = "10.0.0.1", "203.0.113.9"
TRUSTED = ("10.0.0.0/8", "2001:db8::1", "unix")


def said(**headers) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]


@pytest.mark.parametrize(
    ("peer", "headers", "origin"),
    [
        (FAR, said(x_forwarded_for="198.51.100.1", x_forwarded_proto="https"), (FAR, "http")),
        (FAR, said(forwarded="for=198.51.100.1;proto=https"), (FAR, "http")),
        (PROXY, [], (PROXY, "http")),
        (PROXY, said(x_forwarded_for=FAR, x_forwarded_proto="https"), (FAR, "https")),
        # what a caller wrote itself stands left of what the proxy saw
        (PROXY, said(x_forwarded_for=f"127.0.0.1, {FAR}"), (FAR, "http")),
        (PROXY, said(x_forwarded_for=f"127.0.0.1, {FAR}, 10.2.3.4"), (FAR, "http")),
        (PROXY, said(x_forwarded_for=f"{FAR}:4711"), (FAR, "http")),
        (PROXY, said(x_forwarded_for="nonsense"), (PROXY, "http")),
        (PROXY, said(x_forwarded_for=FAR, x_forwarded_proto="gopher"), (FAR, "http")),
        (PROXY, said(forwarded=f"for={FAR};proto=https"), (FAR, "https")),
        (PROXY, said(forwarded=f'For="{FAR}:80", for=10.1.1.1;by=10.0.0.9'), (FAR, "http")),
        (PROXY, said(forwarded='for="[2001:db8:cafe::17]:4711"'), ("2001:db8:cafe::17", "http")),
        (PROXY, said(forwarded="for=unknown;proto=https"), (PROXY, "https")),
        (PROXY, said(forwarded='for="_a,b", for=10.1.1.1'), ("10.1.1.1", "http")),
        (PROXY, said(forwarded=f"for={FAR}", x_forwarded_for="198.51.100.1"), (FAR, "http")),
        ("2001:db8::1", said(x_forwarded_for=FAR), (FAR, "http")),
        ("::ffff:10.0.0.1", said(x_forwarded_for=FAR), (FAR, "http")),
        ("", said(x_forwarded_for=FAR), (FAR, "http")),
    ],
)
def test_a_proxy_is_believed_as_far_as_it_was_named(peer, headers, origin):
    found = Proxies(TRUSTED).origin(peer, "http", headers)
    assert (found.address, found.scheme) == origin


def test_nobody_is_believed_unless_named():
    with pytest.raises(UsageError):
        Proxies(["10.0.0.0/8", "proxy.example"])
    assert Proxies([]).origin("127.0.0.1", "http", said(x_forwarded_for=FAR)).address == "127.0.0.1"


@pytest.mark.parametrize(("trusted", "address"), [((), "127.0.0.1"), (("127.0.0.1",), FAR)])
def test_the_application_is_told_who_asked(monkeypatch, trusted, address):
    monkeypatch.setattr(BoundedProtocol, "proxies", Proxies(trusted) if trusted else None)
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["client"][0], scope["scheme"]))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def story():
        config = uvicorn.Config(
            app, http=BoundedProtocol, lifespan="off", log_config=None, proxy_headers=False
        )
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(f"GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {FAR}\r\n".encode())
            writer.write(b"x-forwarded-proto: https\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            writer.close()
            server.should_exit = True
            await serving

    asyncio.run(story())
    assert seen == [(address, "https" if trusted else "http")]


def test_who_just_came_may_still_ask_once_the_gateway_is_told_to_stop(tmp_path, signing, churn):
    chain, secret = certified(tmp_path)
    options = ("--tls-cert", chain, "--tls-key", secret)
    asked = b"POST %s HTTP/1.1\r\nhost: a\r\nauthorization: Bearer %s\r\n" % (
        INVOKE.encode(),
        BEARER.encode(),
    )
    body = json.dumps({"dataframe_records": [ROW]}).encode()
    asked += b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    with running(tmp_path, route("churn", churn, signing=signing), options=options) as gateway:
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as before:
            met = secret_context().wrap_socket(before)
            greeting = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
            # that one was taken too, as who came later is answered, and has not agreed on TLS
            assert name_shown(gateway.port) == "a.example"
            gateway.process.send_signal(signal.SIGTERM)
            eventually(lambda: is_closed(gateway.port), "the end of listening")
            late = secret_context().wrap_socket(greeting)
            for connection in (met, late):
                connection.sendall(asked)
                assert connection.recv(12) == b"HTTP/1.1 200"
                connection.close()
        assert gateway.process.wait(10) == 0
