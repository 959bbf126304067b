"""Which text reaches which prompt, and what becomes of the answer: labels pushed through the code by name.

Labels are `user`, `operator`, `file`, `document`, `web` (whose words), `model` (an answer), `llm` and
`retriever` (what can be asked), `mixed` (instructions and others' words in one text), `payload`, `kept`.
"""

import ast
from collections.abc import Iterable

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.intake.code import Block, Code
from causeway.intake.generative.sites import Sites
from causeway.intake.generative.sources import ASKING, CLEAN, MUTATORS, RETRIEVERS, ROUTES, sink_of, source_of
from causeway.intake.generative.values import Function, Node, Place, Scope
from causeway.intake.names import dotted

Labels = frozenset[str]
NONE: Labels = frozenset()
OTHERS = frozenset({"user", "operator", "file", "document", "web", "retriever"})
ROUNDS = 3
MAX_STEPS = 400_000
POSTS = {
    "requests.post",
    "requests.request",
    "httpx.post",
    "httpx.request",
    "httpx.stream",
    "aiohttp.request",
}


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
        self.called: set[str] = set()


class Flow:
    """Follows labels through all files, a few rounds, by simple names."""

    def __init__(self, files: list[list[Node]], sites: Sites, tools: Iterable[str]) -> None:
        self.sites = sites
        self.steps = 0
        self.asked: dict[tuple[str, int | None, int | None], Asked] = {}
        self.sunk: dict[tuple[str, str, int | None, int | None], Sunk] = {}
        self.functions: dict[str, list[Known]] = {}
        self.places: dict[int, Place] = {}
        self.names: dict[tuple[int | str, str], Labels] = {}
        self.scopes: dict[int, Scope] = {}
        self.executors: dict[str, Known] = {}
        self.paths: dict[str, str] = {}
        self.fields: dict[tuple[str, str], Labels] = {}
        self.classes: set[str] = set()
        self._codes: list[tuple[Code, list[Block], Place]] = []
        for found in files:
            self._collect(found)
        self._seed(set(tools))
        for _ in range(ROUNDS):
            self._round()

    @property
    def exhausted(self) -> bool:
        """Whether the folder's code was too much to follow to the end."""
        return self.steps > MAX_STEPS

    def known(self, name: str) -> Known | None:
        """The folder's one function of that name."""
        found = self.functions.get(name, [])
        return found[0] if len(found) == 1 else None

    def _collect(self, found: list[Node]) -> None:
        for node, place in found:
            if place.function is not None:
                self.scopes[id(place.function)] = place.scope
            if isinstance(node, ast.Call):
                self.places[id(node)] = place
            elif isinstance(node, Function):
                self.functions.setdefault(node.name, []).append(Known(node, place))
            elif isinstance(node, ast.ClassDef):
                self.classes.add(node.name)
        if found:
            place = found[0][1]
            self._codes.append((place.code, list(place.code.blocks), place))
            module = place.code.path.removesuffix(".py").removesuffix("/__init__").rsplit("/", 1)[-1]
            self.paths.setdefault(module, place.code.path)

    def _seed(self, tools: set[str]) -> None:
        for name, known in [(name, it) for name, found in self.functions.items() for it in found]:
            if name in tools:
                known.taken = {
                    argument: frozenset({"model"}) for argument in known.order if argument != "self"
                }
            elif _is_handler(known.node):
                known.taken = {
                    argument: frozenset({"user"}) for argument in known.order if argument != "self"
                }

    def _round(self) -> None:
        for _, blocks, place in self._codes:
            for block in blocks:
                self._body(block.tree.body, Frame(self, place, place.scope.known))
        for found in self.functions.values():
            for known in found:
                inner = Frame(self, known.place, known.place.scope.known, known)
                self._body(known.node.body, inner)

    def _body(self, body: list[ast.stmt], frame: "Frame") -> None:
        if self.exhausted:
            return
        try:
            for statement in body:
                frame.statement(statement)
        except RecursionError:
            return


