"""What every command shares: `--json`, one error shape, documented exit codes."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec

from causeway.core.errors import CausewayError

EXIT_CODES = {0: "fine", 1: "judged and failed", 2: "usage", 3: "the outside failed"}


def json_flag(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--json`, handed to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")(
        command
    )


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turns our errors into one shape and the right exit code; a command returns its own code, None is 0."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's parameters
        try:
            code = command(*args, **kwargs) or 0
        except CausewayError as error:
            code = fail(error, as_json=bool(kwargs.get("as_json")))
        except KeyboardInterrupt:
            click.echo("interrupted; what was finished is kept", err=True)
            code = 130
        except BrokenPipeError:
            # the reader went away (`| head`): nothing is wrong, and nobody is there to be told
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        sys.exit(code)

    return run


def fail(error: CausewayError, *, as_json: bool) -> int:
    """Says what went wrong, and returns the exit code."""
    if as_json:
        click.echo(msgspec.json.encode(error_shape(error)).decode())
        return error.exit_code
    click.echo(f"error: {error.message}", err=True)
    if error.where:
        click.echo(f"  at {error.where}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
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


def emit(result: msgspec.Struct) -> None:
    """Prints a result as one JSON object with `ok: true`."""
    fields = msgspec.to_builtins(result, str_keys=True)
    click.echo(msgspec.json.encode({"ok": True, **fields}).decode())


def narrate(text: str) -> None:
    """Tells a person what is going on, on standard error."""
    click.echo(text, err=True)
