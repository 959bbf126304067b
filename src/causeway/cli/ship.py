"""`causeway ship`."""

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, error_shape, guarded, json_flag, narrate, print_json
from causeway.core.errors import OutsideError, UsageError

if TYPE_CHECKING:
    from causeway.actions.ship import Blocked, Plan, Shipped
    from causeway.assess.shipping import Judgement
    from causeway.core.comparison import Comparison
    from causeway.core.finding import Finding

DECLINED = 1
MOST_OPEN = 3
BY_THE_MANIFEST = -1
WIDTH = 80
LABEL_WIDTH = 12


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option("--release", help="First digits of a release; without it, the latest one.")
@click.option("--waive", "codes", multiple=True, metavar="CODE", help="Go on in spite of this finding.")
@click.option("--because", metavar="WHY", help="The reason for every --waive.")
@click.option(
    "--canary",
    is_flag=False,
    flag_value=BY_THE_MANIFEST,
    type=int,
    metavar="[PERCENT]",
    help="Try it on part of the traffic first, by the steps of [canary] or from this share on.",
)
@click.option("--shadow", is_flag=True, help="Only ask it beside; nobody gets its answers.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_flag
@guarded
def command(
    folder: Path,
    release: str | None,
    codes: tuple[str, ...],
    because: str | None,
    canary: int | None,
    *,
    shadow: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Make a release of FOLDER's product live behind the gateway.

    Shows what would happen and asks first. Undo it with `causeway roll back`.
    """
    from causeway.actions.decide import existing_workspace
    from causeway.actions.ship import Blocked, Trial, ship

    if because and not codes:
        raise UsageError("--because without --waive", hint="name the finding: --waive CODE")
    if shadow and canary is not None:
        raise UsageError("--canary and --shadow exclude each other", hint="choose one of them")
    percent = None if canary == BY_THE_MANIFEST else canary
    trial = Trial(percent, shadow) if shadow or canary is not None else None
    waive = dict.fromkeys(codes, because or "")

    def agree(plan: "Plan") -> bool:
        for line in plan_lines(plan):
            narrate(line)
        return yes or _asked()

    try:
        shipped = ship(
            existing_workspace(folder), folder, release=release, waive=waive, trial=trial, agree=agree
        )
    except Blocked as blocked:
        return _refuse(blocked, as_json=as_json)
    code = DECLINED if shipped.status == "declined" else trouble_code(shipped.trouble)
    if as_json:
        emit(shipped, code=code)
    else:
        for line in result_lines(shipped):
            click.echo(line)
    return told_trouble(shipped.trouble) or code


def trouble_code(trouble: str) -> int:
    """The exit code when the gateway does not follow, or does."""
    return OutsideError.exit_code if trouble else 0


def told_trouble(trouble: str) -> int:
    """The exit code, once a gateway that does not follow has been named."""
    if trouble:
        narrate(f"error: it is recorded, but the gateway does not follow: {trouble}")
        narrate("  what answered before goes on; mend it, or take the change back")
    return trouble_code(trouble)


def plan_lines(plan: "Plan") -> list[str]:
    """The plan as a person reads it before saying yes."""
    from causeway.core.ids import short

    cap = f", at most {plan.requests_per_minute:,} requests a minute" if plan.requests_per_minute else ""
    rows = [
        ("release", short(plan.release)),
        ("evaluation", evaluation_line(plan)),
        *([("beside live", comparison_line(plan.comparison))] if plan.comparison else []),
        ("parity", parity_line(plan)),
        *_worker_rows(plan),
        *_judgement_rows(plan.judgement),
        ("traffic", f"{shares_text(plan.before)} -> {shares_text(plan.after)}{cap}"),
        *_trial_rows(plan),
        ("address", plan.address),
        *([("key", "a first one is made and shown once")] if plan.new_key else []),
        ("undo", plan.undo),
    ]
    lines = [line for label, text in rows for line in _row(label, text)]
    return [f"Ship {plan.product} to {plan.stage}", "", *lines, ""]


def _row(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {label:<{LABEL_WIDTH}}",
        subsequent_indent=" " * (LABEL_WIDTH + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def result_lines(shipped: "Shipped") -> list[str]:
    """What came of it, and what to do next."""
    from causeway.actions.ship import curl
    from causeway.core.ids import short

    plan = shipped.plan
    if shipped.status == "declined":
        return ["Nothing was changed."]
    lines = [f"{plan.product} {short(plan.release)} {_state(shipped)} ({plan.stage})."]
    if not plan.serving:
        lines.append(f"It is routed; nothing serves it yet. Start the gateway: {plan.start}")
    if shipped.token:
        lines += ["", f"The token of {shipped.key}, shown only now:", f"  {shipped.token}"]
    return [
        *lines,
        "",
        "Ask it:",
        f"  {curl(plan.address, plan.example, token=shipped.token)}",
        "",
        f"Undo: {plan.undo}",
    ]


def _state(shipped: "Shipped") -> str:
    if shipped.status == "on_trial":
        percent = shipped.live.get(shipped.plan.release, 0)
        return f"is tried on {percent} % of the traffic" if percent else "is asked beside, in the shadow"
    if shipped.status == "already_live":
        return "is already live, now as causeway.toml says" if shipped.declared else "is already live"
    return "is live"


def _trial_rows(plan: "Plan") -> list[tuple[str, str]]:
    """On which shares it is tried, and what ends that."""
    limits = plan.limits
    if limits is None:
        return []
    if plan.shadow:
        return [("shadow", "it is asked the same beside; its answers are recorded, and nobody gets them")]
    steps = ", then ".join(f"{step} %" for step in (*plan.steps, 100))
    each = f"each at least {limits.least_minutes:g} minutes and {limits.least_rows:,} requests"
    back = (
        f"by itself when errors grow by more than {limits.errors:g}, latency by more than "
        f"{limits.latency:g} times, answers shift by more than {limits.shift:g} or quality falls by more "
        f"than {limits.quality:g}"
    )
    return [("steps", f"{steps}; {each}"), ("taken back", back), *_kpi_row(plan)]


def _kpi_row(plan: "Plan") -> list[tuple[str, str]]:
    """How much worse the business measure may be, and which side is worse."""
    kpi = plan.kpi
    if kpi is None:
        return []
    worse, better = ("falls", "more") if kpi.more_is_better else ("grows", "less")
    return [("", f"or when {kpi.name} {worse} by more than {kpi.limit:g} on average ({better} is better)")]


def evaluation_line(plan: "Plan") -> str:
    """How good it is, beside the trivial answer."""
    from causeway.core.metrics import spoken

    seen = plan.evaluation
    return (
        f"{spoken(seen.metric)} {seen.value:.3g} ({seen.low:.3g} to {seen.high:.3g}) on {seen.rows:,} rows; "
        f"{seen.baseline_name} gets {seen.baseline:.3g}"
    )


def comparison_line(seen: "Comparison") -> str:
    """How it does on the same rows as what is live."""
    from causeway.core.metrics import spoken

    if seen.why_not:
        return f"not compared: {seen.why_not}"
    verdict = "better" if seen.is_better else "worse" if seen.is_worse else "no different beyond chance"
    tested = f", p {seen.p:.2g} ({seen.test})" if seen.p is not None else ""
    return (
        f"{verdict}: {spoken(seen.metric)} {seen.value:.3f} against {seen.live_value:.3f} on the same "
        f"{seen.rows:,} rows (difference {seen.low:.3f} to {seen.high:.3f}{tested})"
    )


def parity_line(plan: "Plan") -> str:
    """Whether it answers as the proof of concept did."""
    parity = plan.parity
    return (
        f"{parity.rows_equal:,} of {parity.rows:,} rows agree with the proof of concept, "
        f"largest difference {parity.largest_difference:.2g}"
    )


def _worker_rows(plan: "Plan") -> list[tuple[str, str]]:
    """Why a process with the model itself answers, and how fast; nothing where it is compiled."""
    if not plan.not_compiled:
        return []
    rows = [("worker", f"a process with the model itself answers; not compiled: {plan.not_compiled}")]
    if speed := plan.speed:
        pace = (
            f"{speed.one_row_ms:.2g} ms for one row, {speed.rows_per_second:,.0f} rows/s at {speed.batch} a "
        )
        rows.append(("speed", f"{pace}request, one request at a time; measured when the release was made"))
    return rows


def shares_text(shares: dict[str, int]) -> str:
    """Which release gets how much, in one phrase."""
    from causeway.core.ids import short

    return ", ".join(f"{short(release)} {share} %" for release, share in shares.items()) or "nothing live"


def _judgement_rows(judgement: "Judgement") -> list[tuple[str, str]]:
    return [
        *(("answered", f"{each.finding.title} ({each.how})") for each in judgement.answered),
        *(("waived", f"{each.finding.code}: {each.waiver.because}") for each in judgement.waived),
        *_open_rows(judgement.open),
    ]


def _open_rows(findings: "tuple[Finding, ...]") -> list[tuple[str, str]]:
    """The gravest of what stands open without stopping it here, and how many more there are."""
    ranked = sorted(findings, key=lambda finding: list(type(finding.severity)).index(finding.severity))
    rows = [("open", f"{finding.title} (does not stop it here)") for finding in ranked[:MOST_OPEN]]
    more = len(findings) - MOST_OPEN
    return [*rows, ("", f"and {more} more: causeway check")] if more > 0 else rows


def _asked() -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", hint="say yes in advance: --yes")
    return click.confirm("Make it live?", default=False, err=True)


def _refuse(blocked: "Blocked", *, as_json: bool) -> int:
    import msgspec

    if as_json:
        judgement = msgspec.to_builtins(blocked.plan.judgement)
        print_json({**error_shape(blocked), "judgement": judgement})
        return blocked.exit_code
    narrate(f"error: {blocked.plan.product} may not go live in {blocked.plan.stage}:")
    for finding in blocked.plan.judgement.blocking:
        narrate("")
        narrate(_filled(f"{finding.code}  {finding.title}", "  "))
        for evidence in finding.evidence[:3]:
            narrate(f"      {evidence}")
        narrate(_filled(finding.remedy.words, "      "))
        if finding.remedy.command:
            narrate(f"      {finding.remedy.command}")
    narrate("")
    narrate(_filled(blocked.hint, "  "))
    return blocked.exit_code


def _filled(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )
