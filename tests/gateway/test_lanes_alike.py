"""Whatever is asked, in whatever words, both ways say the same bytes and keep the same records."""

import random
import re
import socket

from gateway_process import BEARER, both_ways, eventually, key, route

UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
VALUES = (
    *("3", "-0", "-0.0", "1e400", "1e308", "4e38", "1" * 30, str(2**63), str(-(2**63) - 1), "1.0", "1.5"),
    *("null", "true", '""', '"gold"', '"silver"', r'"\ud800"', r'"\u0000"', '"g\xf6ld"', "[]", "{}", "NaN"),
)
ODD_LINES = (
    *("x-request-id: abc", "X-REQUEST-ID: loud", "X-Request-Id:  two", "x-request-id: \xff", "baggage: a=b"),
    *("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Traceparent: junk"),
    *("causeway-deadline-ms: 5000", "causeway-deadline-ms: x", "content-encoding: gzip", "x-api-key: other"),
    *("content-type: text/csv", "inference-header-content-length: 5", "user-agent: close"),
)
RIGHT = {"tenure": "3", "visits": "2", "plan": '"gold"'}


def row(chance) -> str:
    values = dict(RIGHT)
    for _ in range(chance.choice((0, 0, 1, 2))):
        values[chance.choice(list(values))] = chance.choice(VALUES)
    pairs = [f'"{name}":{value}' for name, value in values.items()]
    if chance.random() < 0.2:
        pairs.append(f'"{chance.choice(("tenure", "other", "class"))}":{chance.choice(VALUES)}')
    chance.shuffle(pairs)
    return f"{{{','.join(pairs[chance.random() < 0.1 :])}}}"


def body(chance) -> tuple[str, str]:
    rows = f"[{','.join(row(chance) for _ in range(chance.choice((0, 1, 1, 2, 5))))}]"
    tensors = [
        f'{{"name":"{name}","shape":[1],"datatype":"{kind}",'
        f'"data":[{chance.choice((RIGHT[name], *VALUES))}]}}'
        for name, kind in (("tenure", "FP64"), ("visits", "INT64"), ("plan", "BYTES"))
    ]
    split = (
        f'{{"columns":["tenure","visits","plan"],"data":[[3,{chance.choice(VALUES)},"gold"]],"index":[0]}}'
    )
    return chance.choice(
        (
            ("/products/churn/invocations", f'{{"dataframe_records":{rows}}}'),
            ("/invocations", f'{{"instances":{rows}}}'),
            ("/products/churn/invocations", f'{{"dataframe_split":{split}}}'),
            ("/v1/models/churn:predict", f'{{"instances":{rows}}}'),
            ("/v2/models/churn/infer", f'{{"inputs":[{",".join(tensors)}],"id":"x"}}'),
            ("/products/churn/invocations", chance.choice(("", "{", "[]", '{"a":1}{"b":2}', "[" * 2000))),
        )
    )


def request(chance) -> bytes:
    path, content = body(chance)
    lines = ["host: a", f"authorization: Bearer {chance.choice((BEARER, BEARER, BEARER, 'nobody'))}"]
    lines += [line for line in ODD_LINES if chance.random() < 0.06]
    chance.shuffle(lines)
    sent = content.encode("utf-8", "surrogatepass")
    head = "\r\n".join([f"POST {path} HTTP/1.1", *lines, f"content-length: {len(sent)}", "", ""])
    return head.encode("latin-1") + sent


def replies(port, packets) -> bytes:
    """What comes back on one connection, without what is drawn anew for each request."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as caller:
        for packet in packets:
            caller.sendall(packet)
        caller.shutdown(socket.SHUT_WR)
        said = caller.makefile("rb").read()
    return UUID.sub(b"-", re.sub(rb"\r\ndate: [^\r]*", b"", said))


def test_both_ways_say_the_same_bytes(signing, churn, tmp_path):
    chance = random.Random(1)
    known = [request(chance) for _ in range(60)]
    made = route("churn", churn, signing=signing, keys=(key(),))
    with both_ways(tmp_path, made) as (short, long):
        for _ in range(120):
            # each is a packet, so that heads are known when they come again
            packets = chance.choices(known, k=8)
            assert replies(short.port, packets) == replies(long.port, packets), packets
        eventually(lambda: kept(short) == kept(long) != [], "the same records")


def kept(gateway) -> list[str]:
    named = [(UUID.sub(b"-", each.request.encode()), each) for each in gateway.recorded()]
    return sorted(repr((each.inputs, each.outputs, each.flags, each.arm, name)) for name, each in named)
