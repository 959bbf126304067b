"""Answers the gateway with what a release's own function and model make of rows, until it hangs up.

Each message, in both directions, is its length in four bytes and then JSON. The first one says which
function, which model, and the limits of this process; where there is a model, its bytes follow.
"""

import base64
import json
import os
import signal
import sys

from causeway_runner.alone import alone


def main():
    """Reads requests from standard input and writes answers to standard output."""
    # our folder must not shadow the proof of concept's own modules
    sys.path.pop(0)
    channel = Channel()
    asked = channel.receive()
    network = alone(asked["memory_bytes"])
    try:
        work = works_of(asked, channel)
    except Exception as error:
        channel.send({"ok": False, "error": str(error)})
        return
    channel.send({"ok": True, "network": network})
    seconds = asked["seconds"]
    asked = channel.receive()
    while asked is not None:
        # the gateway ends this process first; but it may be gone itself
        signal.setitimer(signal.ITIMER_REAL, 2 * seconds)
        channel.send(work["model" if "numbers" in asked else "function"](asked))
        signal.setitimer(signal.ITIMER_REAL, 0)
        asked = channel.receive()


def works_of(asked, channel):
    """What answers a message of either kind."""
    works = {}
    content = channel.content() if asked.get("model") else b""
    if asked.get("function"):
        from causeway_runner.function import Function

        function = Function(asked)
        works["function"] = lambda one: made(function, one["columns"])
    if asked.get("model"):
        from causeway_runner.whole import Whole

        whole = Whole(asked["model"], content)
        works["model"] = lambda one: answered(whole, one)
    return works


class Channel:
    """Messages over what were standard input and output; the function's own prints go nowhere."""

    def __init__(self):
        self.source, self.sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)

    def content(self):
        """The next frame's bytes; None when nobody will send one."""
        head = self.source.read(4)
        return self.source.read(int.from_bytes(head, "big")) if len(head) == 4 else None

    def receive(self):
        """The next message; None when nobody will send one."""
        content = self.content()
        return None if content is None else json.loads(content)

    def send(self, message):
        """Sends one message."""
        # half a character, as a model's own message may hold, is nothing that JSON can
        content = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
        self.sink.write(len(content).to_bytes(4, "big") + content)
        self.sink.flush()


def made(function, columns):
    """The matrix, or which row has none and why."""
    from causeway_runner.function import Failed

    try:
        matrix = function.made(columns)
    except Failed as error:
        whole = len(next(iter(columns.values())))
        row, why = culprit(lambda start, end: function.made(cut(columns, start, end)), whole, error)
        return {"ok": False, "row": row, "error": str(why)}
    return {"ok": True, "values": encoded(matrix)}


def answered(whole, asked):
    """The model's answers, or which row has none and why."""
    from causeway_runner.function import Failed
    from causeway_runner.whole import Uneven

    rows, numbers, texts = asked["rows"], base64.b64decode(asked["numbers"]), asked["texts"]
    width = len(numbers) // rows
    try:
        labels, values = whole.answered(rows, numbers, texts)
    except Uneven as error:
        return {"ok": False, "row": -1, "error": str(error)}
    except Failed as error:

        def part(start, end):
            try:
                whole.answered(end - start, numbers[start * width : end * width], cut(texts, start, end))
            except Uneven as uneven:
                raise Failed(str(uneven)) from uneven

        row, why = culprit(part, rows, error)
        return {"ok": False, "row": row, "error": str(why)}
    return {"ok": True, "labels": labels, "values": encoded(values)}


def cut(columns, start, end):
    """The columns' cells of these rows."""
    return {name: cells[start:end] for name, cells in columns.items()}


def encoded(values):
    """Numbers as text that JSON can hold."""
    return base64.b64encode(values.astype("<f8").tobytes()).decode("ascii")


def culprit(work, rows, error):
    """The first row on which it fails, found by halving; -1 where it fails on the rows together only."""
    from causeway_runner.function import Failed

    low, high = 0, rows
    while high - low > 1:
        middle = (low + high) // 2
        for start, end in ((low, middle), (middle, high)):
            try:
                work(start, end)
            except Failed as closer:
                low, high, error = start, end, closer
                break
        else:
            return -1, error
    return low, error


if __name__ == "__main__":
    main()
