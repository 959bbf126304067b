"""How often a product is trained anew, as its manifest schedules it."""

from datetime import UTC, datetime, timedelta

from causeway.core.cron import Cron, read_cron
from causeway.core.manifest import Manifest

SCHEDULE = "schedule:"
RETRAIN = "retrain"
YEAR_DAYS = 365
MONTHS = 12
MONTH_HOURS = 730.0
FROM = datetime(2026, 1, 1, tzinfo=UTC)
"""Any year does: what is asked is how often."""


def trainings_a_month(manifest: Manifest | None) -> float | None:
    """How many trainings a month its schedules ask for; None where none does: alarms do not say when."""
    triggers = manifest.triggers if manifest else ()
    found = [
        min(_moments_a_month(read_cron(each.on.removeprefix(SCHEDULE))), _most(each.cooldown_hours))
        for each in triggers
        if each.do == RETRAIN and each.on.startswith(SCHEDULE) and not each.dry_run
    ]
    return sum(found) if found else None


def _most(cooldown_hours: float) -> float:
    return MONTH_HOURS / cooldown_hours if cooldown_hours else float("inf")


def _moments_a_month(schedule: Cron) -> float:
    days = 0
    moment = schedule.next(FROM - timedelta(minutes=1))
    while moment is not None and moment < FROM + timedelta(days=YEAR_DAYS):
        days += 1
        moment = schedule.next(moment.replace(hour=23, minute=59))
    return days * len(schedule.hours) * len(schedule.minutes) / MONTHS
