"""Tools that a model may call, what they can change, who approves, and whether its loop ends."""

import ast
import re
from collections.abc import Callable

from causeway.core.finding import Evidence
from causeway.core.poc import GenTool, Sighting
from causeway.intake.generative.labels import Flow
from causeway.intake.generative.own import Own
from causeway.intake.generative.sites import Sites
from causeway.intake.generative.sources import QUERIES, SHELLS
from causeway.intake.generative.values import Function, Node, Place
from causeway.intake.python.names import constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

MARKS = {"tool", "tool_plain", "function_tool", "kernel_function", "register_for_llm",
    "register_for_execution", "ai_function",
         "mcp_tool", "beta_tool"}  # fmt: skip
MAKERS = {
    "Tool",
    "StructuredTool",
    "from_function",
    "FunctionTool",
    "from_defaults",
    "QueryEngineTool",
    "FunctionDeclaration",
}
# tools that come with libraries, and what they can change
READY = {
    "PythonREPLTool": ("code",), "PythonREPL": ("code",), "PythonAstREPLTool": ("code",),
    "ShellTool": ("shell",),
    "BashProcess": ("shell",), "QuerySQLDataBaseTool": ("SQL",), "QuerySQLDatabaseTool": ("SQL",),
    "SQLDatabaseToolkit": ("SQL",), "FileManagementToolkit": ("files",), "WriteFileTool": ("files",),
    "DeleteFileTool": ("files",), "RequestsToolkit": ("http",), "RequestsPostTool": ("http",),
    "GmailToolkit": ("email",),
    "GmailSendMessage": ("email",), "SlackToolkit": ("http",), "PlayWrightBrowserToolkit": ("http",),
    "CodeInterpreterTool": ("code",), "FileWriterTool": ("files",), "PythonInterpreterTool": ("code",),
    "PythonCodeExecutionTool": ("code",),
    "TavilySearch": (), "TavilySearchResults": (), "DuckDuckGoSearchTool": (), "DuckDuckGoSearchRun": (),
    "SerperDevTool": (), "WikipediaQueryRun": (), "GoogleSearchAPIWrapper": (), "SerpAPIWrapper": (),
    "VisitWebpageTool": (), "ScrapeWebsiteTool": (), "WebSearchTool": (), "FileReadTool": (),
    "ArxivQueryRun": (),
    "YahooFinanceNewsTool": (), "WebsiteSearchTool": (), "FileSearchTool": (), "LLMMathChain": (),
}  # fmt: skip
AGENTS = {
    "create_react_agent", "initialize_agent", "AgentExecutor", "create_agent",
    "create_openai_functions_agent",
    "create_openai_tools_agent", "create_tool_calling_agent", "create_structured_chat_agent",
    "create_sql_agent",
    "create_pandas_dataframe_agent", "create_csv_agent", "bind_tools", "ReActAgent", "FunctionAgent",
    "OpenAIAgent",
    "FunctionCallingAgent", "AgentWorkflow", "CodeAgent", "ToolCallingAgent", "AssistantAgent",
    "UserProxyAgent",
    "ConversableAgent", "GroupChat", "Crew", "ChatCompletionAgent", "ToolNode", "create_supervisor",
    "RoutedAgent",
    "create_deep_agent", "SmartDataframe", "SmartDatalake", "CodeExecutorAgent",
}  # fmt: skip
AGENT_LIBRARIES = ("crewai.Agent", "agents.Agent", "pydantic_ai.Agent", "agno.agent.Agent",
"phi.agent.Agent", "google.adk.agents",
                   "haystack.components.agents.Agent", "strands.Agent")  # fmt: skip
# agents that run what the model writes
WRITERS = {"create_pandas_dataframe_agent": "code", "create_csv_agent": "code", "CodeAgent": "code",
    "SmartDataframe": "code",
           "SmartDatalake": "code", "create_sql_agent": "SQL", "CodeExecutorAgent": "code"}  # fmt: skip
SANDBOXES = {"e2b", "docker", "modal", "blaxel", "wasm"}
_APPROVED = re.compile(
    r"\binterrupt(_before|_after)?\b|HumanInTheLoop|HumanApproval|human_input\s*=\s*True|human_input_mode\s*=\s*.(ALWAYS|TERMINATE)"
    r"|require_approval|needs_approval|approval|\bapprove|\bconfirm(ed|ation)?\b|\(y/n\)|\[y/N\]|requires_confirmation",
    re.IGNORECASE,
)
_POSTERS = {"post", "put", "patch", "delete", "request"}
_FILES = {"write_text", "write_bytes", "unlink", "rmdir", "rmtree", "os.remove", "os.unlink", "os.rename",
    "shutil.move",
          "shutil.rmtree", "os.makedirs_", "shutil.copy_"}  # fmt: skip
MAX_TOOLS = 60


