"""What an app does: framework, routes, how it takes input, what it does with errors, when it loads."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.flow.library import UNSAFE_LOADERS
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

FRAMEWORKS = {
    "streamlit": "Streamlit", "flask": "Flask", "fastapi": "FastAPI", "gradio": "Gradio", "dash": "Dash",
    "chainlit": "Chainlit", "django": "Django", "bentoml": "BentoML", "quart": "Quart", "sanic": "Sanic",
    "tornado": "Tornado", "aiohttp": "aiohttp", "bottle": "Bottle", "shiny": "Shiny", "panel": "Panel",
}  # fmt: skip
WEB = frozenset({"Flask", "FastAPI", "Quart", "Sanic", "Bottle", "Tornado", "aiohttp", "Django"})
_AUTHENTICATED = re.compile(
    r"login_required|HTTPBearer|HTTPBasic|APIKeyHeader|flask_login|basic_auth|\bjwt\b|(?i:x-api-key)|OAuth2"
    r"|request\.headers[^\n]{0,12}Authorization|(?i:authorization)\s*:[^\n]{0,40}Header\("
)
VERBS = frozenset({"route", "get", "post", "put", "delete", "patch", "websocket"})
WRITERS = frozenset(
    {
        "to_csv",
        "to_sql",
        "writerow",
        "insert_one",
        "insert",
        "execute",
        "log_metric",
        "append_row",
        "to_json",
        "commit",
        "bulk_save_objects",
        "write_text",
    }
)
ASKS = (
    "predict", "infer", "classif", "score", "recommend", "forecast", "generate", "estimate", "model",
    "invoke",
)  # fmt: skip
"""Words in the names of functions that ask a model."""
_READING = re.compile(r"(?i)\s*(?:select|pragma|create|drop|show|with)\b")
LOGGERS = frozenset({"info", "warning", "error", "exception", "debug"})


def app_facts(code: Code) -> list[Sighting]:
    """Everything about serving that one file shows; empty when it is no app."""
    known = aliases_of(code)
    framework = framework_of(code, known)
    if framework is None:
        return []
    found = [framework, _calls_made(code, framework)]
    for block in code.blocks:
        for node in nodes_in(block.tree):
            found += _of_node(code, block, node, known)
        found += _loads_at_import(code, block, known)
        if _AUTHENTICATED.search(block.text):
            found.append(Sighting("auth", framework.value, framework.at))
    return found


def _calls_made(code: Code, framework: Sighting) -> Sighting:
    names = {
        dotted(node.func, {}).rsplit(".", 1)[-1]
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.Call)
    }
    return Sighting("calls", " ".join(sorted(names - {""})), framework.at)


def framework_of(code: Code, known: dict[str, str]) -> Sighting | None:
    """The app framework that the file uses, at its import."""
    modules = {name.split(".")[0] for name in known.values()}
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            )
            for name in names:
                top = name.split(".")[0]
                if top in FRAMEWORKS and top in modules:
                    return Sighting("app", FRAMEWORKS[top], code.at(node, block))
    return None


def _of_node(code: Code, block: Block, node: ast.AST, known: dict[str, str]) -> list[Sighting]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _routes(code, block, node, known)
    if isinstance(node, ast.ClassDef):
        bases = [dotted(base, known).rsplit(".", 1)[-1] for base in node.bases]
        schema = {"BaseModel", "Schema"} & set(bases)
        return [Sighting("validation", node.name, code.at(node, block))] if schema else []
    if isinstance(node, ast.Call):
        return _calls(code, block, node, known)
    return []


def writes(node: ast.Call, name: str) -> bool:
    """Whether the call puts something where it stays: a table, a database, a file."""
    last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
    opened = last == "open" and len(node.args) > 1 and str(constant(node.args[1]))[:1] in {"a", "w"}
    return opened or name == "json.dump" or (last in WRITERS and not _passing(node, last))


def _passing(node: ast.Call, last: str) -> bool:
    """Whether the call only looks like a writer: it reads, gives a text back, or fills what a session has."""
    first = constant(node.args[0]) if node.args else None
    if last == "insert":
        # into a list, at a place
        return isinstance(first, int) or "session_state" in ast.unparse(node.func)
    if last in {"to_csv", "to_json"}:
        given = {"path_or_buf", "path"} & {item.arg for item in node.keywords}
        return not node.args and not given
    return last == "execute" and isinstance(first, str) and _READING.match(first) is not None


def _calls(code: Code, block: Block, node: ast.Call, known: dict[str, str]) -> list[Sighting]:
    name = dotted(node.func, known)
    last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
    found: list[Sighting] = []
    if last == "run":
        found += _run(code, block, node)
    if writes(node, name) or (
        name.startswith(("logging.", "logger.", "log.", "loguru.")) and last in LOGGERS
    ):
        found.append(Sighting("record", name or last, code.at(node, block)))
    if last in {"CORS", "CORSMiddleware", "add_middleware"} and "'*'" in ast.unparse(node):
        found.append(Sighting("cors", "*", code.at(node, block)))
    elif name in {"flask_cors.CORS", "flask_cors.cross_origin"} and "CORS_ORIGINS" not in block.text:
        # flask_cors lets in every origin where none is named
        named = {item.arg for item in node.keywords} & {"origins", "resources", None}
        found += [] if named else [Sighting("cors", "*", code.at(node, block))]
    if last in {"fit_transform", "get_dummies", "fit"} and not name.startswith(("streamlit.", "scipy.")):
        found.append(Sighting("fitted_in_app", last, code.at(node, block)))
    if last in {"predict", "predict_proba"}:
        found.append(Sighting("predicts", last, code.at(node, block)))
    return found


def _run(code: Code, block: Block, node: ast.Call) -> list[Sighting]:
    at = code.at(node, block)
    found: list[Sighting] = []
    debug = keyword(node, "debug")
    if constant(debug) is True:
        found.append(Sighting("debug", "True", at))
    elif (debug is not None and "getenv" in ast.unparse(debug)) or (
        debug is not None and "environ" in ast.unparse(debug)
    ):
        text = ast.unparse(debug)
        if not any(word in text for word in ("==", "bool(", "int(", " in ", "lower()")):
            found.append(Sighting("debug", text, at, "the text False counts as true"))
    if found and _as_script(block, node):
        found.append(Sighting("debug_as_script", "", at))
    if constant(keyword(node, "host")) == "0.0.0.0":  # noqa: S104 - what the scanned code says
        found.append(Sighting("host", "0.0.0.0", at))  # noqa: S104 - the same
    port = keyword(node, "port")
    numbers = (
        [n.value for n in nodes_in(port) if isinstance(n, ast.Constant) and isinstance(n.value, int)]
        if port
        else []
    )
    if numbers:
        found.append(Sighting("port", str(numbers[-1]), at))
    elif isinstance(node.func, ast.Attribute) and port is None:
        found.append(Sighting("port", "", at))
    return found


def _as_script(block: Block, node: ast.AST) -> bool:
    """Whether it happens only where the file itself is started, not where a server imports it."""
    return any(
        isinstance(statement, ast.If)
        and "__name__" in ast.unparse(statement.test)
        and any(part is node for part in ast.walk(statement))
        for statement in block.tree.body
    )


def _routes(
    code: Code, block: Block, node: ast.FunctionDef | ast.AsyncFunctionDef, known: dict[str, str]
) -> list[Sighting]:
    found: list[Sighting] = []
    for mark in node.decorator_list:
        if not (
            isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr in VERBS
        ):
            continue
        path = constant(mark.args[0]) if mark.args else None
        if not isinstance(path, str) or not path.startswith("/"):
            continue
        methods = ast.unparse(keyword(mark, "methods") or ast.Constant(mark.func.attr)).upper()
        found.append(Sighting("route", path, code.at(node, block), "POST" if "POST" in methods else "GET"))
        found += _handler(code, block, node, known)
    return found


def _handler(
    code: Code, block: Block, node: ast.FunctionDef | ast.AsyncFunctionDef, known: dict[str, str]
) -> list[Sighting]:
    taken = [
        part
        for part in nodes_in(node)
        if isinstance(part, ast.Attribute)
        and part.attr in {"form", "json", "args", "get_json", "values", "files"}
        and dotted(part.value, known) in {"flask.request", "request"}
    ]
    if not taken:
        return _loose_body(code, block, node, known)
    others = [part for part in taken if part.attr != "files" and not _only_compared(part, node)]
    if not others or _checks(node):
        return []
    what = "unchecked_input" if answers(node, block) else "unchecked_form"
    if what == "unchecked_input" and _converted(others, node):
        what = "" if _ranged(node) else "unranged_input"
    return [Sighting(what, node.name, code.at(others[0], block), f"request.{others[0].attr}")] if what else []


def _only_compared(part: ast.AST, function: ast.AST) -> bool:
    """Whether what is read there is one of a few words, told apart by comparing."""
    kept = next(
        (
            node.targets[0].id
            for node in nodes_in(function)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and _one_of(node.value, part)
        ),
        "",
    )
    compared = {
        id(side)
        for node in nodes_in(function)
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
    }
    uses = [
        node
        for node in nodes_in(function)
        if isinstance(node, ast.Name) and node.id == kept and isinstance(node.ctx, ast.Load)
    ]
    return bool(uses) and all(id(use) in compared for use in uses)


def _one_of(value: ast.expr, part: ast.AST) -> bool:
    """Whether a value is one entry of what is read there: `request.form["x"]`, `request.form.get("x")`."""
    if isinstance(value, ast.Subscript):
        return value.value is part
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "get"
        and value.func.value is part
    )


def _converted(parts: list[ast.Attribute], function: ast.AST) -> bool:
    """Whether all of it is read and made numbers where failing is caught: an odd text is turned away."""
    for node in nodes_in(function):
        if isinstance(node, ast.Try) and node.handlers:
            inside = {id(part) for statement in node.body for part in ast.walk(statement)}
            calls = (part for statement in node.body for part in ast.walk(statement))
            numbers = any(
                isinstance(part, ast.Call) and dotted(part.func, {}) in {"float", "int"} for part in calls
            )
            if numbers and all(id(part) in inside for part in parts):
                return True
    return False


def _ranged(function: ast.AST) -> bool:
    """Whether some number is compared with a bound."""
    return any(
        isinstance(node, ast.Compare)
        and any(isinstance(sign, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for sign in node.ops)
        for node in nodes_in(function)
    )


def _loose_body(
    code: Code, block: Block, node: ast.FunctionDef | ast.AsyncFunctionDef, known: dict[str, str]
) -> list[Sighting]:
    """A body that FastAPI hands over as it came: a dict of anything, or the request's own JSON."""
    if not any(name.startswith("fastapi") for name in known.values()):
        return []
    loose = next((item for item in node.args.args if item.annotation and _is_loose(item.annotation)), None)
    read = next((part for part in nodes_in(node) if _reads_json(part)), None)
    if (loose or read) is None or _checks(node) or not answers(node, block):
        return []
    said = f"{loose.arg}: {ast.unparse(loose.annotation)}" if loose and loose.annotation else "request.json()"
    return [Sighting("unchecked_body", node.name, code.at(loose or read or node, block), said)]


