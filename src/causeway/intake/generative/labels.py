"""What is known of the text that flows through a folder's code, by name.

Labels are `user`, `operator`, `file`, `document`, `web` (whose words), `talk` (what was said before), `model`
(an answer), `llm` and `retriever` (what can be asked), `mixed` (instructions and others' words in one text),
`unfilled` (a text with a placeholder that nothing has filled yet), `payload` (a request written by hand),
`wire` (its reply as it comes), `choice` (a tool that a model chose) and `dumped` (written as JSON here).
"""

import ast

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.intake.generative.sites import Sites
from causeway.intake.generative.values import Function, Place, Scope

Labels = frozenset[str]
NONE: Labels = frozenset()
OTHERS = frozenset({"user", "operator", "file", "document", "web", "retriever"})
MAX_STEPS = 400_000


class Asked(Struct, frozen=True):
    """A prompt that is sent: the labels of what is in it, and where."""

    at: Evidence
    labels: Labels
    place: Place
    node: ast.Call


class Sunk(Struct, frozen=True):
    """An answer that is used: `how` is code, shell, SQL, HTML, pickle or parse."""

    how: str
    at: Evidence
    labels: Labels
    place: Place
    node: ast.Call


class Called(Struct, frozen=True):
    """A call, with the labels of what it is given."""

    node: ast.Call
    name: str
    last: str
    owner: str
    receiver: Labels
    each: tuple[Labels, ...]
    by_name: dict[str, Labels]

    @property
    def inside(self) -> Labels:
        """The labels of all arguments."""
        return NONE.union(*self.each, *self.by_name.values())

    @property
    def everything(self) -> Labels:
        """The labels of the arguments and of the object that is called."""
        return self.inside | self.receiver


class Known:
    """A function of the folder: what reaches its parameters and what it gives back."""

    def __init__(self, node: Function, place: Place) -> None:
        self.node = node
        self.place = place
        arguments = node.args
        self.order = [item.arg for item in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
        self.taken: dict[str, Labels] = {}
        self.gives: Labels = NONE
        self.callers: list[Place] = []
        self.retrieved: set[int] = set()
        self.called: set[str] = set()


class Flow:
    """What following the folder's code found out."""

    def __init__(self, sites: Sites) -> None:
        self.sites = sites
        self.steps = 0
        self.asked: dict[tuple[str, int | None, int | None], Asked] = {}
        self.sunk: dict[tuple[str, str, int | None, int | None], Sunk] = {}
        self.functions: dict[str, list[Known]] = {}
        self.places: dict[int, Place] = {}
        self.scopes: dict[int, Scope] = {}
        self.executors: dict[str, Known] = {}
        self.names: dict[tuple[int | str, str], Labels] = {}
        self.fields: dict[tuple[str, str], Labels] = {}
        self.classes: set[str] = set()
        self.paths: dict[str, str] = {}
        self.nodes: set[str] = set()
        """The functions that a graph calls with its state."""
        self.state: dict[str, Labels] = {}
        """What the keys of a graph's state hold, as its nodes give them back."""

    @property
    def exhausted(self) -> bool:
        """Whether the folder's code was too much to follow to the end."""
        return self.steps > MAX_STEPS

    def known(self, name: str) -> Known | None:
        """The folder's one function of that name."""
        found = self.functions.get(name, [])
        return found[0] if len(found) == 1 else None

    def asking(self) -> set[int]:
        """The identities of the functions that ask a model themselves."""
        return {id(asked.place.function) for asked in self.asked.values()}
