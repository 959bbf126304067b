"""What every command shares: `--json`, one error shape, documented exit codes."""

import functools
import os
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from causeway.core.errors import CausewayError, Defect, MissingExtra, UsageError, outside
from causeway.core.printable import harmless

SERVE = {
    "cedarpy",
    "httptools",
    "jinja2",
    "markupsafe",
    "onnxruntime",
    "polars",
    "starlette",
    "uvicorn",
    "uvloop",
}
EXIT_CODES = {0: "fine", 1: "judged and failed", 2: "usage", 3: "the outside failed"}
INTERRUPTED = 130
WIDTH = 80

# whether it is there and may be read is for the verb to say, in our words
PLACE = click.Path(path_type=Path, readable=False)


def json_flag(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--json`, handed to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")(
        command
    )


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turns our errors into one shape and the right exit code; a command returns its own code, None is 0."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's parameters
        sys.exit(answered(lambda: command(*args, **kwargs), as_json=bool(kwargs.get("as_json"))))

    return run


def answered(do: Callable[[], int | None], *, as_json: bool) -> int:
    """The exit code of `do`; whatever went wrong has been said once, in one shape."""
    try:
        return do() or 0
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; what was finished is kept", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader went away (`| head`): nothing is wrong, and nobody is there to be told
        _hush(sys.stdout)
        return 0
    except Exception as error:  # noqa: BLE001 - the shell: no traceback reaches a person
        return fail(_named(error), as_json=as_json)


def fail(error: CausewayError, *, as_json: bool) -> int:
    """Says what went wrong, and returns the exit code."""
    try:
        if as_json:
            print_json(error_shape(error))
            return error.exit_code
    except OSError:
        _hush(sys.stdout)
    # a script or a log finds a message that stays on its line
    fold = folded if sys.stderr.isatty() else harmless
    where = harmless(f"  at {error.where}") if error.where else ""
    lines = [fold(f"error: {error.message}"), where, fold(f"  {error.hint}")]
    try:
        click.echo("\n".join(line for line in lines if line.strip()), err=True)
    except OSError:
        _hush(sys.stderr)
    return error.exit_code


def error_shape(error: CausewayError) -> dict[str, object]:
    """The one JSON form of an error, on the command line and over HTTP."""
    return {
        "ok": False,
        "error": error.message,
        "code": error.code,
        "where": error.where,
        "hint": error.hint,
        "status": error.status,
    }


def emit(result: msgspec.Struct, *, code: int = 0) -> None:
    """Prints a result as one JSON object; `ok` says whether the exit code is 0."""
    click.echo(json_of(result, code=code).encode())


def json_of(result: msgspec.Struct, *, code: int = 0) -> str:
    """A result as the text of one JSON object; `ok` says whether the exit code is 0."""
    return _json({"ok": code == 0, **msgspec.to_builtins(result, str_keys=True)})


def print_json(fields: dict[str, Any]) -> None:
    """One line of UTF-8, whatever the terminal's encoding."""
    click.echo(_json(fields).encode())


def _json(fields: dict[str, Any]) -> str:
    try:
        return msgspec.json.encode(fields).decode()
    except UnicodeEncodeError:
        # a file's name need not be text; escapes keep every byte of it
        import json

        return json.dumps(fields, separators=(",", ":"))


def narrate(text: str) -> None:
    """Tells a person what is going on, on standard error."""
    click.echo(harmless(text), err=True)


def folded(text: str) -> str:
    """The text as a terminal shows it whole; what is one word, as a path, is never broken."""
    return "\n".join(map(_folded, harmless(text).split("\n")))


def _folded(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    under = " " * max(2, len(line) - len(line.lstrip()))
    return textwrap.fill(line, WIDTH, subsequent_indent=under, break_long_words=False, break_on_hyphens=False)


def _named(error: Exception) -> CausewayError:
    """The error as one of ours."""
    match error:
        case CausewayError():
            return error
        case OSError():
            return outside(error)
        case UnicodeEncodeError():
            return _no_text(error)
        case ModuleNotFoundError() if (error.name or "").partition(".")[0] in SERVE:
            return MissingExtra(
                f"{error.name} is not installed", hint='install with: pip install "causeway[serve]"'
            )
        case _:
            return _defect(error)


def _no_text(error: UnicodeEncodeError) -> UsageError:
    return UsageError(
        "a name here is no text in this locale",
        where=error.object,
        hint="set LC_ALL=C.UTF-8, or give the file or folder a name in UTF-8",
    )


def _defect(error: Exception) -> CausewayError:
    import tempfile

    told = f"this is a defect in Causeway: {type(error).__name__}: {error}"
    try:
        handle, name = tempfile.mkstemp(prefix="causeway-defect-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            traceback.print_exception(error, file=stream)
    except OSError:
        return Defect(told, hint="report it; nothing could be written to the temporary folder")
    return Defect(told, where=name, hint="report it, with that file; what was finished is kept")


def _hush(stream: Any) -> None:  # noqa: ANN401 - a text stream of whatever kind
    """Sends what is left in the stream's buffer nowhere, so that closing it cannot fail."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError, AttributeError):
        # closed, or no file at all: then nothing is left to write
        return
