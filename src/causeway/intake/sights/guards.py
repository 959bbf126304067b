"""Which routes of a web app ask for no key or sign-in, and what each does for whoever calls it."""
# ruff: noqa: SIM905 - lists of words read best as words

import ast
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import ASKS, WEB, answers, framework_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
_VERBS = {"get", "post", "put", "patch", "delete", "route", "api_route"}
_ADDS = {"add_api_route", "add_url_rule"}
_MARK = re.compile(
    r"(?i)login|auth|jwt|token|permission|require|protect|role|admin|api_?key|secure|private|session|principal"
)
_DEPENDED = re.compile(rf"{_MARK.pattern}|user|verify|credential|bearer|identity|tenant|key")
_TURNS_AWAY = re.compile(
    r"(?i)current_user|\b40[13]\b|is_authenticated|get_jwt|authorization|x-api-key|unauthorized"
    r"|^(?:http_?)?(?:403_)?(?:forbidden|permissiondenied)(?:error|exception)?[.!]?$"
)
SENTENCE = 2
"""So many blanks make a string prose."""
_KNOWS = re.compile(
    r"(?i)\bsession(?:\.get\([\"']|\[|\.pop|\.clear)|\bin (?:flask\.)?session\b"
    r"|check_password|verify_(?:token|key|user|jwt|api)"
    r"|request\.user\b"
)
"""What a handler does that knows who calls it."""
_ENTRANCE = {
    "login", "signin", "signup", "sign", "register", "logout", "signout", "token", "auth", "oauth", "health",
    "healthz", "ping", "docs", "static", "favicon", "forgot", "password", "verify", "webhook", "callback",
}  # fmt: skip
_DESTROYS = {"delete", "remove", "clear", "reset", "drop", "purge", "wipe", "erase", "truncate"}
_KEPT = set(
    "history histories conversation conversations message messages user users prediction predictions record "
    "records log logs feedback feedbacks export session sessions patient patients customer customers client "
    "clients employee employees review reviews upload uploads chats submissions entries transactions orders "
    "profile profiles threads applicants students".split()
)
_READS = re.compile(r"(?i)^(get|fetch|find|all|query|select|read|list|load|execute|scan|recent)(_|$)")
_PAGES = {"render_template", "TemplateResponse", "render", "redirect", "url_for"}


class Route(Struct, frozen=True):
    """One route of an app: how it is called, and the function that answers."""

    shown: str
    method: str
    handler: Function
    code: Code
    block: Block
    at: Evidence
    guarded: str
    """`marked` by a decorator or a dependency, `inside` where the function itself may look; else empty."""


def doors(project: Project) -> list[Sighting]:
    """The routes that ask for nothing, the guarded ones, and the files that are parts of an app."""
    apps = [code for code in project.codes if code.notebook is None and _framework(code) in WEB]
    parts = list(_parts(project, apps))
    all_routes, whole = routes(project)
    if whole:
        return parts
    asked = [route for route in all_routes if not _words(route) & _ENTRANCE]
    found = [Sighting("guarded_route", route.shown, route.at) for route in asked if route.guarded == "marked"]
    for route in asked:
        does = "" if route.guarded else _does(route)
        found += [Sighting("open_route", route.shown, route.at, does)] if does else []
    return [*parts, *found]


def routes(project: Project) -> tuple[list[Route], bool]:
    """Every route of the folder's web apps, and whether all of them pass one check."""
    apps = [code for code in project.codes if code.notebook is None and _framework(code) in WEB]
    checking = {name for code in project.codes for name in _checking(code)}
    return list(_routes_of(apps, checking)), any(_guarded_whole(code, checking) for code in apps)


def _routes_of(apps: list[Code], checking: set[str]) -> Iterator[Route]:
    for code in apps:
        if not code.path.startswith("test"):
            yield from _routes(code, checking)


