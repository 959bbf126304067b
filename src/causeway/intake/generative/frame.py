"""One pass over one body of code: what its assignments, calls and returns do with labels."""

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any

from causeway.intake.generative.labels import NONE, OTHERS, Asked, Called, Flow, Known, Labels, Sunk
from causeway.intake.generative.sources import (
    ASKING,
    CLEAN,
    DATABASES,
    DUMPS,
    INDEXES,
    MUTATORS,
    RETRIEVERS,
    SEARCHES,
    sink_of,
    source_of,
)
from causeway.intake.generative.values import Function, Place
from causeway.intake.python.names import dotted

_POSTS = {
    "requests.post",
    "requests.request",
    "httpx.post",
    "httpx.request",
    "httpx.stream",
    "aiohttp.request",
}
_SENDS = {"post", "request", "stream", "urlopen", "Request"}
_OF_REQUEST = dict.fromkeys(("json", "form", "args", "values", "data", "GET", "POST"), "user") | {
    "files": "file",
    "FILES": "file",
}
_PLAIN = {"usage", "id", "name", "type", "status_code", "role", "headers", "status"}
_CHOSEN = {"arguments", "tool_calls", "function_call", "args", "input"}
_FILLS = {"format", "format_map", "replace", "safe_substitute", "substitute", "render", "partial"}
_PLACE = re.compile(r"(?<![{$])\{[a-z_]\w*\}(?!\})")
_MAX_CALLERS = 20
_COUNT = re.compile(r"(?i)(?:^|_)(?:count|total|number|length|size)$")
_TALK = re.compile(r"(?i)history|conversation|profile|memory|previous")
_OF_FORMAT = 60
"""How many letters of its own a template is taken to have."""


