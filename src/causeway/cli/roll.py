"""`causeway roll`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

if TYPE_CHECKING:
    from causeway.actions.canary import Steered
    from causeway.actions.trial_seen import TrialSeen


@click.group(name="roll")
def command() -> None:
    """Change which release answers."""


@command.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def promote(folder: Path, *, as_json: bool) -> int:
    """Give the release on trial all of the traffic."""
    from causeway.actions.canary import promote

    return _told(promote(folder), as_json=as_json)


@command.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def hold(folder: Path, *, as_json: bool) -> int:
    """Keep the release on trial at its share; only harm takes it back."""
    from causeway.actions.canary import hold

    return _told(hold(folder), as_json=as_json)


@command.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def look(folder: Path, *, as_json: bool) -> None:
    """Show the release on trial, what is known of it and what happens next; nothing is changed."""
    from causeway.actions.trial_seen import look_at

    looked = look_at(folder)
    if as_json:
        emit(looked)
    elif looked.trial is None:
        click.echo(f"{looked.product}: no release is on trial.")
    else:
        click.echo("\n".join(trial_lines(looked.trial)))


def trial_lines(seen: "TrialSeen") -> list[str]:
    """A running trial, for a person."""
    from causeway.assess.canary import said
    from causeway.core.ids import short

    trial = seen.trial
    how = "in the shadow of" if trial.shadow else f"on {trial.percent} % of the traffic beside"
    tried = f"{short(trial.release)} is tried {how} {short(trial.champion)}"
    lines = [f"{seen.product}: {tried}, {seen.minutes:,.0f} minutes at this step"]
    if trial.kpi:
        better = "more" if trial.kpi.more_is_better else "less"
        lines.append(f"  kpi is {trial.kpi.name}; {better} is better")
    criteria = seen.now.criteria if seen.now else ()
    named = ("latency " if each.name == "latency" else "" for each in criteria)
    lines += [f"  {each.verdict:<5} {name}{said(each)}" for name, each in zip(named, criteria, strict=True)]
    if seen.trouble:
        lines.append(f"  the evidence cannot be read: {seen.trouble}")
    unseen = "" if seen.watched else " Nobody looks now: causeway up, or causeway tick."
    return [*lines, f"  {seen.next}{unseen}".rstrip()]


def _told(steered: "Steered", *, as_json: bool) -> int:
    from causeway.cli.ship import shares_text, told_trouble, trouble_code
    from causeway.core.ids import short

    if as_json:
        emit(steered, code=trouble_code(steered.trouble))
    elif steered.status == "promoted":
        click.echo(f"{steered.product}: {shares_text(steered.before)} -> {shares_text(steered.live)}.")
    else:
        already = "already " if steered.status == "already_held" else ""
        click.echo(
            f"{steered.product}: {short(steered.release)} is {already}held; {shares_text(steered.live)}."
        )
    return told_trouble(steered.trouble)


@command.command()
@click.argument("folder", type=PLACE, default=".")
@json_flag
@guarded
def back(folder: Path, *, as_json: bool) -> int:
    """Take the last change of traffic back; a release on trial with all its steps."""
    from causeway.actions.roll import roll_back
    from causeway.cli.ship import shares_text, told_trouble, trouble_code

    rolled = roll_back(folder)
    if as_json:
        emit(rolled, code=trouble_code(rolled.trouble))
    elif rolled.status == "nothing_to_roll_back":
        click.echo(f"{rolled.product}: nothing to roll back; {shares_text(rolled.live)}.")
    else:
        click.echo(f"{rolled.product}: {shares_text(rolled.before)} -> {shares_text(rolled.live)}.")
    return told_trouble(rolled.trouble)