def _framework(code: Code) -> str:
    found = framework_of(code, aliases_of(code))
    return found.value if found else ""


def _parts(project: Project, apps: list[Code]) -> Iterator[Sighting]:
    """Files with routes of their own that an app imports, directly or not."""
    by_path = {code.path: code for code in project.codes}
    routers = {
        code.path
        for code in apps
        if re.search(r"\b(?:APIRouter|Blueprint)\(", "\n".join(block.text for block in code.blocks))
    }
    for code in apps:
        open_, seen = [code.path], {code.path}
        while routers and open_:
            new = {path for path in project.imported(by_path[open_.pop()]) if path in by_path} - seen
            seen |= new
            open_ += sorted(new)
        for path in sorted(seen & routers - {code.path}):
            yield Sighting("part_of_app", code.path, Evidence(path))


def _checking(code: Code) -> Iterator[str]:
    """The functions of a file that turn callers away."""
    for block in code.blocks:
        if _TURNS_AWAY.search(block.text):
            for node in nodes_in(block.tree):
                if isinstance(node, Function) and _turns_away(node):
                    yield node.name


def _turns_away(node: ast.AST) -> bool:
    """Whether a name or a status says so; a sentence ("Forbidden SQL found.") may be about anything."""
    first = node.body[0] if isinstance(node, Function) else None
    said = first.value if isinstance(first, ast.Expr) else None
    return any(_TURNS_AWAY.search(_word(part)) for part in nodes_in(node) if part is not said)


def _word(node: ast.AST) -> str:
    """The name that a node carries, or a short constant."""
    if isinstance(node, ast.Constant):
        plain = str(node.value)
        return plain if plain.count(" ") < SENTENCE or plain.startswith("40") else ""
    held = (getattr(node, name, None) for name in ("id", "attr", "arg", "name"))
    return next((one for one in held if isinstance(one, str)), "")


def _written(node: Function) -> str:
    """What a function does, without what its docstring says."""
    first = node.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return "\n".join(ast.unparse(part) for part in (node.body[1:] if said else node.body))


def _guarded_whole(code: Code, checking: set[str]) -> bool:
    """Whether every route passes one check: a dependency of the app, a middleware, a hook before requests."""
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if isinstance(node, ast.Call):
                given = keyword(node, "dependencies")
                last = dotted(node.func, {}).rsplit(".", 1)[-1]
                if given is not None and last not in _VERBS and _depends(given, checking):
                    return True
                if last == "add_middleware" and node.args and _MARK.search(_without_session(node.args[0])):
                    return True
            elif isinstance(node, Function):
                marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
                hook = "before_request" in marks or ".middleware(" in marks
                if hook and (node.name in checking or _MARK.search(node.name)):
                    return True
            elif isinstance(node, ast.ClassDef) and _stands_between(node):
                return True
    return False


def _stands_between(node: ast.ClassDef) -> bool:
    between = any("Middleware" in ast.unparse(base) for base in node.bases)
    return between and _turns_away(node)


def _without_session(node: ast.expr) -> str:
    return ast.unparse(node).replace("SessionMiddleware", "")


def _depends(node: ast.AST, checking: set[str]) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and dotted(part.func, {}).rsplit(".", 1)[-1] in {"Depends", "Security"}:
            named = ast.unparse(part.args[0]) if part.args else ""
            if _DEPENDED.search(named) or named.rsplit(".", 1)[-1] in checking:
                return True
    return False


def _routes(code: Code, checking: set[str]) -> Iterator[Route]:
    for block in code.blocks:
        prefixes = _prefixes(block)
        added = _added(block)
        for node in nodes_in(block.tree):
            if isinstance(node, Function):
                for mark in (*node.decorator_list, *added.get(node.name, [])):
                    yield from _route(code, block, node, mark, prefixes=prefixes, checking=checking)


