"""Paths that a web app makes of what a request holds: who writes the request chooses the file."""

import ast
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import WEB, framework_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
Defined = tuple[Code, Block, Function]
ROUNDS = 6
_VERBS = {"get", "post", "put", "patch", "delete", "route"}
_TEXT = re.compile(r"(?:typing\.)?(?:str|Optional\[str\]|str \| None)")
_SENT = re.compile(r"(?:flask\.)?request\.(?:form|args|values|json)|(?:flask\.)?request\.get_json\(.*\)")
_KEEPS = {"strip", "lower", "upper", "title", "replace", "format", "join", "str"}
_CLEANS = re.compile(
    r"secure_filename|basename|safe_join|uuid|isalnum|isidentifier|isdigit|is_relative_to|resolve\(|"
    r"\bre\.|sanitiz|slugify|validate|realpath|abspath|hashlib|quote\("
)
_OPENS = {"open", "to_csv", "read_csv", "savefig", "write_image", "remove", "unlink", "rmtree",
          "FileResponse", "send_file", "joinpath"}  # fmt: skip
_PLACES = re.compile(r"(?i)path|dir|folder|root|base|storage")


class Reached(Struct):
    """A function that a request's values reach: the names of texts with their origin, and those of bodies."""

    node: Function
    code: Code
    block: Block
    texts: dict[str, str] = {}
    bodies: set[str] = set()


def paths_by_callers(codes: Iterable[Code]) -> list[Sighting]:
    """The places where a value of a request becomes part of a path, the first in each function."""
    read = [code for code in codes if code.notebook is None]
    apps = [code for code in read if (found := framework_of(code, aliases_of(code))) and found.value in WEB]
    if not apps:
        return []
    known = _functions(read)
    fields = dict(_models(read))
    open_ = [reached for code in apps for reached in _handlers(code, fields)]
    seen: dict[int, Reached] = {}
    for _ in range(ROUNDS):
        passed = [given for reached in open_ for given in _passed(reached, known, fields)]
        seen |= {id(reached.node): reached for reached in open_}
        open_ = [reached for reached in passed if id(reached.node) not in seen]
    made = (_made(reached, fields) for reached in seen.values())
    return [sighting for sighting in made if sighting is not None]


def _functions(codes: list[Code]) -> dict[str, list[Defined]]:
    found: dict[str, list[Defined]] = {}
    for code in codes:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, Function):
                    found.setdefault(node.name, []).append((code, block, node))
    return found


def _models(codes: list[Code]) -> Iterator[tuple[str, set[str]]]:
    """The classes that describe a body, with their fields that may be any text."""
    for code in codes:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.ClassDef) and any("BaseModel" in ast.unparse(b) for b in node.bases):
                    yield (
                        node.name,
                        {
                            item.target.id
                            for item in node.body
                            if isinstance(item, ast.AnnAssign)
                            and isinstance(item.target, ast.Name)
                            and _TEXT.fullmatch(ast.unparse(item.annotation))
                            and "pattern" not in ast.unparse(item)
                        },
                    )


def _handlers(code: Code, fields: dict[str, set[str]]) -> Iterator[Reached]:
    for block in code.blocks:
        for node in nodes_in(block.tree):
            path = _path(node) if isinstance(node, Function) else None
            if path is None or not isinstance(node, Function):
                continue
            reached = Reached(node, code, block)
            for item in [*node.args.args, *node.args.kwonlyargs]:
                said = ast.unparse(item.annotation) if item.annotation else ""
                # a segment of an address holds no slash, unless it is declared to be a path
                inside = re.search(rf"[{{<](path:)?{item.arg}(:path)?[}}>]", path)
                if said in fields:
                    reached.bodies.add(f"{item.arg}:{said}")
                elif (inside and (inside[1] or inside[2])) or (not inside and _TEXT.fullmatch(said)):
                    reached.texts[item.arg] = item.arg
            yield reached


def _path(node: Function) -> str | None:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr in _VERBS:
            path = constant(mark.args[0]) if mark.args else None
            if isinstance(path, str) and path.startswith("/"):
                return path
    return None


