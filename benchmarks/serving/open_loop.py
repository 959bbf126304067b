"""Sends the request on standard input to a port, so many times a second, whatever becomes of those before.

python benchmarks/serving/open_loop.py PORT RATE SECONDS CONNECTIONS < request

A request that is due while every connection waits for an answer is sent on the first that is free; what could
not be sent in that time is never sent, and told. Times count from when it was sent; how late that was is told
beside. Prints one JSON object.
"""

import json
import selectors
import socket
import sys
import time
from collections import deque

GRACE_SECONDS = 3.0
SETTLE_SECONDS = 0.5
TURN_SECONDS = 0.0005


def main() -> None:
    port, rate, seconds, connections = (float(word) for word in sys.argv[1:5])
    told = asked(int(port), rate=rate, seconds=seconds, connections=int(connections))
    print(json.dumps(told))


def asked(port: int, *, rate: float, seconds: float, connections: int) -> dict:
    request = sys.stdin.buffer.read()
    select = selectors.DefaultSelector()
    free: deque[socket.socket] = deque()
    for _ in range(connections):
        caller = socket.create_connection(("127.0.0.1", port))
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller.setblocking(False)
        select.register(caller, selectors.EVENT_READ)
        free.append(caller)
    # so that all of them were taken when it begins
    time.sleep(SETTLE_SECONDS)
    sent_at: dict[socket.socket, float] = {}
    begun: dict[socket.socket, bytes] = {}
    good, refused, late = [], [], []
    failed = sent = 0
    began = time.perf_counter()
    total = int(rate * seconds)
    while True:
        now = time.perf_counter()
        over = sent == total or now - began > seconds
        if (over and not sent_at) or now - began > seconds + GRACE_SECONDS:
            break
        while not over and sent < total and free and (due := began + sent / rate) <= now:
            caller = free.popleft()
            caller.send(request)
            sent_at[caller] = now
            late.append(now - due)
            sent += 1
        for ready, _ in select.select(TURN_SECONDS):
            caller = ready.fileobj
            part = caller.recv(65536)
            answer = begun.pop(caller, b"") + part
            if part and not is_whole(answer):
                begun[caller] = answer
                continue
            at = sent_at.pop(caller, now)
            if not part:
                failed += 1
                select.unregister(caller)
                continue
            took = time.perf_counter() - at
            status = answer[9:12]
            if status == b"200":
                good.append((took, at - began + took))
            elif status in (b"503", b"429"):
                refused.append(took)
            else:
                failed += 1
            free.append(caller)
    within = [took for took, at in good if at <= seconds]
    return {
        "good": len(within),
        "answered": len(good),
        "p50_ms": at_share([took for took, _ in good], 0.5),
        "p99_ms": at_share([took for took, _ in good], 0.99),
        "refused": len(refused),
        "refused_p99_ms": at_share(refused, 0.99),
        "unsent": total - sent,
        "failed": failed + len(sent_at),
        "late_p99_ms": at_share(late, 0.99),
    }


def is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(length) and len(body) >= int(length)


def summed_up(answers: list[float], refusals: list[float], failed: dict[str, list[float]]) -> dict:
    """What became of requests of which each took so many seconds."""
    return {
        "answered": len(answers),
        "p50_ms": at_share(answers, 0.5),
        "p99_ms": at_share(answers, 0.99),
        "refused": len(refusals),
        "refused_p99_ms": at_share(refusals, 0.99),
        "failed": {status: len(each) for status, each in failed.items()},
    }


def at_share(times: list[float], share: float) -> float:
    return round(sorted(times)[min(len(times) - 1, int(share * len(times)))] * 1000, 1) if times else 0.0


if __name__ == "__main__":
    main()
