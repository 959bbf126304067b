"""What a pickle would build, followed on a stack of symbols: every call is noted, none is made."""

import io
import pickletools
import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from causeway.intake.models.pickle_danger import BUILTINS, CARRIERS, dangerous, harmless_attribute

MAX_OPERATIONS = 1_000_000
MAX_SECONDS = 0.8
MAX_KEPT_ITEMS = 5_000
MAX_KEPT_TEXT = 300
MAX_KEPT_BYTES = 4_000
MAX_NESTED = 4_000
COMPUTED = "a name that is computed while loading"


class Global(Struct, frozen=True):
    """A function or class that the pickle looks up."""

    module: str
    name: str

    @property
    def full(self) -> str:
        """The dotted name."""
        return f"{self.module}.{self.name}"


class Made(Struct):
    """What a call would give: the callee, its arguments, the state set afterwards."""

    of: object
    args: object = None
    state: object = None

    @property
    def name(self) -> str:
        """Dotted name of the class, where it is plain."""
        made = self.of
        if isinstance(made, Global) and made.name in {"_reconstructor", "__newobj__", "__newobj_ex__"}:
            made = self.args[0] if isinstance(self.args, tuple) and self.args else made
        return made.full if isinstance(made, Global) else ""


class Mark:
    """Where a group of values starts."""


class Opaque:
    """A value that matters to nobody."""


OPAQUE = Opaque()
_MARK = Mark()


class Machine:
    """One pickle's stack and memo; what it names is collected by the caller."""

    def __init__(self, found: "Found") -> None:
        self.found = found
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.top: Any = None

    def run(self, stream: io.BytesIO) -> None:
        """Takes the operations up to STOP; raises what pickletools raises where the bytes make no sense."""
        for opcode, argument, _ in pickletools.genops(stream):
            self.found.count()
            self.step(opcode.name, argument)
            if opcode.name == "BUILD":
                self.array(stream)

    def step(self, opcode: str, argument: Any) -> None:  # noqa: ANN401 - what an operation carries
        """Takes one operation."""
        handle = _HANDLERS.get(opcode)
        if handle is not None:
            handle(self, argument)
        elif opcode == "STOP":
            self.top = self.pop()
            self.found.ended = True
        else:
            self.push(argument)

    def push(self, value: object) -> None:
        """Puts a value on the stack, cut to what is worth keeping."""
        if isinstance(value, str):
            value = value[:MAX_KEPT_TEXT]
        elif isinstance(value, bytes | bytearray):
            value = bytes(value[:MAX_KEPT_BYTES])
        self.stack.append(value)

    def pop(self) -> Any:  # noqa: ANN401 - a symbol of any sort
        """The topmost value; nothing where the stack is empty, as damaged files have it."""
        return self.stack.pop() if self.stack else OPAQUE

    def group(self) -> list[Any]:
        """Everything above the last mark."""
        for position in range(len(self.stack) - 1, -1, -1):
            if self.stack[position] is _MARK:
                items = self.stack[position + 1 :]
                del self.stack[position:]
                return items
        items, self.stack = self.stack, []
        return items

    def call(self, callee: object, args: object) -> None:
        """Notes a call and leaves its result on the stack."""
        if isinstance(callee, Made):
            self.found.calls_result(callee)
        if isinstance(callee, Global) and callee.module in BUILTINS and callee.name == "getattr":
            self.found.reaches(args)
        self.stack.append(Made(callee, args))

    def array(self, stream: io.BytesIO) -> None:
        """Follows joblib where it wrote an array's bytes between the operations."""
        made = self.stack[-1] if self.stack else None
        if not isinstance(made, Made) or not made.name.endswith("NumpyArrayWrapper"):
            return
        state = made.state if isinstance(made.state, dict) else {}
        self.stack[-1] = self.found.array(stream, state)


