"""What monitors look at: the traffic of a product by windows, beside what it is compared with."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from causeway.assess.drift import Moment
from causeway.assess.drift_columns import DriftRules
from causeway.assess.quality_weighing import Weighing
from causeway.assess.service_facts import Kpi, Scored, Service
from causeway.core.manifest import Manifest, MonitorPart
from causeway.core.metering import BudgetJudged, CostUnusual
from causeway.core.release import Release
from causeway.core.watching import Alarm, Sight
from causeway.stats.profile_form import Window
from causeway.stats.quality_form import QualityWindow
from causeway.stats.release_profile import ReleaseProfile

IN, OUT = "in_", "out_"


class Compared(Struct, frozen=True):
    """A window of traffic beside what it is compared with."""

    moment: Moment
    """Columns are named as in segments: `in_<field>`, `out_<name>`."""
    with_what: str
    """In words: the same hour of the week in 28 days, the rows the release was made of, ..."""
    seasonal: bool = True
    """Whether the reference is of the same hours."""


class Going(Struct, frozen=True):
    """The release that answers, since when, and what is known of it."""

    release: str
    since: datetime
    described: Release | None = None
    """None where its bundle is not here."""
    profile: ReleaseProfile | None = None
    """None where it was made by a version that wrote none."""

    @property
    def importance(self) -> Mapping[str, float]:
        """How much of its answers hangs on each column, as shares; empty where nobody measured it."""
        known = self.profile.importance if self.profile else {}
        return {f"{IN}{name}": share for name, share in known.items()}


class Facts(Struct, frozen=True):
    """Everything that monitors look at; judges take nothing else."""

    product: str
    now: datetime
    manifest: Manifest
    going: Going
    windows: tuple[Compared, ...] = ()
    """Of the live arm, oldest first; each has rows enough."""
    earlier: tuple[Compared, ...] = ()
    """Those that were compared with other rows than the last one is; nobody judges by them any more."""
    lately: Compared | None = None
    """The last seven days beside the rows that the release was made of."""
    waiting_rows: int = 0
    """Rows after the last window, too few for one of their own."""
    hours: tuple[Window, ...] = ()
    """The live arm by hour, oldest first, as far back as was read; of every release that was live."""
    beside: tuple[Window, ...] = ()
    """What a canary or a shadow answered, by hour."""
    quality: tuple[QualityWindow, ...] = ()
    """The live release's own answers beside what came of them, by hour and slice, oldest first."""
    is_of_holdout: bool = False
    """Whether those windows are of whom the release's answers were withheld from."""
    quality_before: tuple[QualityWindow, ...] = ()
    """All rows that other releases answered before, by the day, oldest first."""
    quality_reference: QualityWindow | None = None
    """The rows it was measured on; None where they are not here."""
    weighing: Weighing | None = None
    """Held-out rows weighted to look like the last days'; only where nothing else estimates."""
    unread: int = 0
    """Segments that have no profile."""
    alarms: Mapping[str, Alarm] = {}
    """Those that are not over, by cause."""
    can_go_back: bool = False
    """Whether there is a release to roll back to."""
    last_at: datetime | None = None
    """When the last row was answered that is sealed."""
    service: Service | None = None
    """What callers asked and how long it took; None where nothing of it was gathered."""
    kpi: Kpi | None = None
    """What the answers brought; None where nothing of it is known."""
    scored: tuple[Scored, ...] = ()
    """Scorings of tables in 28 days, oldest first."""
    budget: BudgetJudged | None = None
    """What a month's cost was last to its budget."""
    unusual: CostUnusual | None = None
    """The last day that cost what nobody could expect."""

    def monitor(self, watches: str, *, about: str = "") -> MonitorPart:
        """The manifest's monitor for this, the one that names the column first; else one of that name."""
        named = [each for each in self.manifest.monitors if each.watches == watches]
        exact = [each for each in named if each.column and each.column == about]
        wide = [each for each in named if not each.column]
        return next(iter(exact + wide), MonitorPart(name=watches, watches=watches))

    def is_watched(self, watches: str) -> bool:
        """Whether the manifest names a monitor for this."""
        return any(each.watches == watches for each in self.manifest.monitors)

    @property
    def drift_rules(self) -> DriftRules:
        """From where on a change counts: as the manifest says, or the defaults."""
        asked = self.monitor("drift").threshold
        return DriftRules() if asked is None else DriftRules(effect=asked, unimportant=2 * asked)

    @property
    def quiet_for(self) -> timedelta | None:
        """How long ago the last row was answered; None where none ever was."""
        return self.now - self.last_at if self.last_at else None


Judge = Callable[[Facts], tuple[Sight, ...]]
"""Looks at the facts and says what it saw, also what was fine."""


def bare(column: str) -> str:
    """A column's name as callers know it."""
    return column.removeprefix(IN).removeprefix(OUT)
