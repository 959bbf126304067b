"""`causeway check`."""

import gc
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from causeway.cli.verb import PLACE, guarded, json_flag, narrate
from causeway.core.errors import UsageError

if TYPE_CHECKING:
    from causeway.actions.check import Attempt

FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)
FAIL_ON = ("blocker", "fix", "note", "never")


def form_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that choose how the answer is told and where it goes."""
    for option in reversed(
        (
            click.option("--md", "as_md", is_flag=True, help="Print Markdown, for a pull request or a wiki."),
            click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0, for code scanning."),
            click.option("--annotations", "as_annotations", is_flag=True, help="Print GitHub annotations."),
            click.option("--badge", type=FILE, help="Write an SVG badge to this file; - prints it."),
            click.option(
                "--out",
                "outs",
                type=FILE,
                multiple=True,
                help="Write it to this file, at once and whole; may be repeated. Without an option for the "
                "form, the ending says it: .json, .md, .sarif, .svg.",
            ),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Judge every folder in this one: a line for each, with B/F/N for blockers, fixes, notes.",
)
@click.option("--stage", default="", help="Judge at this stage; without it, the manifest's, else sandbox.")
@click.option("--try", "trying", is_flag=True, help="Run it too: on a copy, in a cage, without network.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="How long its training may take with --try.",
)
@click.option("--full", is_flag=True, help="Tell every finding, however many.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default=FAIL_ON[0],
    help="Exit with 1 from this weight on; blocker when left out.",
)
@form_flags
@json_flag
@guarded
def command(
    folder: Path,
    *,
    every: bool,
    stage: str,
    trying: bool,
    minutes: float,
    full: bool,
    fail_on: str,
    **told: Any,  # noqa: ANN401 - click's
) -> int:
    """What stands between this folder and its next stage.

    Needs no manifest and changes nothing; without --try, nothing in the folder is run, imported or
    unpickled, and nothing is sent.
    Exit code 1 when something blocks, or from the weight that --fail-on names.
    """
    from causeway.actions.check import check, fails
    from causeway.cli.reports.forms import Asked

    # syntax trees are many small things that stay: looking among them for garbage takes a third of the time
    gc.set_threshold(50_000, 20, 50)
    form = _form(told)
    if every:
        if trying:
            raise UsageError("--try runs one folder", hint="leave --all out, and name the folder")
        return _all(folder, Choice(stage, full, fail_on), form=form, told=told)
    report = check(folder, stage=stage, attempt=_attempt(minutes) if trying else None)
    code = 1 if fails((finding.severity for finding in report.findings), at=fail_on) else 0
    _tell(Asked(report, code, full), form, outs=told["outs"], badge=told["badge"])
    return code


def _attempt(minutes: float) -> "Attempt":
    """A trial of this many minutes, told about where somebody watches."""
    from causeway.actions.trial import Try, try_out

    say = narrate if sys.stderr.isatty() else _silent
    return partial(try_out, Try(minutes=minutes, say=say))


def _silent(_text: str) -> None:
    """Tells nobody."""


class Choice(NamedTuple):
    """What is asked of a check, besides its form."""

    stage: str
    full: bool
    fail_on: str


def _all(folder: Path, choice: Choice, *, form: str, told: dict[str, Any]) -> int:
    """A line for each proof of concept in the sub-folders."""
    from causeway.actions.check import fails
    from causeway.actions.portfolio import check_all
    from causeway.cli.reports.forms import save
    from causeway.cli.reports.portfolio import text
    from causeway.cli.verb import json_of
    from causeway.core.printable import harmless

    if form not in {"", "json"} or told["badge"]:
        raise UsageError(
            "many folders are told as text or as JSON",
            hint="leave the option for the form out, or write --json; the other forms tell one folder",
        )
    watched = sys.stderr.isatty()
    found = check_all(folder, stage=choice.stage, say=narrate if watched else lambda _: None)
    weights = (weight for proof in found.proofs for weight in proof.codes.values())
    code = 3 if found.failed else 1 if fails(weights, at=choice.fail_on) else 0
    forms = {"json": lambda: json_of(found, code=code), "": lambda: harmless(text(found, full=choice.full))}
    for file in told["outs"]:
        save(file, forms["json" if file.suffix == ".json" else form]())
        narrate(f"written: {file}")
    if not (form and told["outs"]):
        click.echo(forms[form]())
    return code


def _form(told: dict[str, Any]) -> str:
    """The form that an option names; empty where none does."""
    forms = [name.removeprefix("as_") for name, given in told.items() if name.startswith("as_") and given]
    if len(forms) > 1:
        raise UsageError(
            f"--{forms[0]} and --{forms[1]} are two forms of one answer",
            hint="leave one out, or write several at once: --out a.sarif --out b.md",
        )
    return forms[0] if forms else ""


def _tell(asked: Any, form: str, *, outs: Sequence[Path], badge: Path | None) -> None:  # noqa: ANN401 - of forms.py
    """Prints the answer, unless a form was asked for and a file takes it; writes the files."""
    from causeway.cli.reports.forms import FORMS, form_of, save

    for file in outs:
        if str(file) != "-":
            save(file, FORMS[form or form_of(file)](asked))
            narrate(f"written: {file}")
    if badge is not None and str(badge) != "-":
        save(badge, FORMS["badge"](asked))
        narrate(f"written: {badge}")
    if badge is not None and str(badge) == "-":
        click.echo(FORMS["badge"](asked), nl=False)
    elif not (form and outs) or Path("-") in outs:
        click.echo(FORMS[form or "text"](asked))