def _sent(node: ast.AST, reached: Reached, fields: dict[str, set[str]]) -> str:
    """The name of the request's value that the expression is made of; empty when it is made of none."""
    if isinstance(node, ast.Name):
        return reached.texts.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = ast.unparse(node.value)
        typed = next((one.split(":")[1] for one in reached.bodies if one.split(":")[0] == owner), "")
        return ast.unparse(node) if node.attr in fields.get(typed, ()) else ""
    if isinstance(node, ast.Subscript):
        return _of_body(node.value, reached) and ast.unparse(node)
    if isinstance(node, ast.Call):
        return _of_call(node, reached, fields)
    parts: list[ast.AST] = []
    if isinstance(node, ast.JoinedStr):
        parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        parts = [node.left, node.right]
    return next((found for part in parts if (found := _sent(part, reached, fields))), "")


def _of_body(node: ast.expr, reached: Reached) -> str:
    written = ast.unparse(node)
    return written if _SENT.fullmatch(written) or f"{written}:" in reached.bodies else ""


def _of_call(node: ast.Call, reached: Reached, fields: dict[str, set[str]]) -> str:
    if isinstance(node.func, ast.Attribute):
        if node.func.attr == "get" and _of_body(node.func.value, reached):
            return ast.unparse(node)
        if node.func.attr in _KEEPS:
            return _sent(node.func.value, reached, fields)
    if isinstance(node.func, ast.Name) and node.func.id == "str" and node.args:
        return _sent(node.args[0], reached, fields)
    return ""


def _settle(reached: Reached, fields: dict[str, set[str]]) -> None:
    """Follows the assignments of a function; a name that something cleans or compares is let go."""
    for node in nodes_in(reached.node):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if _SENT.fullmatch(ast.unparse(node.value)):
                reached.bodies.add(f"{name}:")
            elif _CLEANS.search(ast.unparse(node.value)):
                reached.texts.pop(name, None)
            elif origin := _sent(node.value, reached, fields):
                reached.texts[name] = origin
    for node in nodes_in(reached.node):
        if isinstance(node, ast.Compare) and any(
            isinstance(op, ast.In | ast.NotIn | ast.Eq) for op in node.ops
        ):
            for part in ast.walk(node):
                if isinstance(part, ast.Name):
                    reached.texts.pop(part.id, None)


def _passed(
    reached: Reached, known: dict[str, list[Defined]], fields: dict[str, set[str]]
) -> Iterator[Reached]:
    """The folder's own functions that are handed a value of the request."""
    _settle(reached, fields)
    for node in nodes_in(reached.node):
        if not isinstance(node, ast.Call):
            continue
        last = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {})
        found = _meant(node, known.get(last, []))
        if found is None or found[2] is reached.node:
            continue
        code, block, function = found
        order = [item.arg for item in function.args.args if item.arg not in {"self", "cls"}]
        given = [*zip(order, node.args, strict=False), *((item.arg, item.value) for item in node.keywords)]
        texts = {name: origin for name, value in given if name and (origin := _sent(value, reached, fields))}
        if texts:
            yield Reached(function, code, block, texts)


def _meant(call: ast.Call, same: list[Defined]) -> Defined | None:
    """The one function of that name which takes what is given."""
    named = {item.arg for item in call.keywords if item.arg}
    fitting = [
        found
        for found in same
        if named <= {item.arg for item in [*found[2].args.args, *found[2].args.kwonlyargs]}
        and len(call.args) + len(named) <= len(found[2].args.args) + len(found[2].args.kwonlyargs)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _made(reached: Reached, fields: dict[str, set[str]]) -> Sighting | None:
    if _CLEANS.search(ast.unparse(reached.node)):
        return None
    for node in nodes_in(reached.node):
        for part in _parts_of_path(node):
            if named := _sent(part, reached, fields):
                return Sighting("path_by_user", named, reached.code.at(node, reached.block))
    return None


def _parts_of_path(node: ast.AST) -> list[ast.expr]:
    """What the path is made of where this makes or opens one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return [node.right] if _PLACES.search(ast.unparse(node.left)) else []
    if isinstance(node, ast.Call):
        last = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {})
        if dotted(node.func, {}) in {"os.path.join", "path.join"}:
            return node.args[1:]
        return node.args[:1] if last in _OPENS else []
    return []