class Found:
    """What all pickles of one file name together."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.dangerous: dict[str, None] = {}
        self.carries = False
        self.ended = False
        self.operations = 0
        self.nested = 0
        self._until = time.monotonic() + MAX_SECONDS

    def count(self) -> None:
        """Counts one operation; raises at the limit."""
        self.operations += 1
        late = not self.operations % 16_384 and time.monotonic() > self._until
        if self.operations > MAX_OPERATIONS or late:
            raise TooLong

    def look_up(self, module: object, name: object) -> Global | Opaque:
        """Notes a look-up; a name that is no literal is a danger by itself."""
        if not isinstance(module, str) or not isinstance(name, str):
            self.dangerous.setdefault(COMPUTED)
            return OPAQUE
        full = f"{module}.{name}"
        self.names.setdefault(full)
        self.carries = self.carries or module.split(".")[0] in CARRIERS
        if dangerous(module, name):
            self.dangerous.setdefault(full)
        return Global(module, name)

    def calls_result(self, callee: Made) -> None:
        """A call of what another call returned: how code that the pickle carries is started."""
        if not callee.name.endswith(("getattr", "partial", "itemgetter", "_builtin_type")):
            self.dangerous.setdefault("a function that loading itself makes")

    def reaches(self, args: object) -> None:
        """`getattr` is harmless for a method of a library's class and dangerous for all else."""
        owner, attribute = (args if isinstance(args, tuple) and len(args) == 2 else (None, None))[:2]
        plain = owner.full if isinstance(owner, Global) else owner.name if isinstance(owner, Made) else ""
        if not isinstance(attribute, str) or not harmless_attribute(plain, attribute):
            reached = f"{plain}.{attribute}" if plain and isinstance(attribute, str) else COMPUTED
            self.dangerous.setdefault(f"getattr ({reached})")

    def array(self, stream: io.BytesIO, state: dict[Any, Any]) -> object:
        """What lies between the operations where joblib wrote an array: numbers, or a pickle of their own."""
        dtype = state.get("dtype")
        code = (
            dtype.args[0] if isinstance(dtype, Made) and isinstance(dtype.args, tuple) and dtype.args else ""
        )
        shape = state.get("shape")
        shape = shape if isinstance(shape, tuple) and all(isinstance(n, int) for n in shape) else ()
        if not isinstance(code, str) or not code:
            return OPAQUE
        if "O" in code:
            return self._nested(stream)
        if isinstance(state.get("numpy_array_alignment_bytes"), int):
            stream.seek(int.from_bytes(stream.read(1), "little"), io.SEEK_CUR)
        count = 1
        for length in shape:
            count *= max(length, 0)
        size = count * _width(code)
        raw = stream.read(min(size, MAX_KEPT_BYTES))
        stream.seek(max(size - len(raw), 0), io.SEEK_CUR)
        return Made(ARRAY, (), (1, shape, dtype, False, raw))

    def _nested(self, stream: io.BytesIO) -> object:
        self.nested += 1
        if self.nested > MAX_NESTED:
            raise TooLong
        inner = Machine(self)
        inner.run(stream)
        return inner.top


class TooLong(ValueError):
    """The pickle has more operations than we follow."""


ARRAY = Global("numpy.core.multiarray", "_reconstruct")


def _width(code: str) -> int:
    digits = "".join(char for char in code if char.isdigit())
    plain = {"b": 1, "?": 1, "S": 1, "U": 4, "V": 1}
    kind = code.strip("<>|=")[:1]
    if kind in {"M", "m"}:
        return 8
    return int(digits or 1) * plain.get(kind, 1)


