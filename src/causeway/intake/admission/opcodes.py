"""Reads one pickle to its last byte and refuses it unless each name and each call is on the list."""

import io
from typing import Any

from causeway.intake.admission.allowed import ENCODINGS, NEVER_CALLED, is_allowed
from causeway.intake.admission.arrays import check_type, size_of
from causeway.intake.admission.unlisted import Unlisted
from causeway.intake.models.pickle_machine import OPAQUE, Found, Global, Machine, Made, Opaque

MAX_OPERATIONS = 20_000_000
MAX_NESTED = 4_000
MAX_PROTOCOL = 5
WRAPPER = "NumpyArrayWrapper"


class Listed(Found):
    """What a pickle names, and which of it is not on the list.

    `persistent` is whether PyTorch reads it, which knows what to do with references to the outside.
    """

    def __init__(self, *, persistent: bool = False) -> None:
        super().__init__()
        self.persistent = persistent
        self.refused: dict[str, None] = {}
        self.saw_arrays = False
        """Whether bytes of arrays stand between the operations: joblib skips them, pickle would obey them."""

    def count(self) -> None:
        """Counts one operation; refuses what is too long to be followed."""
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise Unlisted("it has more operations than are followed")

    def look_up(self, module: object, name: object) -> Global | Opaque:
        """Notes a name, and whether it is on the list."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise Unlisted("it names something that it computes while it loads")
        full = f"{module}.{name}"
        self.names.setdefault(full)
        if not is_allowed(module, name):
            self.refused.setdefault(full)
        return Global(module, name)

    def calls_result(self, callee: Made) -> None:
        """No saved model has to call what another call returned."""
        raise Unlisted(f"it calls what {callee.name or 'another call'} returned")


class Strict(Machine):
    """A machine that passes over nothing an unpickler would act on."""

    def __init__(self, found: Listed) -> None:
        super().__init__(found)
        self.listed = found

    def step(self, opcode: str, argument: Any) -> None:  # noqa: ANN401 - what an operation carries
        """Takes one operation, if a saved model may have it."""
        if opcode == "PROTO" and argument > MAX_PROTOCOL:
            raise Unlisted(f"it is written in protocol {argument}")
        if opcode.startswith("EXT"):
            raise Unlisted("it uses copyreg's extension table")
        if opcode in {"PERSID", "BINPERSID"} and not self.listed.persistent:
            raise Unlisted("it refers to something outside itself")
        if opcode in {"NEWOBJ", "NEWOBJ_EX"}:
            self._check_owner(-2 if opcode == "NEWOBJ" else -3)
        if opcode == "BUILD":
            self._check_state()
        super().step(opcode, argument)

    def call(self, callee: object, args: object) -> None:
        """Notes a call of something on the list."""
        if not isinstance(callee, Global | Made):
            raise Unlisted("it calls something that is no name")
        if isinstance(callee, Global) and callee.full == "_codecs.encode":
            encoding = args[1] if isinstance(args, tuple) and len(args) == 2 else None
            if encoding not in ENCODINGS:
                raise Unlisted("it encodes text in an unusual way")
        if isinstance(callee, Global) and callee.full in NEVER_CALLED:
            raise Unlisted(f"it calls {callee.full}")
        if isinstance(callee, Global) and callee.name == WRAPPER:
            raise Unlisted("it makes an array in an unusual way")
        super().call(callee, args)

    def array(self, stream: io.BytesIO) -> None:
        """Follows joblib to the end of an array; refuses one that joblib could read otherwise."""
        made = self.stack[-1] if self.stack else None
        if not isinstance(made, Made) or not made.name.endswith(WRAPPER):
            return
        self.listed.saw_arrays = True
        size = size_of(made)
        if size is None:
            self.listed.nested += 1
            if self.listed.nested > MAX_NESTED:
                raise Unlisted("it has more pickles inside than are followed")
            inner = Strict(self.listed)
            inner.run(stream)
            self.stack[-1] = inner.top
            return
        if made.state.get("numpy_array_alignment_bytes") is not None:  # type: ignore[union-attr]
            stream.seek(int.from_bytes(stream.read(1), "little"), io.SEEK_CUR)
        if stream.tell() + size > len(stream.getbuffer()):
            raise Unlisted("an array in it is longer than the file")
        stream.seek(size, io.SEEK_CUR)
        self.stack[-1] = OPAQUE

    def _check_owner(self, position: int) -> None:
        if len(self.stack) < -position or not isinstance(self.stack[position], Global):
            raise Unlisted("it makes an object of something that is no name")

    def _check_state(self) -> None:
        target = self.stack[-2] if len(self.stack) > 1 else None
        if not isinstance(target, Made):
            raise Unlisted("it changes something that it did not make")
        if target.name == "numpy.dtype":
            check_type(target, self.stack[-1])


def follow(found: Listed, stream: io.BytesIO) -> None:
    """Reads one pickle, the stream behind its STOP; raises what pickletools raises where it is none."""
    Strict(found).run(stream)
    if not found.ended:
        raise Unlisted("it ends too early")