class Frame:
    """One pass over one body: assignments, calls and returns."""

    def __init__(
        self, flow: Flow, place: Place, known: dict[str, str], function: Known | None = None
    ) -> None:
        self.flow = flow
        self.place = place
        self.aliases = known
        self.function = function
        self.module = place.code.path
        self.key: int | str = id(function.node) if function else self.module
        self.outer = [id(node) for node in reversed(place.functions)] if function else []
        self.scope = flow.scopes.get(id(function.node), place.scope) if function else place.scope

    def statement(self, node: ast.stmt) -> None:
        """Pushes labels through one statement and those inside it."""
        self.flow.steps += 1
        if self.flow.exhausted or isinstance(node, Function):
            return
        if isinstance(node, ast.ClassDef):
            self._each(node.body)
        elif isinstance(node, ast.Assign):
            made = self.labels(node.value)
            for target in node.targets:
                self.bind(target, made, node.value)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            made = self.labels(node.value) if node.value else NONE
            self.bind(
                node.target, made | (self.labels(node.target) if isinstance(node, ast.AugAssign) else NONE)
            )
        elif isinstance(node, ast.Return | ast.Expr):
            made = self.labels(node.value) if node.value else NONE
            if self.function and (
                isinstance(node, ast.Return) or isinstance(node.value, ast.Yield | ast.YieldFrom)
            ):
                self.function.gives |= made
        else:
            self._compound(node)

    def _compound(self, node: ast.stmt) -> None:
        if isinstance(node, ast.For | ast.AsyncFor):
            self.bind(node.target, self.labels(node.iter))
        elif isinstance(node, ast.If | ast.While):
            self.labels(node.test)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                made = self.labels(item.context_expr)
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, made)
        elif isinstance(node, ast.Match):
            self.labels(node.subject)
            for case in node.cases:
                self._each(case.body)
        for part in ("body", "orelse", "finalbody"):
            self._each(getattr(node, part, []))
        for handler in getattr(node, "handlers", []):
            self._each(handler.body)

    def _each(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def bind(self, target: ast.expr, made: Labels, value: ast.expr | None = None) -> None:
        """Gives the target these labels on top of those it has."""
        if isinstance(target, ast.Name):
            self._put(target.id, made)
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self.bind(item, made, value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, made)
        elif isinstance(target, ast.Attribute):
            key = (self.place.code.path, target.attr)
            self.flow.fields[key] = self.flow.fields.get(key, NONE) | made
        elif isinstance(target, ast.Subscript):
            self.bind(target.value, made)

    def _put(self, name: str, made: Labels) -> None:
        key = (self.key, name)
        self.flow.names[key] = self.flow.names.get(key, NONE) | made

    def _name(self, name: str) -> Labels:
        if self.function and name in self.function.taken:
            return self.function.taken[name] | self.flow.names.get((self.key, name), NONE)
        for key in (self.key, *self.outer, self.module):
            if (key, name) in self.flow.names:
                return self.flow.names[key, name]
        known = self.flow.known(name)
        if known is not None:
            return frozenset({"llm"}) if "model" in known.gives else NONE
        full = self.aliases.get(name, "")
        module, _, last = full.rpartition(".")
        path = self.flow.paths.get(module.rsplit(".", 1)[-1], "")
        return self.flow.names.get((path, last), NONE) if path else NONE

    def labels(self, node: ast.expr | None) -> Labels:
        """The labels of what the expression gives."""
        self.flow.steps += 1
        if node is None or self.flow.exhausted or isinstance(node, ast.Constant | ast.Lambda):
            return NONE
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Compare):
            self._all([node.left, *node.comparators])
            return NONE
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._comprehension(node)
        if isinstance(node, ast.JoinedStr | ast.BinOp):
            return self._text(node)
        if isinstance(node, ast.NamedExpr):
            made = self.labels(node.value)
            self.bind(node.target, made)
            return made
        made = self._all([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])
        if isinstance(node, ast.Dict) and id(node) in self.flow.sites.by_node:
            made |= {"payload"}
        return made

    def _all(self, parts: Iterable[ast.expr]) -> Labels:
        made: Labels = NONE
        for part in parts:
            made |= self.labels(part)
        return made

    def _attribute(self, node: ast.Attribute) -> Labels:
        inner = self.labels(node.value)
        owner = dotted(node.value, self.aliases)
        if owner in {"flask.request", "request", "self.request"} and node.attr in {
            "json",
            "form",
            "args",
            "values",
            "data",
            "GET",
            "POST",
        }:
            return inner | {"user"}
        if owner in {"flask.request", "request"} and node.attr in {"files", "FILES"}:
            return inner | {"file"}
        if owner in {"sys"} and node.attr == "argv":
            return inner | {"operator"}
        if node.attr in {"usage", "id", "name", "type", "status_code", "role", "headers", "status"}:
            return inner - {"model", "user", "document", "web", "file", "mixed"}
        if node.attr in {"arguments", "tool_calls", "function_call", "args", "input"} and "model" in inner:
            return inner | {"choice"}
        return inner | self.flow.fields.get((self.place.code.path, node.attr), NONE)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Labels:
        for part in node.generators:
            self.bind(part.target, self.labels(part.iter))
        return self._all([node.key, node.value]) if isinstance(node, ast.DictComp) else self.labels(node.elt)

    def _text(self, node: ast.JoinedStr | ast.BinOp) -> Labels:
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
            said = sum(len(str(part.value)) for part in node.values if isinstance(part, ast.Constant))
        else:
            parts = [node.left, node.right]
            said = sum(
                len(part.value)
                for part in parts
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
        each = [self.labels(part) for part in parts]
        return self.mixture(each, said)

    def mixture(self, each: list[Labels], said: int) -> Labels:
        """The labels of a text made of these parts and so many letters of our own."""
        made: Labels = frozenset().union(*each)
        from_others = [found & OTHERS for found in each if found & OTHERS]
        foreign = made & {"document", "web", "file"}
        if said >= 8 and (
            (foreign and (len(from_others) > 1 or said >= 40)) or (len(from_others) > 1 and said >= 40)
        ):
            made |= {"mixed"}
        return made

    def _call(self, node: ast.Call) -> Labels:
        name = dotted(node.func, self.aliases)
        last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
        receiver = self.labels(node.func.value) if isinstance(node.func, ast.Attribute) else NONE
        each = [self.labels(item) for item in node.args]
        by_name = {item.arg or "": self.labels(item.value) for item in node.keywords}
        inside: Labels = frozenset().union(*each, *by_name.values())
        self._sink(
            node,
            name,
            last,
            dict(zip([id(item) for item in node.args], each, strict=True))
            | {id(item.value): by_name[item.arg or ""] for item in node.keywords},
        )
        site = self.flow.sites.by_node.get(id(node))
        if site is not None:
            return self._ask(node, inside | receiver) if site.asks else inside | {"llm"}
        if self._posts(name, last, inside):
            return self._ask(node, inside) | {"wire"}
        if last in MUTATORS and isinstance(node.func, ast.Attribute):
            self.bind(node.func.value, inside)
        return self._result(node, name, last, receiver, each, by_name)

    def _posts(self, name: str, last: str, inside: Labels) -> bool:
        return "payload" in inside and (
            name in POSTS or last in {"post", "request", "stream", "urlopen", "Request"}
        )

    def _result(
        self,
        node: ast.Call,
        name: str,
        last: str,
        receiver: Labels,
        each: list[Labels],
        by_name: dict[str, Labels],
    ) -> Labels:
        inside: Labels = frozenset().union(*each, *by_name.values())
        owner = dotted(node.func.value, self.aliases) if isinstance(node.func, ast.Attribute) else ""
        if name in CLEAN or last in CLEAN:
            return NONE
        if last in RETRIEVERS:
            return (
                receiver
                | inside
                | {"retriever"}
                | ({"llm"} if last in {"as_query_engine", "as_chat_engine"} else NONE)
            )
        if last == "from_template" and node.args and _both_places(node.args[0], self):
            return inside | {"mixed"}
        project = self._project(node, name, last, receiver, each, by_name)
        if project is not None:
            return project
        source = source_of(name, last, owner)
        if source:
            return inside | {source}
        if (
            "llm" in receiver | inside
            and (last in ASKING and isinstance(node.func, ast.Attribute))
            and "llm" in receiver
        ):
            return self._ask(node, inside | receiver)
        if "retriever" in receiver and last in ASKING:
            return frozenset({"document"})
        if (
            isinstance(node.func, ast.Name)
            and "llm" in self._name(node.func.id)
            and not self.flow.known(node.func.id)
            and node.func.id not in self.flow.classes
        ):
            return self._ask(node, inside | self._name(node.func.id))
        if last in {"json", "loads"}:
            return (receiver | inside) - {"wire"}
        if last == "format" and isinstance(node.func, ast.Attribute):
            return self.mixture([receiver, *each, *by_name.values()], 60)
        return receiver | inside

    def _project(
        self,
        node: ast.Call,
        name: str,
        last: str,
        receiver: Labels,
        each: list[Labels],
        by_name: dict[str, Labels],
    ) -> Labels | None:
        top = self.aliases.get(name.split(".")[0], "")
        known = self.flow.known("__init__") if last in self.flow.classes else self.flow.known(last)
        if known is None or (
            last in ASKING
            and "llm" in receiver
            and last in {"invoke", "run", "stream", "chat"}
            and known.place.owner == ""
        ):
            return None
        if isinstance(node.func, ast.Attribute) and top and not top.startswith(".") and not self._own(top):
            return None
        order = [item for item in known.order if item != "self"]
        for argument, found in [*zip(order, each, strict=False), *by_name.items()]:
            if argument in known.order and found:
                known.taken[argument] = known.taken.get(argument, NONE) | found
        if any("choice" in found for found in [*each, *by_name.values()]):
            self.flow.executors[known.node.name] = known
        place = self.flow.places.get(id(node))
        if place is not None and place not in known.callers and len(known.callers) < 20:
            known.callers.append(place)
        if self.function is not None:
            self.function.called.add(known.node.name)
        return known.gives | (receiver & {"llm"})

    def _own(self, top: str) -> bool:
        return top.rsplit(".", 1)[-1] in self.flow.paths or top.split(".")[0] in self.flow.paths

    def _ask(self, node: ast.Call, inside: Labels) -> Labels:
        place = self.flow.places.get(id(node), self.place)
        at = place.code.at(node, place.block)
        key = (at.path, at.cell, at.line)
        before = self.flow.asked.get(key)
        self.flow.asked[key] = Asked(at, inside | (before.labels if before else NONE), place, node)
        return frozenset({"model"})

    def _sink(self, node: ast.Call, name: str, last: str, given: dict[int, Labels]) -> None:
        how, arguments = sink_of(name, last, node, self.flow.sites.imports)
        if not how:
            return
        found: Labels = (
            frozenset().union(*(given.get(id(item), NONE) for item in arguments)) if arguments else NONE
        )
        if "model" in found and not (how == "parse" and found & {"wire", "choice"}):
            place = self.flow.places.get(id(node), self.place)
            at = place.code.at(node, place.block)
            self.flow.sunk.setdefault((how, at.path, at.cell, at.line), Sunk(how, at, found, place, node))


def _both_places(node: ast.expr, frame: Frame) -> bool:
    texts = frame.flow.sites.constants.texts(node, frame.scope)
    for text in texts:
        low = text.lower()
        if "{context" in low and any(word in low for word in ("{question", "{input", "{query", "{user")):
            return True
    return False


def _is_handler(node: Function) -> bool:
    for mark in node.decorator_list:
        called = mark.func if isinstance(mark, ast.Call) else mark
        if isinstance(called, ast.Attribute) and called.attr in ROUTES:
            return True
    return False