def _global(machine: Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    machine.stack.append(machine.found.look_up(module, name))


def _stack_global(machine: Machine, _: object) -> None:
    name, module = machine.pop(), machine.pop()
    machine.stack.append(machine.found.look_up(module, name))


def _inst(machine: Machine, argument: str) -> None:
    args = tuple(machine.group())
    module, _, name = argument.partition(" ")
    machine.call(machine.found.look_up(module, name), args)


def _obj(machine: Machine, _: object) -> None:
    items = machine.group()
    machine.call(items[0] if items else OPAQUE, tuple(items[1:]))


def _reduce(machine: Machine, _: object) -> None:
    args, callee = machine.pop(), machine.pop()
    machine.call(callee, args)


def _newobj(machine: Machine, _: object) -> None:
    args, owner = machine.pop(), machine.pop()
    machine.stack.append(Made(owner, args))


def _newobj_ex(machine: Machine, _: object) -> None:
    machine.pop()
    _newobj(machine, _)


def _build(machine: Machine, _: object) -> None:
    state = machine.pop()
    made = machine.stack[-1] if machine.stack else None
    if isinstance(made, Made):
        made.state = state
    if isinstance(made, Global) and isinstance(state, dict | tuple):
        # setting attributes of a looked-up class or module changes it for the whole process
        machine.found.dangerous.setdefault(f"{made.full} (changed)")


def _extend(machine: Machine, items: list[Any]) -> None:
    held = machine.stack[-1] if machine.stack else None
    if isinstance(held, list) and len(held) < MAX_KEPT_ITEMS:
        held.extend(items[: MAX_KEPT_ITEMS - len(held)])


def _set_items(machine: Machine, items: list[Any]) -> None:
    held = machine.stack[-1] if machine.stack else None
    if isinstance(held, dict) and len(held) < MAX_KEPT_ITEMS:
        for key, value in zip(items[::2], items[1::2], strict=False):
            if isinstance(key, str | int):
                held[key] = value


def _put(machine: Machine, argument: int) -> None:
    if machine.stack:
        machine.memo[argument] = machine.stack[-1]


def _make(build: Callable[[Machine], object]) -> Callable[[Machine, Any], None]:
    def handle(machine: Machine, _: object) -> None:
        machine.stack.append(build(machine))

    return handle


def _tuple_of(length: int) -> Callable[[Machine, Any], None]:
    def handle(machine: Machine, _: object) -> None:
        taken = tuple(machine.stack[-length:])
        del machine.stack[-length:]
        machine.stack.append(taken)

    return handle


def _dict(machine: Machine) -> dict[Any, Any]:
    items = machine.group()[: MAX_KEPT_ITEMS * 2]
    return {
        key: value for key, value in zip(items[::2], items[1::2], strict=False) if isinstance(key, str | int)
    }


def _extension(machine: Machine, _: object) -> None:
    machine.found.dangerous.setdefault("an entry of copyreg's extension table")
    machine.stack.append(OPAQUE)


def _drop(machine: Machine, _: object) -> None:
    machine.pop()


def _drop_group(machine: Machine, _: object) -> None:
    machine.group()


def _nothing(_machine: Machine, _argument: object) -> None:
    """Changes nothing that matters here."""


_HANDLERS: dict[str, Callable[[Machine, Any], None]] = {
    "PROTO": _nothing,
    "FRAME": _nothing,
    "READONLY_BUFFER": _nothing,
    "NEXT_BUFFER": _make(lambda _: OPAQUE),
    "MARK": _make(lambda _: _MARK),
    "POP": _drop,
    "POP_MARK": _drop_group,
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1] if machine.stack else OPAQUE),
    "NONE": _make(lambda _: None),
    "NEWTRUE": _make(lambda _: True),
    "NEWFALSE": _make(lambda _: False),
    "EMPTY_LIST": _make(lambda _: []),
    "EMPTY_DICT": _make(lambda _: {}),
    "EMPTY_TUPLE": _make(lambda _: ()),
    "EMPTY_SET": _make(lambda _: []),
    "LIST": _make(lambda machine: machine.group()[:MAX_KEPT_ITEMS]),
    "TUPLE": _make(lambda machine: tuple(machine.group()[:MAX_KEPT_ITEMS])),
    "FROZENSET": _make(lambda machine: machine.group()[:MAX_KEPT_ITEMS]),
    "DICT": _make(_dict),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "APPEND": lambda machine, _: _extend(machine, [machine.pop()]),
    "APPENDS": lambda machine, _: _extend(machine, machine.group()),
    "ADDITEMS": lambda machine, _: _extend(machine, machine.group()),
    "SETITEM": lambda machine, _: _set_items(machine, [machine.pop(), machine.pop()][::-1]),
    "SETITEMS": lambda machine, _: _set_items(machine, machine.group()),
    "PUT": _put,
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "MEMOIZE": lambda machine, _: _put(machine, len(machine.memo)),
    "GET": lambda machine, argument: machine.stack.append(machine.memo.get(argument, OPAQUE)),
    "BINGET": lambda machine, argument: machine.stack.append(machine.memo.get(argument, OPAQUE)),
    "LONG_BINGET": lambda machine, argument: machine.stack.append(machine.memo.get(argument, OPAQUE)),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "INST": _inst,
    "OBJ": _obj,
    "REDUCE": _reduce,
    "NEWOBJ": _newobj,
    "NEWOBJ_EX": _newobj_ex,
    "BUILD": _build,
    "EXT1": _extension,
    "EXT2": _extension,
    "EXT4": _extension,
    "PERSID": _make(lambda _: OPAQUE),
    "BINPERSID": lambda machine, _: machine.stack.append(Made(OPAQUE, machine.pop())),
}