class Acting:
    """The agents of a folder: tools with their effects, and what stands out about them."""

    def __init__(self, files: list[list[Node]], sites: Sites) -> None:
        self.files = files
        self.sites = sites
        self.tools: dict[str, GenTool] = {}
        self.agents: dict[str, Evidence] = {}
        self.hosted = False
        self.sightings: list[Sighting] = []
        self._functions: dict[str, tuple[Function, Place]] = {}
        self.own = Own(files)
        for found in files:
            for node, place in found:
                if isinstance(node, Function):
                    self._functions.setdefault(node.name, (node, place))
        self.approved = {place.code.path for found in files for _, place in found[:1] if _asks_first(place)}
        for found in files:
            for node, place in found:
                self._node(node, place)

    def names(self) -> list[str]:
        """The folder's own functions that a model may call."""
        return [name for name in self.tools if name in self._functions]

    def _node(self, node: ast.AST, place: Place) -> None:
        if isinstance(node, Function):
            if any(_mark(mark) for mark in node.decorator_list) or (
                node.name in {"_run", "forward"} and _is_tool_class(place)
            ):
                self._tool(place.owner if node.name in {"_run", "forward"} else node.name, node, place)
        elif isinstance(node, ast.Dict):
            self._schema(node, place)
        elif isinstance(node, ast.Attribute) and node.attr == "tool_calls":
            self.agents.setdefault("tool calls", place.code.at(node, place.block))
        elif isinstance(node, ast.Call):
            self._call(node, place)

    def _tool(self, name: str, node: ast.AST, place: Place, acts: tuple[str, ...] | None = None) -> None:
        if name and len(self.tools) < MAX_TOOLS:
            found = self.effects(node, place) if acts is None else acts
            self.tools.setdefault(name, GenTool(name, place.code.at(node, place.block), found))

    def _schema(self, node: ast.Dict, place: Place) -> None:
        given = {
            constant(key): value for key, value in zip(node.keys, node.values, strict=True) if key is not None
        }
        kind = constant(given.get("type"))
        if kind in {
            "code_interpreter",
            "file_search",
            "web_search",
            "web_search_preview",
            "computer_use_preview",
        }:
            self.hosted = True
            self._tool(str(kind), node, place, ())
            return
        inner = (
            given.get("function")
            if kind == "function"
            else (node if {"name", "description", "input_schema"} <= set(given) else None)
        )
        name = None
        if isinstance(inner, ast.Dict):
            keys = {
                constant(key): value
                for key, value in zip(inner.keys, inner.values, strict=True)
                if key is not None
            }
            name = (
                constant(keys.get("name"))
                if {"description", "parameters"} & set(keys) or inner is node
                else None
            )
        elif kind == "function" and {"name", "parameters"} <= set(given):
            name = constant(given["name"])
        if isinstance(name, str):
            own = (
                self._functions.get(name)
                or self._functions.get(f"{name}_tool")
                or self._functions.get(f"tool_{name}")
            )
            self._tool(
                own[0].name if own else name,
                own[0] if own else node,
                own[1] if own else place,
                None if own else (),
            )

    def _call(self, node: ast.Call, place: Place) -> None:
        name = dotted(node.func, place.scope.known)
        last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
        if self.own.means(node, place):
            last = ""
        if last in READY and ("." in name or place.scope.known.get(last)):
            self._tool(last, node, place, READY[last])
        elif last in MAKERS:
            self._made(node, place)
        elif last == "load_tools" and node.args:
            for made, _ in self.sites.constants.values(node.args[0], place.scope):
                for item in getattr(made, "elts", []):
                    acts = (
                        ("shell",)
                        if constant(item) == "terminal"
                        else ("code",)
                        if constant(item) == "python_repl"
                        else ()
                    )
                    self._tool(str(constant(item)), node, place, acts)
        if last in AGENTS or (last and name.startswith(AGENT_LIBRARIES)):
            self._agent(node, place, name, last)
        given = keyword(node, "tools") or keyword(node, "functions")
        if given is not None and not (last == "Field" or name.startswith("streamlit")):
            self._listed(given, place)
            self.agents.setdefault(
                last or name.rsplit(".", 1)[-1] or "tools", place.code.at(node, place.block)
            )

    def _listed(self, given: ast.AST, place: Place) -> None:
        for made, its in self.sites.constants.values(given, place.scope):
            for item in getattr(made, "elts", []):
                own = (
                    self._functions.get(item.id)
                    if isinstance(item, ast.Name)
                    else self._functions.get(item.attr)
                    if isinstance(item, ast.Attribute)
                    else None
                )
                if own and not its.find(getattr(item, "id", "")):
                    self._tool(own[0].name, own[0], own[1])

    def _made(self, node: ast.Call, place: Place) -> None:
        given = (
            keyword(node, "func")
            or keyword(node, "fn")
            or keyword(node, "function")
            or (node.args[0] if node.args else None)
        )
        own = (
            self._functions.get(given.id)
            if isinstance(given, ast.Name)
            else self._functions.get(given.attr)
            if isinstance(given, ast.Attribute)
            else None
        )
        named = self.sites.constants.texts(keyword(node, "name"), place.scope)
        if own:
            self._tool(own[0].name, own[0], own[1])
        elif named:
            self._tool(named[0], node, place, ())

    def _agent(self, node: ast.Call, place: Place, name: str, last: str) -> None:
        at = place.code.at(node, place.block)
        if last == "UserProxyAgent" and not name.startswith("autogen_agentchat"):
            self._proxy(node, place, at)
        self.agents.setdefault(last, at)
        runs = WRITERS.get(last)
        sandbox = constant(keyword(node, "executor_type"))
        if runs and sandbox not in SANDBOXES and "Docker" not in ast.unparse(node):
            self.sightings.append(Sighting("model_output_run", runs, at, last))
            self._tool(last, node, place, (runs,))
        limit = keyword(node, "max_iterations")
        if limit is not None and isinstance(limit, ast.Constant) and limit.value is None:
            self.sightings.append(Sighting("endless", f"{last}(max_iterations=None)", at))

    def _proxy(self, node: ast.Call, place: Place, at: Evidence) -> None:
        runs = keyword(node, "code_execution_config")
        if runs is None or constant(runs) is False:
            return
        text = ast.unparse(runs)
        for made, _ in self.sites.constants.values(runs, place.scope):
            text += ast.unparse(made)
        sandboxed = "Docker" in text or ("use_docker" in text and "'use_docker': False" not in text)
        if not sandboxed:
            self.sightings.append(Sighting("model_output_run", "code", at, "UserProxyAgent"))
            self._tool("code execution", node, place, ("code", "shell"))
        if constant(keyword(node, "human_input_mode")) in {"ALWAYS", "TERMINATE"}:
            self.approved.add(place.code.path)

    def executed(self, flow: Flow) -> None:
        """Adds the functions that carry out what a model chose, where no tool of that name is known."""
        asking = flow.asking()
        for name, known in flow.executors.items():
            if id(known.node) in asking:
                continue
            acts = self.effects(known.node, known.place)
            if acts and not any(set(acts) <= set(tool.acts) for tool in self.tools.values()):
                self._tool(name, known.node, known.place, acts)

    def effects(self, node: ast.AST, place: Place, depth: int = 3) -> tuple[str, ...]:
        """What the function can change, itself or through the folder's functions that it calls."""
        found: dict[str, None] = {}
        for inner in nodes_in(node):
            if not isinstance(inner, ast.Call):
                continue
            name = dotted(inner.func, place.scope.known)
            last = inner.func.attr if isinstance(inner.func, ast.Attribute) else name.rsplit(".", 1)[-1]
            if effect := _effect(inner, name, last):
                found.setdefault(effect)
            own = self._functions.get(last)
            if (
                own
                and depth
                and own[0] is not node
                and last not in {"run", "invoke", "get", "main", "execute"}
            ):
                found |= dict.fromkeys(self.effects(own[0], own[1], depth - 1))
        return tuple(found)


