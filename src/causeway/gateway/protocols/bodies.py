"""Bodies become values, or a refusal that says where they cannot be read."""

from typing import TypeVar

import msgspec

from causeway.gateway.refusals import Malformed

T = TypeVar("T")


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The value in this JSON text."""
    if not body:
        raise Malformed("the body is empty", hint="send a JSON object")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(
            f"the body is not as it should be: {error}", hint="see docs/gateway.md for examples"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(
            f"the body is not JSON: {error}", hint="NaN and Infinity are no JSON; send null"
        ) from None
    except RecursionError:
        raise Malformed("the body is nested too deeply", hint="rows are flat: one value a field") from None
