"""What came back, a row each."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct


class Answer(Struct, frozen=True):
    """The answer to one row; `id` is what its outcome is joined by."""

    id: str
    prediction: Any
    """Plain where the release has one output, else an object with one value an output."""
    flags: tuple[str, ...] = ()
    """What is remarkable about the row, `range:tenure` for instance."""


class Answers(Struct, frozen=True):
    """The answers to one request, in the order of its rows."""

    predictions: list[Any]
    ids: list[str]
    flags: dict[int, tuple[str, ...]] = {}
    """By row, from 0, where there is something remarkable about it."""
    release: str = ""
    """Digest of the release that answered."""
    request: str = ""
    """What the request was named."""
    seconds: float = 0.0
    """From sending to the last byte of the answer, without what earlier tries took."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Answer:
        place = range(len(self.ids))[row]
        return Answer(self.ids[place], self.predictions[place], self.flags.get(place, ()))

    def __iter__(self) -> Iterator[Answer]:
        return (self[row] for row in range(len(self.ids)))


class _Body(Struct):
    """The body of an answer, as far as it is read here."""

    predictions: list[Any]
    ids: list[str]
    flags: dict[int, tuple[str, ...]] = {}


_decode = msgspec.json.Decoder(_Body, strict=False).decode


def read_answers(body: bytes, *, release: str, request: str, seconds: float) -> Answers:
    """The answers in this body; raises msgspec.DecodeError if it holds none."""
    said = _decode(body)
    if len(said.ids) != len(said.predictions):
        raise msgspec.ValidationError("predictions and ids differ in number")
    return Answers(said.predictions, said.ids, said.flags, release, request, seconds)