def _is_loose(annotation: ast.expr) -> bool:
    return (
        re.fullmatch(r"(?:typing\.)?(?:[dD]ict(?:\[str, (?:typing\.)?Any\])?|Any)", ast.unparse(annotation))
        is not None
    )


def _reads_json(node: ast.AST) -> bool:
    return isinstance(node, ast.Await) and ast.unparse(node.value) in {"request.json()", "req.json()"}


def answers(node: ast.AST, block: Block) -> bool:
    """Whether a handler asks a model, itself or through a function of the same file."""
    functions = {item.name: item for item in block.tree.body if isinstance(item, ast.FunctionDef)}
    open_, seen = [node], set[str]()
    while open_:
        for part in nodes_in(open_.pop()):
            if not isinstance(part, ast.Call):
                continue
            last = dotted(part.func, {}).rsplit(".", 1)[-1].lower()
            if any(word in last for word in ASKS) and "password" not in last and "token" not in last:
                return True
            if last in functions and last not in seen:
                seen.add(last)
                open_.append(functions[last])
    return False


def _checks(node: ast.AST) -> bool:
    for part in nodes_in(node):
        if isinstance(part, ast.Assert | ast.Raise) or (isinstance(part, ast.Try) and _expects(part)):
            return True
        if isinstance(part, ast.Return) and isinstance(part.value, ast.Tuple) and len(part.value.elts) > 1:
            status = constant(part.value.elts[1])
            if isinstance(status, int) and 400 <= status < 500:
                return True
        if isinstance(part, ast.Call) and dotted(part.func, {}).rsplit(".", 1)[-1] in {
            "isinstance", "validate", "model_validate", "abort", "load", "parse_obj", "validate_on_submit",
        } and dotted(part.func, {}) not in {"pickle.load", "joblib.load"}:  # fmt: skip
            return True
    return False


