"""The gateway's log on standard error: what befalls it, as plain words or as a JSON line each."""

import logging
import os
import sys
import traceback

import msgspec

from causeway.core.clock import SystemClock
from causeway.core.errors import CausewayError

FORM = "CAUSEWAY_LOG"
"""With `json` in this variable of the environment every line is JSON, of the gateway's own programs, too."""
JSON = "json"
MOST_SHOWN = 500


def say(event: str, text: str, *, level: str = "info", **said: str | float) -> None:
    """Says what happened; never what a caller sent."""
    if not is_json():
        _write(f"gateway: {text}")
        return
    _write(_line({"at": _now(), "level": level, "event": event, "message": text, "pid": os.getpid(), **said}))


def is_json() -> bool:
    """Whether lines are JSON."""
    return os.environ.get(FORM) == JSON


def print_defect(error: BaseException, event: str = "defect") -> None:
    """Writes the error's kind and its way through the code; its message may hold what somebody sent."""
    seen: set[int] = set()
    told: BaseException | None = error
    while told is not None and id(told) not in seen:
        seen.add(id(told))
        kind = f"{type(told).__module__}.{type(told).__qualname__}"
        if is_json():
            way = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(told.__traceback__)]
            line = {"at": _now(), "level": "error", "event": event, "message": kind, "pid": os.getpid()}
            _write(_line({**line, "way": way}))
        else:
            traceback.print_tb(told.__traceback__, file=sys.stderr)
            _write(f"{kind} (its message is not logged)")
        told = told.__cause__ or told.__context__


def say_error(error: CausewayError) -> None:
    """Says why it ends, and what to do."""
    if is_json():
        said = {"code": error.code, "hint": error.hint, "where": error.where}
        say("failed", error.message, level="error", **said)
    else:
        _write(f"error: {error.message}")
        _write(f"  {error.hint}")


def say_broken(error: Exception) -> None:
    """Says why routes could not be loaded, which nobody's request has a part in."""
    say("routes_broken", f"the routes could not be loaded: {error!r}"[:MOST_SHOWN], level="error")
    print_defect(error)


def hear_libraries() -> None:
    """Has what libraries warn of said in the same form, where it is JSON."""
    if is_json():
        logging.basicConfig(handlers=[_Libraries(logging.WARNING)], level=logging.WARNING, force=True)


class _Libraries(logging.Handler):
    """Says what kind of thing a library warned of; what it put into the words may be a caller's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Says it."""
        say("library", str(record.msg)[:MOST_SHOWN], level=record.levelname.lower(), logger=record.name)


def _line(said: dict[str, object]) -> str:
    return msgspec.json.encode(said).decode()


def _now() -> str:
    return f"{SystemClock().now():%Y-%m-%dT%H:%M:%S.%f}Z"


def _write(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the gateway's log is its standard error
