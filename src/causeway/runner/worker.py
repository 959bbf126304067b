"""Answers the gateway with what the proof of concept's own function makes of rows, until it hangs up.

Each message, in both directions, is its length in four bytes and then JSON; the first one says which
function, and the limits of this process.
"""

import base64
import json
import os
import signal
import sys

from causeway_runner.request import MEGABYTE

MAX_FILE_BYTES = 16 * MEGABYTE


def main():
    """Reads requests from standard input and writes answers to standard output."""
    # our folder must not shadow the proof of concept's own modules
    sys.path.pop(0)
    channel = Channel()
    asked = channel.receive()
    limit(asked["memory_bytes"])
    from causeway_runner.function import Failed, Function

    try:
        function = Function(asked)
    except Failed as error:
        channel.send({"ok": False, "error": str(error)})
        return
    channel.send({"ok": True})
    seconds = asked["seconds"]
    asked = channel.receive()
    while asked is not None:
        # the gateway ends this process first; but it may be gone itself
        signal.setitimer(signal.ITIMER_REAL, 2 * seconds)
        channel.send(answered(function, asked["columns"]))
        signal.setitimer(signal.ITIMER_REAL, 0)
        asked = channel.receive()


class Channel:
    """Messages over what were standard input and output; the function's own prints go nowhere."""

    def __init__(self):
        self.source, self.sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)

    def receive(self):
        """The next message; None when nobody will send one."""
        head = self.source.read(4)
        return json.loads(self.source.read(int.from_bytes(head, "big"))) if len(head) == 4 else None

    def send(self, message):
        """Sends one message."""
        content = json.dumps(message).encode("ascii")
        self.sink.write(len(content).to_bytes(4, "big") + content)
        self.sink.flush()


def answered(function, columns):
    """The matrix, or which row has none and why."""
    from causeway_runner.function import Failed

    try:
        made = function.made(columns)
    except Failed as error:
        row, why = culprit(function, columns, error)
        return {"ok": False, "row": row, "error": str(why)}
    return {"ok": True, "values": base64.b64encode(made.astype("<f8").tobytes()).decode("ascii")}


def culprit(function, columns, error):
    """The first row on which it fails, found by halving; -1 where it fails on the rows together only."""
    from causeway_runner.function import Failed

    low, high = 0, len(next(iter(columns.values())))
    while high - low > 1:
        middle = (low + high) // 2
        for start, end in ((low, middle), (middle, high)):
            try:
                function.made({name: cells[start:end] for name, cells in columns.items()})
            except Failed as closer:
                low, high, error = start, end, closer
                break
        else:
            return -1, error
    return low, error


def limit(memory_bytes):
    """Bounds memory and files of this process, and forbids core dumps."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


if __name__ == "__main__":
    main()
