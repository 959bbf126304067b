"""Open Inference Protocol over gRPC: the same rows, keys, limits and records as over HTTP."""

import re
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from gateway_process import BEARER, eventually, key, route, running
from test_protocols_binary import PIECES, ROWS, json_answer, texts

grpc = pytest.importorskip("grpc", reason="needs the extra causeway[grpc]")

from google.protobuf.descriptor_pb2 import FileDescriptorProto  # noqa: E402 - needs the extra

from causeway.actions.supervisor import Front  # noqa: E402 - the same
from causeway.gateway import rpc  # noqa: E402 - the same
from causeway.gateway.rpc.messages import SERVICE, message  # noqa: E402 - the same

FIELDS = {
    "tenure": ("FP64", "fp64_contents", [row["tenure"] for row in ROWS]),
    "visits": ("INT64", "int64_contents", [row["visits"] for row in ROWS]),
    "plan": ("BYTES", "bytes_contents", [row["plan"].encode() for row in ROWS]),
}


PROTO = Path(rpc.__file__).parent


@pytest.fixture(scope="module", params=["1", "0"], ids=["short way", "long way"])
def lanes(request, signing, churn, tmp_path_factory):
    """A gateway that answers HTTP and gRPC, and the address of the latter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_FASTLANE", request.param)
        yield from answering(signing, churn, tmp_path_factory)


def answering(signing, churn, tmp_path_factory):
    routes = [route("churn", churn, signing=signing, keys=(key(), key("r", name="k2", scopes=("read",))))]
    with running(tmp_path_factory.mktemp("grpc"), *routes, options=("--grpc-port", "0")) as gateway:
        said = eventually(lambda: re.search(r"gRPC ready on (\S+)", gateway.said()), "the gRPC port")
        with grpc.insecure_channel(said[1]) as channel:
            yield gateway, channel


@pytest.fixture
def call(lanes):
    def ask(name, content=b"", *, bearer=BEARER, metadata=()):
        content = content if isinstance(content, bytes) else content.SerializeToString()
        held = (("authorization", f"Bearer {bearer}"),) if bearer else ()
        asked = lanes[1].unary_unary(f"/{SERVICE}/{name}")
        got, told = asked.with_call(content, metadata=(*held, *metadata), timeout=20)
        return message(f"{name}Response").FromString(got), dict(told.trailing_metadata())

    return ask


def refusal(call, *given, **more):
    with pytest.raises(grpc.RpcError) as caught:
        call(*given, **more)
    return caught.value.code().name, caught.value.details()


def typed(**changes):
    request = message("ModelInferRequest")(model_name="churn", id="42")
    for name, (datatype, field, values) in (FIELDS | changes).items():
        tensor = request.inputs.add(name=name, datatype=datatype, shape=[len(values)])
        getattr(tensor.contents, field).extend(values)
    return request


def raw(*, rows=2, **changes):
    request = message("ModelInferRequest")(model_name="churn")
    for name, (datatype, content) in (PIECES | changes).items():
        request.inputs.add(name=name, datatype=datatype, shape=[rows])
        request.raw_input_contents.append(content)
    return request


def test_the_server_and_its_models_tell_what_http_tells(call, lanes):
    assert call("ServerLive", bearer=None)[0].live
    assert call("ServerReady", bearer=None)[0].ready
    assert call("ServerMetadata")[0].name == "causeway"
    version = lanes[0].call("GET", "/v2/models/churn").body["versions"][0]
    for given in ({}, {"version": version}):
        assert call("ModelReady", message("ModelReadyRequest")(name="churn", **given))[0].ready
        told, _ = call("ModelMetadata", message("ModelMetadataRequest")(name="churn", **given))
        assert [(t.name, t.datatype, list(t.shape)) for t in told.inputs] == [
            ("tenure", "FP64", [-1]),
            ("visits", "INT64", [-1]),
            ("plan", "BYTES", [-1]),
        ]
        assert told.properties["probability.classes"] == "stay,leave"


def test_typed_and_raw_contents_get_the_answer_that_http_gives(call, lanes):
    plain = {o["name"]: o for o in json_answer(lanes[0]).body["outputs"]}
    got, told = call("ModelInfer", typed(), metadata=(("x-request-id", "order-17"),))
    assert (got.id, told["x-request-id"]) == ("42", "order-17")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    _, named = call("ModelInfer", typed(), metadata=(("traceparent", f"00-{trace}-00f067aa0ba902b7-01"),))
    assert named["x-request-id"] == trace
    outputs = {output.name: output for output in got.outputs}
    assert [value.decode() for value in outputs["label"].contents.bytes_contents] == plain["label"]["data"]
    assert list(outputs["probability"].shape) == [2, 2]
    probabilities = np.float32(plain["probability"]["data"])
    np.testing.assert_array_equal(outputs["probability"].contents.fp32_contents, probabilities)
    assert outputs["prediction_id"].contents.bytes_contents[0].decode() == told["causeway-prediction-id"]
    got, _ = call("ModelInfer", raw())
    place = [output.name for output in got.outputs].index("probability")
    np.testing.assert_array_equal(np.frombuffer(got.raw_output_contents[place], "<f4"), probabilities)


def test_what_is_answered_over_grpc_is_recorded(call, lanes):
    _, told = call("ModelInfer", typed())
    identity = told["causeway-prediction-id"]
    found = eventually(lambda: [r for r in lanes[0].recorded() if r.id == identity], "the record")
    assert (found[0].inputs, found[0].consumer) == (ROWS[0], "team-a")


def test_only_the_outputs_that_were_asked_for_come_back(call):
    request = typed()
    request.outputs.add(name="label")
    assert [output.name for output in call("ModelInfer", request)[0].outputs] == ["label"]


def test_the_doors_are_those_of_http(call):
    assert refusal(call, "ModelInfer", typed(), bearer=None)[0] == "UNAUTHENTICATED"
    assert refusal(call, "ModelInfer", typed(), bearer="r")[0] == "PERMISSION_DENIED"
    assert refusal(call, "ServerMetadata", bearer="wrong")[0] == "UNAUTHENTICATED"
    for name in ("other", "", "churn/infer", "churn/versions/1"):
        assert refusal(call, "ModelReady", message("ModelReadyRequest")(name=name))[0] == "NOT_FOUND"
    assert refusal(call, "ModelStreamInfer", typed())[0] == "UNIMPLEMENTED"


def test_whose_key_is_not_known_is_refused_before_the_message_is_read(lanes):
    """So nobody without one can have the gateway keep what he sends."""
    come = threading.Event()

    def nothing_yet():
        come.wait(20)
        yield typed().SerializeToString()

    try:
        for name, expected in (("ModelInfer", "UNAUTHENTICATED"), ("ServerLive", "OK")):
            asked = lanes[1].stream_unary(f"/{SERVICE}/{name}").future(nothing_yet(), timeout=10)
            assert asked.code().name == expected
            assert not come.is_set()
    finally:
        come.set()


def test_a_call_without_a_message_is_told_so(lanes):
    asked = lanes[1].stream_unary(f"/{SERVICE}/ModelInfer")
    with pytest.raises(grpc.RpcError) as caught:
        asked(iter(()), metadata=(("authorization", f"Bearer {BEARER}"),), timeout=20)
    assert caught.value.code().name == "INVALID_ARGUMENT"


WRONG = {
    "garbage": lambda: b"\xff\xff\xff\xff",
    "cut short": lambda: typed().SerializeToString()[:-3],
    "a name that is no UTF-8": lambda: b"\x0a\x02\xff\xfe",
    "no inputs": lambda: message("ModelInferRequest")(model_name="churn"),
    "fewer raw contents than inputs": lambda: _without_last(raw()),
    "both kinds of contents": lambda: _both(raw()),
    "the field of another datatype": lambda: typed(tenure=("FP64", "fp32_contents", [1, 2])),
    "FP16 in contents": lambda: typed(tenure=("FP16", "fp32_contents", [1, 2])),
    "an unknown datatype": lambda: typed(tenure=("COMPLEX", "fp32_contents", [1, 2])),
    "not a number": lambda: typed(tenure=("FP64", "fp64_contents", [1, float("nan")])),
    "infinity": lambda: typed(tenure=("FP32", "fp32_contents", [1, float("-inf")])),
    "too large for its datatype": lambda: typed(visits=("INT8", "int_contents", [1, 300])),
    "no UTF-8": lambda: typed(plan=("BYTES", "bytes_contents", [b"\xff\xfe", b"gold"])),
    "uneven inputs": lambda: typed(visits=("INT64", "int64_contents", [1])),
    "a huge shape": lambda: raw(rows=2**62),
    "a negative shape": lambda: raw(rows=-2),
    "a text cut short": lambda: raw(plan=("BYTES", texts("gold", "gold")[:-2])),
    "an unknown input": lambda: typed(other=("FP64", "fp64_contents", [1, 2])),
}


def _without_last(request):
    del request.raw_input_contents[-1]
    return request


def _both(request):
    request.inputs[0].contents.fp64_contents.extend([1, 2])
    return request


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_request_gets_one_clear_refusal(call, case):
    code, details = refusal(call, "ModelInfer", WRONG[case]())
    assert code in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")
    assert 10 < len(details) < 1100


def test_a_message_that_is_too_large_is_refused_however_it_is_packed(lanes, call):
    request = typed(plan=("BYTES", "bytes_contents", [b"x" * (5 << 20), b"gold"]))
    assert refusal(call, "ModelInfer", request)[0] == "RESOURCE_EXHAUSTED"
    asked = lanes[1].unary_unary(f"/{SERVICE}/ModelInfer")
    held = (("authorization", f"Bearer {BEARER}"),)
    with pytest.raises(grpc.RpcError) as caught:
        asked(request.SerializeToString(), metadata=held, compression=grpc.Compression.Gzip, timeout=20)
    assert caught.value.code().name == "RESOURCE_EXHAUSTED"
    assert call("ServerLive", bearer=None)[0].live


def test_errors_name_field_and_row_in_plain_characters(call):
    wrong = typed(plan=("BYTES", "bytes_contents", [b"gold", "plätin".encode()]))
    code, details = refusal(call, "ModelInfer", wrong)
    assert code == "INVALID_ARGUMENT"
    assert details.startswith("row 1, field 'plan': 'pl?tin' was never seen")


def self_signed(folder, name="localhost"):
    """A certificate and its key, as files."""
    private = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    chain, key_file = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return chain, key_file


def is_live_over_tls(address, chain):
    secret = grpc.ssl_channel_credentials(chain.read_bytes())
    named = (("grpc.ssl_target_name_override", "localhost"), ("grpc.use_local_subchannel_pool", 1))
    with grpc.secure_channel(address, secret, options=named) as channel:
        content = channel.unary_unary(f"/{SERVICE}/ServerLive")(b"", timeout=10)
    return message("ServerLiveResponse").FromString(content).live


def test_where_http_speaks_tls_so_does_grpc_with_the_certificate_of_the_day(signing, churn, tmp_path):
    chain, key_file = self_signed(tmp_path)
    options = ("--grpc-port", "0", "--tls-cert", str(chain), "--tls-key", str(key_file))
    with running(tmp_path / "gateway", route("churn", churn, signing=signing), options=options) as gateway:
        address = eventually(lambda: re.search(r"gRPC ready on (\S+)", gateway.said()), "the port")[1]
        assert is_live_over_tls(address, chain)
        with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError):
            channel.unary_unary(f"/{SERVICE}/ServerLive")(b"", timeout=2)
        before = tmp_path / "before.pem"
        before.write_bytes(chain.read_bytes())
        chain.write_text("no certificate")
        assert is_live_over_tls(address, before)
        chain, _ = self_signed(tmp_path)
        assert is_live_over_tls(address, chain)
        with pytest.raises(grpc.RpcError):
            is_live_over_tls(address, before)


def test_several_processes_answer_at_one_port(signing, churn, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--grpc-port", str(port), "--workers", "2")
    with running(tmp_path / "gateway", route("churn", churn, signing=signing), options=options) as gateway:
        eventually(lambda: gateway.said().count("gRPC ready") == 2, "gRPC of both")
        for _ in range(8):
            channel = grpc.insecure_channel(
                f"127.0.0.1:{port}", options=(("grpc.use_local_subchannel_pool", 1),)
            )
            with channel:
                assert channel.unary_unary(f"/{SERVICE}/ServerLive")(b"", timeout=10)
        assert gateway.stop() == 0


def test_a_call_is_answered_within_its_deadline_or_told(call, lanes):
    asked = lanes[1].unary_unary(f"/{SERVICE}/ModelInfer")
    held = (("authorization", f"Bearer {BEARER}"),)
    got = asked(typed().SerializeToString(), metadata=held, timeout=60)
    assert message("ModelInferResponse").FromString(got).id == "42"
    code, _ = refusal(call, "ModelInfer", typed(), metadata=(("causeway-deadline-ms", "never"),))
    assert code == "INVALID_ARGUMENT"


def fields_of(messages):
    for each in messages:
        yield from (
            (each.name, field.name, field.number) for field in each.field if each.name[-5:] != "Entry"
        )
        yield from fields_of(each.nested_type)


def test_the_descriptor_is_that_of_the_proto_beside_it():
    """It is what `protoc --descriptor_set_out` makes, without the set around it."""
    described = FileDescriptorProto.FromString((PROTO / "open_inference_grpc.binpb").read_bytes())
    text = re.sub(r"//.*", "", (PROTO / "open_inference_grpc.proto").read_text())
    written, inside = set(), []
    for word in re.finditer(r"(?:message|oneof|service) (\w+)|(\w+) = (\d+);|([{}])", text):
        if word[1]:
            inside.append(word[1])
        elif word[2]:
            written.add((next(name for name in reversed(inside) if name[0].isupper()), word[2], int(word[3])))
        elif word[4] == "}" and inside:
            inside.pop()
    written = {each for each in written if each[1] != "syntax"}
    assert written == set(fields_of(described.message_type))
    assert set(re.findall(r"rpc (\w+)", text)) == {each.name for each in described.service[0].method}


def test_requests_over_the_limit_are_told_when_to_come_again(signing, churn, tmp_path):
    routes = route("churn", churn, signing=signing, requests_per_minute=1)
    with running(tmp_path / "gateway", routes, options=("--grpc-port", "0")) as gateway:
        address = eventually(lambda: re.search(r"gRPC ready on (\S+)", gateway.said()), "the port")[1]
        held = (("authorization", f"Bearer {BEARER}"),)

        def ask(times):
            for _ in range(times):
                asked = channel.unary_unary(f"/{SERVICE}/ModelInfer")
                asked(typed().SerializeToString(), metadata=held, timeout=20)

        with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as caught:
            ask(9)
        assert caught.value.code().name == "RESOURCE_EXHAUSTED"
        assert int(dict(caught.value.trailing_metadata())["retry-after"]) > 0


def test_up_hands_the_port_on():
    assert Front(grpc_port=8081).words == ["--host", "127.0.0.1", "--grpc-port", "8081"]
