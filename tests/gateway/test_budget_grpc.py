"""A month's budget is spent: a real client of gRPC is told so, by a status that it knows, and why."""

import re
import time

import pytest
from gateway_process import BEARER, eventually, route, running

from causeway.core.routes import OverBudget

grpc = pytest.importorskip("grpc", reason="needs the extra causeway[grpc]")

from test_protocols_grpc import typed  # noqa: E402 - needs the extra

from causeway.gateway.rpc.messages import SERVICE, message  # noqa: E402 - the same

WHY = "the budget of 2026-11 is spent: 901.20 of 900.00 EUR; nobody is answered until 2026-12-01 00:00 UTC"


@pytest.mark.parametrize("quick", ["1", "0"], ids=["short way", "long way"])
def test_a_call_is_refused_as_exhausted_and_says_why_and_until_when(
    tmp_path, signing, churn, monkeypatch, quick
):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", quick)
    shut = route("churn", churn, signing=signing, over_budget=OverBudget(time.time() + 3600, WHY))
    with running(tmp_path, shut, options=("--grpc-port", "0")) as gateway:
        said = eventually(lambda: re.search(r"gRPC ready on (\S+)", gateway.said()), "the gRPC port")
        with grpc.insecure_channel(said[1]) as channel:
            infer = channel.unary_unary(f"/{SERVICE}/ModelInfer")

            def call():
                key = (("authorization", f"Bearer {BEARER}"),)
                got = infer(typed().SerializeToString(), metadata=key, timeout=20)
                return message("ModelInferResponse").FromString(got)

            with pytest.raises(grpc.RpcError) as refused:
                call()
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert refused.value.details().startswith(f"{WHY}; the next month begins")
            assert 3000 < int(dict(refused.value.trailing_metadata())["retry-after"]) <= 3600
            assert gateway.recorded() == []
            gateway.follow(route("churn", churn, signing=signing))
            answered = eventually(lambda: _or_none(call), "an answer with another budget")
            assert answered.model_name == "churn"


def _or_none(call):
    try:
        return call()
    except grpc.RpcError:
        return None