class Frame:
    """One pass over one body: assignments, calls and returns."""

    def __init__(self, flow: Flow, place: Place, function: Known | None = None) -> None:
        self.flow = flow
        self.place = place
        self.aliases = place.scope.known
        self.function = function
        self._rules: dict[type[ast.expr], Callable[[Any], Labels]] = {
            ast.Name: self._named,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Compare: self._compared,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.JoinedStr: self._text,
            ast.BinOp: self._text,
            ast.NamedExpr: self._walrus,
            ast.IfExp: self._chosen,
            ast.Subscript: self._part,
        }
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
            if self.function and made == {"document"} | (made & OTHERS) and "document" in made:
                self.function.retrieved.add(id(node))
            for target in node.targets:
                self.bind(target, made, node.value)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            made = self.labels(node.value) if node.value else NONE
            self.bind(
                node.target, made | (self.labels(node.target) if isinstance(node, ast.AugAssign) else NONE)
            )
        elif isinstance(node, ast.Return | ast.Expr):
            made = self.labels(node.value) if node.value else NONE
            if isinstance(node.value, ast.Dict) and self._in_graph():
                self._keep(node.value)
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
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PLACE.search(node.value):
            return NONE | {"unfilled"}
        if node is None or self.flow.exhausted or isinstance(node, ast.Constant | ast.Lambda):
            return NONE
        rule = self._rules.get(type(node))
        if rule is not None:
            return rule(node)
        made = self._all([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])
        return made | {"payload"} if id(node) in self.flow.sites.by_node else made

    def _named(self, node: ast.Name) -> Labels:
        return self._name(node.id)

    def _walrus(self, node: ast.NamedExpr) -> Labels:
        made = self.labels(node.value)
        self.bind(node.target, made)
        return made

    def _chosen(self, node: ast.IfExp) -> Labels:
        self.labels(node.test)
        return self.labels(node.body) | self.labels(node.orelse)

    def _in_graph(self) -> bool:
        return self.function is not None and self.function.node.name in self.flow.nodes

    def _keep(self, node: ast.Dict) -> None:
        """What a node of a graph gives back is what the next one finds in the state."""
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                self.flow.state[key.value] = self.flow.state.get(key.value, NONE) | self.labels(value)

    def _part(self, node: ast.Subscript) -> Labels:
        made = self.labels(node.value) | self.labels(node.slice)
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if isinstance(key, str) and _COUNT.search(key):
            return made - OTHERS - {"model", "mixed"}
        # the first thing that a node of a graph takes is the state
        of_state = isinstance(node.value, ast.Name) and self._in_graph() and node.value.id == self._first()
        return made | (self.flow.state.get(key, NONE) if of_state and isinstance(key, str) else NONE)

    def _first(self) -> str:
        taken = [name for name in self.function.order if name != "self"] if self.function else []
        return taken[0] if taken else ""

    def _compared(self, node: ast.Compare) -> Labels:
        self._all([node.left, *node.comparators])
        return NONE

    def _all(self, parts: Iterable[ast.expr]) -> Labels:
        made: Labels = NONE
        for part in parts:
            made |= self.labels(part)
        return made

    def _attribute(self, node: ast.Attribute) -> Labels:
        inner = self.labels(node.value)
        owner = dotted(node.value, self.aliases)
        request = (
            _OF_REQUEST.get(node.attr) if owner in {"flask.request", "request", "self.request"} else None
        )
        if request or (owner == "sys" and node.attr == "argv"):
            return inner | {request or "operator"}
        if node.attr in _PLAIN:
            return inner - OTHERS - {"model", "mixed"}
        if node.attr in _CHOSEN and "model" in inner:
            return inner | {"choice"}
        return inner | self.flow.fields.get((self.module, node.attr), NONE)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Labels:
        for part in node.generators:
            self.bind(part.target, self.labels(part.iter))
        return self._all([node.key, node.value]) if isinstance(node, ast.DictComp) else self.labels(node.elt)

    def _text(self, node: ast.JoinedStr | ast.BinOp) -> Labels:
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
            remembered = sum(bool(_TALK.search(ast.unparse(part))) for part in parts)
            said = sum(len(str(part.value)) for part in node.values if isinstance(part, ast.Constant))
        else:
            parts, remembered = [node.left, node.right], 0
            said = sum(
                len(part.value)
                for part in parts
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
        each = [self.labels(part) for part in parts]
        talk = remembered and len(parts) > 1 and any("user" in found for found in each)
        return self.mixture(each, said) | ({"talk"} if talk else NONE)

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
        owned = node.func if isinstance(node.func, ast.Attribute) else None
        called = Called(
            node,
            name,
            owned.attr if owned else name.rsplit(".", 1)[-1],
            dotted(owned.value, self.aliases) if owned else "",
            self.labels(owned.value) if owned else NONE,
            tuple(self.labels(item) for item in node.args),
            {item.arg or "": self.labels(item.value) for item in node.keywords},
        )
        self._sink(called)
        site = self.flow.sites.by_node.get(id(node))
        if site is not None:
            return self._ask(node, called.everything) if site.asks else called.inside | {"llm"}
        if "payload" in called.inside and (name in _POSTS or called.last in _SENDS):
            return self._ask(node, called.inside) | {"wire"}
        if owned and called.last in MUTATORS:
            self.bind(owned.value, called.inside)
        for rule in (self._passed, self._project, self._brought, self._answered):
            made = rule(called)
            if made is not None:
                return made
        return called.everything

    def _passed(self, called: "Called") -> Labels | None:
        """What libraries do with the text: nothing that matters, or put it into a template or index."""
        if (
            "Template" in called.name
            or "Prompt" in called.last
            or called.last in {"from_template", "from_messages"}
        ):
            both = (
                called.last == "from_template"
                and bool(called.node.args)
                and self._takes_both(called.node.args[0])
            )
            return (called.inside - {"unfilled"}) | ({"mixed"} if both else NONE)
        if called.name in DUMPS:
            return called.inside | {"dumped"}
        if called.name in CLEAN or called.last in CLEAN:
            return NONE
        if called.last in RETRIEVERS:
            engine = {"llm"} if called.last in {"as_query_engine", "as_chat_engine"} else NONE
            return called.everything | {"retriever"} | engine
        return None

    def _takes_both(self, node: ast.expr) -> bool:
        texts = [text.lower() for text in self.flow.sites.constants.texts(node, self.scope)]
        asked = ("{question", "{input", "{query", "{user")
        return any("{context" in text and any(word in text for word in asked) for text in texts)

    def _brought(self, called: "Called") -> Labels | None:
        source = source_of(called.name, called.last, called.owner)
        return called.inside | {source} if source else None

    def _answered(self, called: "Called") -> Labels | None:
        """Answers of models and retrievers, and texts that are put together."""
        owned = isinstance(called.node.func, ast.Attribute)
        if owned and "llm" in called.receiver and called.last in ASKING:
            return self._ask(called.node, called.everything)
        if "retriever" in called.receiver and called.last in ASKING:
            return NONE | {"document"}
        if isinstance(called.node.func, ast.Name) and self._is_model(called.node.func.id):
            return self._ask(called.node, called.inside | self._name(called.node.func.id))
        if called.last in {"json", "loads"}:
            return called.everything - {"wire"}
        if owned and called.last in _FILLS:
            filled = self.mixture([called.receiver, *called.each, *called.by_name.values()], _OF_FORMAT)
            return filled - {"unfilled"}
        return None

    def _is_model(self, name: str) -> bool:
        return "llm" in self._name(name) and not self.flow.known(name) and name not in self.flow.classes

    def _project(self, called: "Called") -> Labels | None:
        """What the folder's own function gives, after it was told what it is called with."""
        known = self._tool(called)
        if known is None:
            known = self.flow.known("__init__" if called.last in self.flow.classes else called.last)
            if known is None or self._is_librarys(called, known):
                return None
        order = [item for item in known.order if item != "self"]
        for argument, found in [*zip(order, called.each, strict=False), *called.by_name.items()]:
            if argument in known.order and found:
                known.taken[argument] = known.taken.get(argument, NONE) | found
        if any("choice" in found for found in [*called.each, *called.by_name.values()]):
            self.flow.executors[known.node.name] = known
        place = self.flow.places.get(id(called.node))
        if place is not None and place not in known.callers and len(known.callers) < _MAX_CALLERS:
            known.callers.append(place)
        return known.gives | (called.receiver & {"llm"})

    def _tool(self, called: "Called") -> Known | None:
        """The folder's own function that is called by way of the tool that a decorator made of it."""
        name, _, way = ast.unparse(called.node.func).rpartition(".")
        known = self.flow.known(name) if way in {"invoke", "ainvoke", "run", "arun"} else None
        return known if known and known.node.decorator_list else None

    def _is_librarys(self, called: "Called", known: Known) -> bool:
        """Whether the call means a library's method that only shares its name with a function here."""
        asks = "llm" in called.receiver and called.last in {"invoke", "run", "stream", "chat"}
        if asks and not known.place.owner:
            return True
        if (called.last == "query" and INDEXES.search(called.owner)) or SEARCHES.search(called.owner):
            return True
        top = self.aliases.get(called.name.split(".", maxsplit=1)[0], "")
        foreign = isinstance(called.node.func, ast.Attribute) and top and not top.startswith(".")
        own = {top.rsplit(".", 1)[-1], top.split(".", maxsplit=1)[0]} & set(self.flow.paths)
        return bool(foreign and not own)

    def _ask(self, node: ast.Call, inside: Labels) -> Labels:
        place = self.flow.places.get(id(node), self.place)
        at = place.code.at(node, place.block)
        key = (at.path, at.cell, at.line)
        before = self.flow.asked.get(key)
        self.flow.asked[key] = Asked(at, inside | (before.labels if before else NONE), place, node)
        return frozenset({"model"})

    def _harmless(self, called: "Called", how: str, found: Labels) -> bool:
        """Whether what is taken apart was put together here, or what runs is a method of the folder's own."""
        if how == "parse":
            return bool(found & {"wire", "choice", "dumped"})
        owned = isinstance(called.node.func, ast.Attribute) and not DATABASES.search(called.owner)
        return how == "SQL" and owned and called.last in self.flow.functions

    def _sink(self, called: "Called") -> None:
        node = called.node
        how, arguments = sink_of(called.name, called.last, node, self.flow.sites.imports)
        given = dict(zip(map(id, node.args), called.each, strict=True))
        given |= {id(item.value): called.by_name[item.arg or ""] for item in node.keywords}
        found: Labels = NONE.union(*(given.get(id(item), NONE) for item in arguments))
        if how and "model" in found and not self._harmless(called, how, found):
            place = self.flow.places.get(id(node), self.place)
            at = place.code.at(node, place.block)
            self.flow.sunk.setdefault((how, at.path, at.cell, at.line), Sunk(how, at, found, place, node))
