"""What the proof of concept's own app answers about stored rows, beside the release: skew, with counts."""

from msgspec import Struct

from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.trial import Apart

SHOWN_COLUMNS = 4


class Example(Struct, frozen=True):
    """A row of the source, counted from 1 without the header, that the app answers otherwise."""

    row: int
    cells: dict[str, str]
    app: str
    release: str

    def __str__(self) -> str:
        cells = ", ".join(f"{name}={value}" for name, value in self.cells.items())
        return f"row {self.row}{cells and f' ({cells})'}: app {self.app}, release {self.release}"


class AppReplay(Struct, frozen=True, omit_defaults=True):
    """How many of the rows that the app took it answers as the release does; `reason` why none was asked.

    `without_answer` rows were not taken, or had no answer.
    """

    app: str
    rows: int = 0
    agree: int = 0
    without_answer: int = 0
    apart: tuple[Apart, ...] = ()
    """The columns of the model's matrix that the app fills otherwise than the training did."""
    examples: tuple[Example, ...] = ()
    reason: str = ""
    anew: str = ""
    """Why it answers nothing with what the training wrote; then it was asked with what lay in the folder."""

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.app} was not compared: {self.reason}"
        text = f"the app and the release agree on {self.agree:,} of {self.rows:,} rows"
        if self.examples:
            text += f"; e.g. {self.examples[0]}"
        if self.without_answer:
            text += f"; the app has no answer for {self.without_answer:,} more"
        if self.anew:
            text += f"; with the models of the folder, as with those trained anew it fails: {self.anew}"
        return text


def judge(replay: AppReplay | None) -> tuple[Finding, ...]:
    """The finding that the app answers otherwise; it does not block, since the release itself is proven."""
    if replay is None or replay.agree == replay.rows:
        return ()
    names = ", ".join(one.column for one in replay.apart[:SHOWN_COLUMNS])
    more = len(replay.apart) - SHOWN_COLUMNS
    others = f" and {more} more" if more > 0 else ""
    why = f" The app fills {names}{others} otherwise than the training did." if names else ""
    wrong = replay.rows - replay.agree
    return (
        Finding(
            code="APP-DIFFERS",
            severity=Severity.FIX,
            title=f"The app answers {wrong:,} of {replay.rows:,} stored rows otherwise than the release "
            f"does.{why}",
            remedy=Remedy(
                "Let the app ask the release, which makes the model's columns as the training did."
            ),
            evidence=(
                *(Evidence(path=replay.app, text=str(example)) for example in replay.examples),
                *(Evidence(path=replay.app, text=_filled(one)) for one in replay.apart[:SHOWN_COLUMNS]),
            ),
            damage=0.6,
        ),
    )


def _filled(one: Apart) -> str:
    return (
        f"{one.column}: {one.rows:,} rows; in row {one.row + 1} the app has {one.app}, the training had "
        f"{one.training}"
    )
