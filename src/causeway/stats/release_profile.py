"""What a release was made of, in little: its rows and its answers as profiles, to hold traffic against."""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.profile_form import ColumnProfile

MOST_HELD = 20_000
"""Of more held-out answers than this, every so many-th is kept."""


class HeldNumbers(NamedTuple):
    """Held-out answers beside the truth, row by row."""

    truth: NDArray[np.float64]
    answer: NDArray[np.float64]
    chance: NDArray[np.float64]
    """Of the class that counts as yes; of no length where the model gives none."""


class HeldAnswers(Struct, frozen=True, omit_defaults=True):
    """What clones of the model answered to rows that they had not seen.

    With `classes`, truth and answer are places among them, and `one` is that of the class that counts as yes.
    """

    rows: int
    """So many were measured; `kept` holds fewer where they are more than are kept."""
    classes: tuple[str, ...] = ()
    one: int | None = None
    truth: bytes = b""
    answer: bytes = b""
    chance: bytes = b""

    @property
    def kept(self) -> HeldNumbers:
        """The answers themselves."""
        return HeldNumbers(*map(_numbers, (self.truth, self.answer, self.chance)))


class ReleaseProfile(Struct, frozen=True, omit_defaults=True):
    """The rows that a release was made of; columns are named as in segments (`in_<field>`, `out_<name>`)."""

    rows: int
    columns: dict[str, ColumnProfile]
    held: HeldAnswers | None = None
    importance: dict[str, float] = {}
    """By field: how far answers move when its values are shuffled among the rows, as shares of the sum."""
    importance_how: str = ""
    left_out: dict[str, str] = {}
    """Inputs that no profile was made of, and why."""
    format: int = 1


_decode = msgspec.msgpack.Decoder(ReleaseProfile).decode
_encode = msgspec.msgpack.Encoder(order="sorted").encode


def write_release_profile(profile: ReleaseProfile) -> bytes:
    """The profile as the bytes of one file; equal profiles have equal bytes."""
    return zlib.compress(_encode(profile), 6)


def read_release_profile(content: bytes) -> ReleaseProfile:
    """The profile in these bytes; a ValueError where there is none."""
    try:
        return _decode(zlib.decompress(content))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from error


def held_answers(
    truth: NDArray[np.float64],
    answer: NDArray[np.float64],
    chance: NDArray[np.float64],
    *,
    classes: tuple[str, ...],
    one: int | None,
) -> HeldAnswers:
    """These answers, thinned evenly to as many as are kept."""
    step = -(-len(truth) // MOST_HELD) or 1
    return HeldAnswers(
        rows=len(truth),
        classes=classes,
        one=one,
        truth=_bytes(truth[::step]),
        answer=_bytes(answer[::step]),
        chance=_bytes(chance[::step]),
    )


def shares(effects: Mapping[str, float]) -> dict[str, float]:
    """Each effect as a share of their sum; nothing where there is none."""
    total = sum(effects.values())
    return {name: round(effect / total, 4) for name, effect in effects.items()} if total > 0 else {}


def _bytes(values: NDArray[np.float64]) -> bytes:
    return np.ascontiguousarray(values, "<f4").tobytes()


def _numbers(content: bytes) -> NDArray[np.float64]:
    return np.frombuffer(content, "<f4").astype(np.float64)
