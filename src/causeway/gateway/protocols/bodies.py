"""Bodies become values, or a refusal that says where they cannot be read."""

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from causeway.gateway.refusals import Malformed, TooLarge
from causeway.gateway.rows.schema import MAX_ROWS, shown

T = TypeVar("T")
V = TypeVar("V")
Scalar = str | int | float | bool | None
Many = Annotated[list[V], Meta(max_length=MAX_ROWS)]
"""As many values as a request may have rows."""


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The value in this JSON text."""
    if not body:
        raise Malformed("the body is empty", hint="send a JSON object")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        if f"length <= {MAX_ROWS}" in str(error):
            raise TooLarge(
                f"more than {MAX_ROWS:,} rows in one request",
                hint=f"send at most {MAX_ROWS:,} rows at a time",
            ) from None
        raise Malformed(
            f"the body is not as it should be: {error}",
            hint='a row is an object of plain values: {"field": value, ...}; see docs/gateway.md',
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(
            f"the body is not JSON: {error}", hint="NaN and Infinity are no JSON; send null"
        ) from None
    except RecursionError:
        raise Malformed("the body is nested too deeply", hint="rows are flat: one value a field") from None


def shown_lengths(lengths: Mapping[str, int]) -> str:
    """How many values the first few inputs have."""
    return ", ".join(f"{shown(name)}: {length}" for name, length in islice(lengths.items(), 5))