def _expects(node: ast.Try) -> bool:
    """Whether a try is prepared for odd values, not just for anything that may go wrong."""
    named = {ast.unparse(handler.type) if handler.type else "" for handler in node.handlers}
    return bool(named - {"", "Exception", "BaseException"})


def _loads_at_import(code: Code, block: Block, known: dict[str, str]) -> Iterator[Sighting]:
    called = {
        node.func.id
        for statement in _top(block.tree.body)
        for node in _outside_functions(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    for statement in _top(block.tree.body):
        for node in _outside_functions(statement):
            if isinstance(node, ast.Call) and loads(dotted(node.func, known)):
                yield Sighting("loads_at_import", dotted(node.func, known), code.at(node, block))
    for statement in block.tree.body:
        if (
            isinstance(statement, ast.FunctionDef)
            and statement.name in called
            and not statement.decorator_list
        ):
            for node in nodes_in(statement):
                if isinstance(node, ast.Call) and dotted(node.func, known) in UNSAFE_LOADERS:
                    yield Sighting(
                        "loads_at_import", dotted(node.func, known), code.at(node, block), statement.name
                    )


def loads(name: str) -> bool:
    """Whether a call of that name loads a saved model."""
    return name in UNSAFE_LOADERS or name.endswith((".load_model", ".from_pretrained"))


def _top(body: list[ast.stmt]) -> list[ast.stmt]:
    return [
        item
        for item in body
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (isinstance(item, ast.If) and "__name__" in ast.unparse(item.test))
    ]


def _outside_functions(statement: ast.stmt) -> Iterable[ast.AST]:
    open_: list[ast.AST] = [statement]
    while open_:
        node = open_.pop()
        yield node
        open_ += [
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        ]
