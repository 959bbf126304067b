"""Tells everybody whom the manifest names: what fired, why, a picture, the likely cause, what to run."""

import re
import shlex
import time
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import structs

from causeway.actions.instance import running
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import CausewayError, OutsideError
from causeway.core.events import AlertFailed, AlertSent
from causeway.core.manifest import IntegrationPart, Manifest
from causeway.core.notice import Notice
from causeway.core.triggers import FIRES, WAITS, Decision
from causeway.views.product import ProductState

TOLD = ("webhook", "chat", "other")
"""Kinds of integrations that messages go to."""
PAUSES_SECONDS = (0.2, 1.0)
"""Between one try and the next."""
SHOWN = 24
VALUE = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
"""What an alarm quotes is a value of a row, or the name of a class: neither leaves the house."""


def notice_of(
    state: ProductState, decision: Decision, *, home: Path, at: datetime, trouble: str = ""
) -> Notice:
    """The message about a trigger: only sums and names of columns, never a row or a value of one."""
    alarm = state.alarms.get(decision.cause.partition(":")[0])
    sight = alarm.sights[0] if alarm and alarm.sights else None
    alike = [each for each in alarm.sights if sight and each.unit == sight.unit] if alarm else []
    series = [each.value for each in alike if each.value is not None][:SHOWN]
    told = VALUE.sub("one value", "; ".join(filter(None, (decision.why, trouble))))
    return Notice(
        product=state.product,
        trigger=decision.trigger,
        do=decision.do,
        at=at.isoformat(),
        title=_title(decision, trouble),
        words=told,
        verdict=alarm.verdict if alarm else "",
        cause=decision.cause,
        likely=VALUE.sub("one value", alarm.likely) if alarm else "",
        command=_command(decision, alarm.command if alarm else "", home),
        measure=", ".join(each.about or each.monitor for each in alike[:3]),
        series=tuple(float(value) for value in series),
        threshold=sight.threshold if sight else decision.threshold,
    )


def listening(manifest: Manifest) -> list[IntegrationPart]:
    """The integrations that can be told."""
    return [part for part in manifest.integrations if part.kind in TOLD and (part.url or part.secret)]


def send(
    work: Workspace, manifest: Manifest, product: str, notice: Notice, *, told: Collection[str] = ()
) -> Iterator[str]:
    """Tells every integration that can be told and was not, a line each; what came of it is written."""
    here = running(work)
    if here:
        notice = structs.replace(notice, link=f"{here.console}/products/{product}")
    for part in listening(manifest):
        if part.name not in told:
            fact, words = _sent(part, notice)
            work.ledger.append(product, [fact], actor=work.actor, at=work.clock.now())
            yield words


def _sent(part: IntegrationPart, notice: Notice) -> tuple[AlertSent | AlertFailed, str]:
    said, attempt = "", 0
    for attempt, pause in enumerate((*PAUSES_SECONDS, None), start=1):
        try:
            answer = registry.tell(part, notice)
        except OutsideError as error:
            said = error.message
            if pause is None:
                break
            time.sleep(pause)
        except CausewayError as error:
            # what is written wrong does not mend itself
            said = error.message
            break
        else:
            fact = AlertSent(notice.id, part.name, notice.trigger, notice.cause, attempt, answer)
            return fact, f"{part.name} was told"
    failed = AlertFailed(notice.id, part.name, notice.trigger, said, notice.cause, attempt)
    return failed, f"{part.name} was not reached: {said}"


def _title(decision: Decision, trouble: str) -> str:
    if trouble:
        return f"{decision.do} failed"
    if decision.verdict == WAITS:
        return f"{decision.do} waits for a person"
    done = "" if decision.verdict == FIRES else f" ({decision.verdict})"
    what = decision.cause.replace(":", " says ") if decision.cause else decision.on
    return f"{what}{done}"


def _command(decision: Decision, of_alarm: str, home: Path) -> str:
    if decision.verdict == WAITS:
        return f"causeway approve {shlex.quote(decision.trigger)} --folder {shlex.quote(str(home))}"
    return of_alarm or f"causeway watch {shlex.quote(str(home))} --why"
