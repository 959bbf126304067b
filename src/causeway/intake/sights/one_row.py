"""What an app computes anew from the single row of a request: encoders, scales, fills, categories dropped.

A value is followed from where one row is made of a request to where a model is asked about it, through
the folder's own functions. Where two branches differ, only what both do is told.
"""

import ast
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.flow.values import Class, Function
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.one_row_values import Followed, Place, follow
from causeway.intake.sights.serving import framework_of

TRANSFORMING = {"TransformerMixin", "BaseEstimator"}
MAX_ROADS = 400
"""Functions that are entered for one app, each time they are called."""


def one_row(project: Project) -> list[Sighting]:
    """For each app, what it fits, drops or fills by the single row that it was sent; then own transformers
    that compute by the rows they are given.
    """
    apps = [code for code in project.codes if code.notebook is None and framework_of(code, aliases_of(code))]
    found: list[Sighting] = []
    for code in apps:
        roads = Roads(project, asked=True)
        for block in code.blocks:
            roads.walk(Place(code, block), block.tree.body)
            for node in nodes_in(block.tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    roads.walk(Place(code, block), node.body)
        found += roads.found
    if apps:
        found += [item for code in project.codes if code.notebook is None for item in _own(project, code)]
    return list(dict.fromkeys(found))


class Roads:
    """The folder's functions, entered as calls lead to them, and what was met when a model was asked."""

    def __init__(self, project: Project, *, asked: bool) -> None:
        self.found: list[Sighting] = []
        self._project = project
        self._asked = asked
        self._open: list[ast.AST] = []
        self._built: dict[int, dict[str, str]] = {}
        self._left = MAX_ROADS

    def walk(
        self, place: Place, body: list[ast.stmt], given: dict[str, Followed] | None = None
    ) -> Followed | None:
        """What these statements return; what reached a model is kept in `found`."""
        road = follow(place, body, given or {}, self.enter)
        if self._asked:
            self.found += road.told
        return road.returned

    def enter(self, place: Place, call: ast.Call, given: list[Followed | None]) -> Followed | None:
        """What a function of the folder returns for these arguments; None where it is none of them."""
        target = self._function(place, call.func)
        if target is None or target[1] in self._open or not self._left:
            return None
        where, node = target
        self._left -= 1
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        names = names[1:] if names[:1] == ["self"] else names
        known = {name: value for name, value in zip(names, given, strict=False) if value}
        self._open.append(node)
        try:
            return self.walk(where, node.body, known)
        finally:
            self._open.pop()

    def _objects(self, place: Place) -> dict[str, str]:
        key = id(place.block)
        if key not in self._built:
            self._built[key] = _built(place)
        return self._built[key]

    def _function(self, place: Place, called: ast.expr) -> tuple[Place, ast.FunctionDef] | None:
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            own = self._method(place, called.value.id, called.attr)
            if own:
                return own
        name = dotted(called, aliases_of(place.code))
        local = _functions(place.block).get(name)
        if local:
            return place, local
        module, _, last = name.rpartition(".")
        scope = self._project.scope(module, place.code.path) if module.strip(".") else None
        return _home_of(scope.names.get(last) if scope else None)

    def _method(self, place: Place, holder: str, name: str) -> tuple[Place, ast.FunctionDef] | None:
        if holder == "self" and place.owner:
            found = _methods(place.owner).get(name)
            return (place, found) if found else None
        built = self._objects(place).get(holder, "")
        for node in place.block.tree.body:
            if built and isinstance(node, ast.ClassDef) and node.name == built.rsplit(".", 1)[-1]:
                found = _methods(node).get(name)
                return (Place(place.code, place.block, node), found) if found else None
        module, _, last = built.rpartition(".")
        scope = self._project.scope(module, place.code.path) if module.strip(".") else None
        made = scope.names.get(last) if scope else None
        return _home_of(made.names.get(name)) if isinstance(made, Class) else None


def _home_of(value: object) -> tuple[Place, ast.FunctionDef] | None:
    if isinstance(value, Function) and isinstance(value.node, ast.FunctionDef) and value.home.block:
        owner = next((c for c in _classes(value.home.block) if value.node in c.body), None)
        return Place(value.home.code, value.home.block, owner), value.node
    return None


def _functions(block: Block) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in block.tree.body if isinstance(node, ast.FunctionDef)}


def _classes(block: Block) -> list[ast.ClassDef]:
    return [node for node in block.tree.body if isinstance(node, ast.ClassDef)]


def _methods(owner: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in owner.body if isinstance(node, ast.FunctionDef)}


def _built(place: Place) -> dict[str, str]:
    """Names that hold an object, with the dotted name of what it was built by."""
    known = aliases_of(place.code)
    return {
        node.targets[0].id: dotted(node.value.func, known)
        for node in nodes_in(place.block.tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.targets[0], ast.Name)
    }


def _own(project: Project, code: Code) -> Iterator[Sighting]:
    """Transformers of the folder whose `transform` computes by the very rows that it is given."""
    for block in code.blocks:
        for node in _classes(block):
            methods = _methods(node)
            bases = {dotted(base, {}).rsplit(".", 1)[-1] for base in node.bases}
            method = methods.get("transform")
            if method is None or "fit" not in methods or not bases & TRANSFORMING:
                continue
            arguments = [argument.arg for argument in method.args.args[1:2]]
            given = {name: Followed(one=True) for name in arguments}
            returned = Roads(project, asked=False).walk(Place(code, block, node), method.body, given)
            yield from _recomputed(node, returned)


def _recomputed(node: ast.ClassDef, returned: Followed | None) -> Iterator[Sighting]:
    faults = [item for item in (returned.faults if returned else ()) if item.value != "dropped"]
    if faults:
        details = ", ".join(dict.fromkeys(item.detail for item in faults))
        yield Sighting("transforms_anew", node.name, faults[0].at, details)