def _asks_first(place: Place) -> bool:
    return any(_APPROVED.search(block.text) for block in place.code.blocks)


def _mark(mark: ast.expr) -> bool:
    called = mark.func if isinstance(mark, ast.Call) else mark
    last = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return last in MARKS


def _is_tool_class(place: Place) -> bool:
    for node in nodes_in(place.block.tree):
        if isinstance(node, ast.ClassDef) and node.name == place.owner:
            bases = [dotted(base, {}).rsplit(".", 1)[-1] for base in node.bases]
            return any(base.endswith("Tool") for base in bases)
    return False


def _effect(node: ast.Call, name: str, last: str) -> str:
    return next((effect for effect, rule in _EFFECTS.items() if rule(node, name, last)), "")


def _writes(node: ast.Call, name: str, last: str) -> bool:
    if last in _FILES or name in _FILES:
        return True
    mode = constant(node.args[1]) if len(node.args) > 1 else constant(keyword(node, "mode"))
    return (
        name in {"open", "io.open", "codecs.open"} and isinstance(mode, str) and bool(set(mode) & set("wax+"))
    )


def _changes_rows(node: ast.Call, last: str) -> bool:
    if last not in QUERIES or not node.args:
        return False
    text = str(constant(node.args[0]) or "")
    return not text.lstrip().upper().startswith(("SELECT", "PRAGMA", "SHOW", "CREATE TABLE IF"))


def _sends(node: ast.Call, name: str, last: str) -> bool:
    library = name.startswith(("requests.", "httpx.", "aiohttp."))
    return last in _POSTERS and (library or (last == "request" and len(node.args) > 1))


_EFFECTS: dict[str, Callable[[ast.Call, str, str], bool]] = {
    "shell": lambda _node, name, _last: name in SHELLS,
    "code": lambda _node, name, _last: name in {"eval", "exec"},
    "SQL": lambda node, _name, last: _changes_rows(node, last),
    "files": _writes,
    "email": lambda _node, name, last: (
        name.startswith("smtplib.") or last in {"sendmail", "send_email", "send_mail"}
    ),
    "http": _sends,
    "database": lambda _node, _name, last: last == "commit",
}
