"""The `causeway` command: every verb is imported only when it is called."""

import importlib

import click

from causeway import __version__

# verb -> module of causeway.cli that holds `command`, and its one line of help
VERBS = {
    "tour": ("tour", "The main job, end to end, on a bundled example."),
    "init": ("init", "Look at a PoC folder; draft causeway.toml and the data contract."),
    "check": ("check", "What stands between this folder and production."),
    "run": ("run", "Build the environment, train, prove, and make a release."),
    "ship": ("ship", "Make a release live behind the gateway."),
    "roll": ("roll", "Take the last change of traffic back."),
    "up": ("up", "Run control plane, console and gateway."),
    "key": ("key", "Issue, list and revoke the keys of callers."),
    "seal": ("seal", "Close the record log into a segment."),
    "tick": ("tick", "Do everything that is due."),
    "label": ("label", "Bring outcomes in and join them to predictions."),
    "verify": ("verify", "Prove the ledger whole, or name the first event that is not."),
    "backup": ("backup", "Copy the ledger and its keys' public halves to one file."),
    "restore": ("restore", "Bring a backup back, verified."),
    "doctor": ("doctor", "Say what is wrong with this installation or workspace."),
    "manifest": ("manifest", "Show the annotated reference of causeway.toml."),
}


class Verbs(click.Group):
    """A group that knows its commands by name and loads one at a time."""

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


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="causeway")
def main() -> None:
    """Take an AI proof of concept from sandbox to production, and prove what it is worth."""
