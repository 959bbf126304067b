"""The `causeway` command: every verb is imported only when it is called."""

import difflib
import importlib
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from causeway import __version__
from causeway.cli.verb import answered, fail
from causeway.core.errors import UsageError

PROGRAM = "causeway"

# verb -> module of causeway.cli that holds `command`, and its one line of help
VERBS = {
    "tour": ("tour", "The main job, end to end, on a bundled example."),
    "new": ("new", "Write a small PoC that goes the whole road, from a template."),
    "init": ("init", "Look at a PoC folder; draft causeway.toml and the data contract."),
    "check": ("check", "What stands between this folder and production."),
    "fix": ("fix", "Mend what a tool can mend, shown as a diff first."),
    "access": ("access", "Ask for, grant and revoke the use of data; list who may read what."),
    "run": ("run", "Build the environment, train, prove, and make a release."),
    "attach": ("attach", "Bring a model that MLflow keeps as a release candidate."),
    "agree": ("agree", "Put your name, in a role, to the manifest as it is."),
    "prove": ("prove", "Run again, test, probe and anchor: what files do not show."),
    "ship": ("ship", "Make a release live behind the gateway."),
    "eject": ("eject", "Write a folder that serves a release without Causeway."),
    "replay": ("replay", "Play a table's rows through a copy, with time compressed."),
    "roll": ("roll", "Take the last change back; promote or hold a canary."),
    "score": ("score", "Answer all rows of a table by a release, in parts."),
    "up": ("up", "Run control plane, console and gateway."),
    "key": ("key", "Issue, list and revoke the keys of callers."),
    "call": ("call", "Send rows to a live product and show the answers."),
    "client": ("client", "Write a typed Python module that calls a product."),
    "load": ("load", "Find what a product can take, and what its peak needs."),
    "seal": ("seal", "Close the record log into a segment."),
    "watch": ("watch", "Look at live products: drift, quality, service; one alarm a cause."),
    "report": ("report", "Write one page about a product, to be kept or sent."),
    "tick": ("tick", "Do everything that is due."),
    "label": ("label", "Bring outcomes in and join them to predictions."),
    "import-records": ("import_records", "Bring in what other servers logged."),
    "bill": ("bill", "Bring bills in; show, forecast and export what it cost."),
    "measure": ("measure", "What a product brought: effect, grade, money; baselines and approvals."),
    "retrain": ("retrain", "Train anew on what was labelled; judge it beside what is live."),
    "approve": ("approve", "Agree to what a trigger waits to do."),
    "erase": ("erase", "Take every recorded row about one entity out for good."),
    "lineage": ("lineage", "Walk from a prediction back to where its data came from."),
    "verify": ("verify", "Prove the ledger whole, or name the first event that is not."),
    "backup": ("backup", "Copy the ledger and its keys' public halves to one file."),
    "restore": ("restore", "Bring a backup back, verified."),
    "doctor": ("doctor", "Say what is wrong with this installation or workspace."),
    "contract": ("contract", "Draft a data contract, hold data to it, compare two versions."),
    "manifest": ("manifest", "Show the annotated reference of causeway.toml."),
}


class Verbs(click.Group):
    """A group that knows its commands by name and loads one at a time."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,  # noqa: ARG002 - it is `causeway`, however it was started
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click passes it
        **extra: Any,  # noqa: ANN401 - the same
    ) -> Any:  # noqa: ANN401 - the same
        """Runs one command, and ends with its exit code; what click refuses is told as everything else is."""
        words = list(sys.argv[1:] if args is None else args)

        def run() -> Any:  # noqa: ANN401 - the same
            return super(Verbs, self).main(words, PROGRAM, complete_var, standalone_mode=False, **extra)

        if not standalone_mode:
            return run()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # a name that the terminal's encoding lacks is shown with escapes, not an error
                stream.reconfigure(errors="backslashreplace")
        sys.exit(answered(lambda: _told(run, as_json="--json" in words), as_json="--json" in words))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names, or a verb that looks like it in the error."""
        if args[0] in VERBS:
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(args[0], VERBS, n=1)
        perhaps = f"; did you mean {near[0]}?" if near else ""
        raise click.UsageError(f"there is no command {args[0]}{perhaps}", ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it
        """The verbs, in the order in which one needs them."""
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click passes it
        cmd_name: str,
    ) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"causeway.cli.{VERBS[cmd_name][0]}").command
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click passes it
        formatter: click.HelpFormatter,
    ) -> None:
        """The list for `--help`, without importing any verb."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


def _told(run: Callable[[], Any], *, as_json: bool) -> int:
    """The exit code of a command line, which may not be one."""
    try:
        return run() or 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return fail(_usage(error), as_json=as_json)


def _usage(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    return UsageError(
        error.format_message().rstrip("."),
        hint=f"see: {context.command_path if context else PROGRAM} --help",
    )


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="causeway")
def main() -> None:
    """Take an AI proof of concept from sandbox to production, and prove what it is worth."""
