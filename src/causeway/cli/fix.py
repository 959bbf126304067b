"""`causeway fix`."""

import difflib
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import emit, guarded, json_flag, narrate
from causeway.core.errors import NotFound, UsageError
from causeway.core.printable import harmless

if TYPE_CHECKING:
    from causeway.actions.fix.fix import Fixed, Undone, Where
    from causeway.actions.fix.offers import Offer, Offers
    from causeway.actions.fix.site import Wish

NOT_DONE = 1
MOST_LEFT = 6
WIDTH = 80
NAME_WIDTH = 14


@click.command()
@click.argument("words", nargs=-1, metavar="[NAME]... [FOLDER]")
@click.option("--list", "only_list", is_flag=True, help="List what can be mended here; so does no NAME.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--branch", is_flag=True, help="Commit it to a git branch; the working tree stays as it is.")
@click.option("--patch", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a patch file.")
@click.option("--undo", is_flag=True, help="Take the last fix of FOLDER back.")
@click.option("--force", is_flag=True, help="With --undo: also files that were changed since.")
@click.option("--licence", default="", metavar="NAME", help="MIT, Apache-2.0, BSD-3-Clause or proprietary.")
@click.option("--holder", default="", metavar="NAME", help="Who holds the rights, for the licence.")
@click.option("--python", default="", metavar="VERSION", help="The Python it is for, such as 3.11.")
@click.option("--offline", is_flag=True, help="Pin only versions that the folder itself names.")
@click.option("--no-plots", is_flag=True, help="Leave a notebook's plots out of its module.")
@json_flag
@guarded
def command(words: tuple[str, ...], **options: object) -> int:
    """Mend what a tool can mend: NAME is one of the fixes listed for FOLDER.

    The change is shown as a diff and asked for first. Originals are kept: `causeway fix --undo`.
    """
    names, folder = _understood(words)
    as_json = bool(options["as_json"])
    if options["undo"]:
        return _undo(folder, force=bool(options["force"]), as_json=as_json)
    if not names or options["only_list"]:
        return _list(folder, as_json=as_json)
    return _fix(folder, names, options)


def _understood(words: tuple[str, ...]) -> tuple[tuple[str, ...], Path]:
    """The names of fixes, and the folder, which comes last."""
    from causeway.actions.fix.names import NAMES

    names = [word for word in words if word in NAMES]
    rest = [word for word in words if word not in NAMES]
    if len(rest) > 1:
        near = difflib.get_close_matches(rest[0], NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of: {', '.join(NAMES)}"
        raise UsageError(f"there is no fix called {rest[0]}", hint=hint)
    if rest and not Path(rest[0]).exists():
        near = difflib.get_close_matches(rest[0], NAMES, n=1)
        hint = f"did you mean the fix {near[0]}?" if near else f"fixes are: {', '.join(NAMES)}"
        raise NotFound(f"there is no folder and no fix called {rest[0]}", hint=hint)
    return tuple(names), Path(rest[0]) if rest else Path()


def _list(folder: Path, *, as_json: bool) -> int:
    from causeway.actions.fix.offers import offers

    found = offers(folder)
    if as_json:
        emit(found)
    else:
        click.echo(harmless("\n".join(_listed(found))))
    return 0


def _listed(found: "Offers") -> list[str]:
    from causeway.actions.fix.names import SCAFFOLD

    if not found.offers:
        return ["There is nothing here that a tool can mend."]
    lines = ["What can be mended here; each is shown as a diff and asked for first.", ""]
    for offer in found.offers:
        codes = ", ".join(offer.codes)
        text = f"{offer.words}; {_size(offer)}" + (f" [{codes}]" if codes else "")
        lines.append(_row(offer.name, text))
    if {offer.name for offer in found.offers} & set(SCAFFOLD):
        lines.append(_row("scaffold", f"{', '.join(SCAFFOLD[:-1])} and {SCAFFOLD[-1]} in one go"))
    return [*lines, "", f"Next: {found.next}"]


def _row(name: str, text: str) -> str:
    lead = f"  {name:<{NAME_WIDTH}}"
    return textwrap.fill(
        text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip


def _size(offer: "Offer") -> str:
    files = ", ".join(offer.files[:2]) + (f" and {len(offer.files) - 2} more" if len(offer.files) > 2 else "")
    parts = [f"+{offer.added} -{offer.removed} in {files}"] if offer.files else []
    asks = [told for told in offer.told if told.startswith("asks")]
    return "; ".join([*parts, *asks, *([_first(offer)] if offer.left else [])])


def _first(offer: "Offer") -> str:
    more = len(offer.left) - 1
    return f"not: {offer.left[0]}" + (f" (and {more} more)" if more else "")


def _fix(folder: Path, names: tuple[str, ...], options: dict[str, object]) -> int:
    from causeway.actions.fix.fix import fix

    as_json, yes = bool(options["as_json"]), bool(options["yes"])
    patch = options["patch"] if isinstance(options["patch"], Path) else None
    if patch and options["branch"]:
        raise UsageError("--branch and --patch are two places", hint="choose one")
    into: Where = "branch" if options["branch"] else "patch" if patch else "folder"

    def agree(shown: "Fixed") -> bool:
        if not as_json:
            _show(shown)
        return yes or (not as_json and _asked(shown, into, patch))

    wish = _wish(folder, names, options)
    fixed = fix(folder, names, wish=wish, agree=agree, say=narrate, into=into, patch=patch)
    code = NOT_DONE if fixed.status in {"declined", "not_mended"} else 0
    if as_json:
        emit(fixed, code=code)
    else:
        for line in _result(fixed):
            click.echo(harmless(line))
    return code


def _wish(folder: Path, names: tuple[str, ...], options: dict[str, object]) -> "Wish":
    from causeway.actions.fix.recipes.licence import chosen
    from causeway.actions.fix.site import Wish

    licence, holder = str(options["licence"]), str(options["holder"])
    asked = bool({"licence", "scaffold"} & set(names)) and not options["as_json"] and not options["yes"]
    if asked and not licence and _somebody_is_there():
        licence, holder = _ask_licence(folder, names, holder)
    return Wish(
        licence=chosen(licence) if licence else "",
        holder=holder,
        python=str(options["python"]),
        offline=bool(options["offline"]),
        plots=not options["no_plots"],
    )


def _ask_licence(folder: Path, names: tuple[str, ...], holder: str) -> tuple[str, str]:
    from causeway.actions.fix.recipes.licence import LICENCES, NAMELESS
    from causeway.intake import read_poc

    if read_poc(folder).presence.licence:
        return "", holder
    none = [] if names == ("licence",) else ["none"]
    choice = click.prompt(
        "Which licence?", type=click.Choice([*LICENCES, *none], case_sensitive=False), err=True
    )
    if choice == "none":
        return "", holder
    if choice != NAMELESS and not holder:
        holder = click.prompt("Who holds the rights?", err=True)
    return choice, holder


def _show(shown: "Fixed") -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in map(harmless, shown.diff.splitlines()):
        head = line.startswith(("+++", "---", "diff "))
        click.echo(click.style(line, bold=True) if head else click.style(line, fg=colours.get(line[:1])))
    click.echo()
    for told in shown.told:
        click.echo(harmless(_wrapped(told)))
    for line in _left(shown):
        click.echo(harmless(line))


def _left(shown: "Fixed") -> list[str]:
    lines = [_wrapped(f"Left alone: {left}") for left in shown.left[:MOST_LEFT]]
    more = len(shown.left) - MOST_LEFT
    return [*lines, *([f"and {more} more places, see --json"] if more > 0 else [])]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def _asked(shown: "Fixed", into: "Where", patch: Path | None) -> bool:
    if not _somebody_is_there():
        narrate("Nothing was changed: nobody is there to be asked. Say yes in advance: --yes")
        return False
    count = f"{len(shown.files)} file{'s' * (len(shown.files) != 1)}"
    place = {
        "folder": f"Change {count}?",
        "branch": f"Commit {count} to a branch?",
        "patch": f"Write {patch}?",
    }
    return click.confirm(place[into], default=False, err=True)


def _somebody_is_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _result(fixed: "Fixed") -> list[str]:
    match fixed.status:
        case "nothing_to_mend":
            return [f"{', '.join(fixed.names)}: nothing to mend."]
        case "not_mended":
            return [f"{', '.join(fixed.names)}: nothing was changed.", *_left(fixed)]
        case "declined":
            return ["Nothing was changed."]
        case _:
            return _done(fixed)


def _done(fixed: "Fixed") -> list[str]:
    if fixed.undo and fixed.where.startswith("causeway/"):
        return [f"Committed to the branch {fixed.where}; your files are as they were.", f"Undo: {fixed.undo}"]
    if not fixed.undo:
        return [f"Written: {fixed.where}. Apply it in the folder with: patch -p1 < {fixed.where}"]
    return [f"Written: {', '.join(fixed.files)}.", f"Undo: {fixed.undo}"]


def _undo(folder: Path, *, force: bool, as_json: bool) -> int:
    from causeway.actions.fix.fix import take_back

    undone = take_back(folder, force=force)
    if as_json:
        emit(undone)
    else:
        click.echo(harmless(_undone(undone)))
    return 0


def _undone(undone: "Undone") -> str:
    if undone.status == "nothing_to_undo":
        return "There is no fix to undo here."
    return f"Undone: {', '.join(undone.names)}. Back as they were: {', '.join(undone.files)}."