def _added(block: Block) -> dict[str, list[ast.expr]]:
    """Routes added by a call, as if they marked their function: `add_api_route("/ask", self.ask)`."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes_in(block.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDS:
            names = [dotted(item, {}).rsplit(".", 1)[-1] for item in _given(node)[1:]]
            mark = ast.Call(ast.Attribute(node.func.value, "route"), node.args, node.keywords)
            for name in filter(None, names):
                found.setdefault(name, []).append(mark)
    return found


def _prefixes(block: Block) -> dict[str, str]:
    """What stands before the paths of each router of a file."""
    found: dict[str, str] = {}
    for node in nodes_in(block.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            given = constant(keyword(node.value, "prefix") or keyword(node.value, "url_prefix"))
            if isinstance(given, str) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = given
    return found


def _route(
    code: Code, block: Block, node: Function, mark: ast.expr, *, prefixes: dict[str, str], checking: set[str]
) -> Iterator[Route]:
    if not (isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr in _VERBS):
        return
    path = constant(mark.args[0] if mark.args else keyword(mark, "path"))
    if not isinstance(path, str) or not path.startswith("/"):
        return
    path = prefixes.get(dotted(mark.func.value, {}), "") + path
    listed = ast.unparse(keyword(mark, "methods") or ast.Constant(mark.func.attr)).upper()
    named = re.findall(r"GET|POST|PUT|PATCH|DELETE", listed) or ["GET"]
    method = next((verb for verb in ("DELETE", "POST", "PUT", "PATCH") if verb in named), "GET")
    guarded = _guard(node, mark, checking)
    yield Route(f"{method} {path}", method, node, code, block, code.at(node, block), guarded)


def _guard(node: Function, route: ast.Call, checking: set[str]) -> str:
    marks = [ast.unparse(mark) for mark in node.decorator_list if mark is not route]
    arguments = node.args
    taken = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    asked = [f"{item.arg}: {ast.unparse(item.annotation)}" for item in taken if item.annotation]
    if (
        any(_MARK.search(mark.split("(", 1)[0]) for mark in marks)
        or _depends(route, checking)
        or _depends(arguments, checking)
        or any(
            re.search(r"(?i)authorization|api_?key|token:|Current\w*User|\bUserDep\b", one) for one in asked
        )
    ):
        return "marked"
    written = _written(node)
    looks = _turns_away(node) or _KNOWS.search(written) or set(_called(nodes_in(node))) & checking
    return "inside" if looks else ""


def _words(route: Route) -> set[str]:
    spelled = re.sub(r"\{[^}]*\}|<[^>]*>", " ", route.shown.split(" ", 1)[1])
    return {word.lower() for word in re.findall(r"[A-Za-z]+", f"{spelled} {route.handler.name}")}


def _does(route: Route) -> str:
    """What a stranger gets done there: deletes, reads what is kept, asks the model, or hands something in."""
    called = {name for name in _called(nodes_in(route.handler)) if name not in _PAGES}
    words = _words(route)
    if route.method == "DELETE" or (words & _DESTROYS and called):
        return "deletes"
    if route.method != "GET":
        return "asks" if answers(route.handler, route.block) else "takes"
    reads = {name for name in called if _READS.match(name)}
    asks = any(word in name.lower() for name in called - reads for word in ASKS)
    return "reads" if reads and not asks and (words & _KEPT or _by_key(route)) else ""


def _by_key(route: Route) -> bool:
    """Whether a part of the address picks a record of something that keeps them of people."""
    keys = set(re.findall(r"[<{](?:\w+:)?(\w+)", route.shown))
    for node in nodes_in(route.handler):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        given = {part.id for item in _given(node) for part in ast.walk(item) if isinstance(part, ast.Name)}
        kept = set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", ast.unparse(node.func.value)).lower()))
        if _READS.match(node.func.attr) and keys & given and (kept | {f"{word}s" for word in kept}) & _KEPT:
            return True
    return False


def _given(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(item.value for item in node.keywords)]


def _called(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {})
