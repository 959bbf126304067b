"""Where text comes from, where it does harm, and what only passes it on."""

import ast
import re

from causeway.intake.python.names import constant, keyword

# what people type; the first are somebody else, the second is whoever started the program
USER_CALLS = {
    "text_input",
    "text_area",
    "chat_input",
    "get_json",
    "receive_text",
    "receive_json",
    "file_uploader",
}
OPERATOR_CALLS = {"input", "click.prompt", "Prompt.ask", "typer.prompt", "parse_args"}
REQUEST_PARTS = {"json", "form", "args", "values", "data", "files", "GET", "POST", "body", "query_params"}
ROUTES = {"route", "get", "post", "put", "patch", "delete", "websocket", "on_message", "message", "event",
    "command",
          "api_view", "message_handler"}  # fmt: skip
DOCUMENT_CALLS = {
    "similarity_search", "similarity_search_with_score", "similarity_search_with_relevance_scores",
    "max_marginal_relevance_search", "get_relevant_documents", "aget_relevant_documents", "extract_text",
    "load_and_split", "load_data", "PdfReader", "fitz.open", "query_points", "extract_tables",
}  # fmt: skip
WEB_CALLS = {"requests.get", "httpx.get", "urllib.request.urlopen", "urlopen", "BeautifulSoup", "scrape_url",
             "WebBaseLoader", "wikipedia.summary"}  # fmt: skip
RETRIEVERS = {"as_retriever", "as_query_engine", "as_chat_engine", "create_retrieval_chain"}
CLEAN = {
    "int", "float", "len", "bool", "round", "type", "isinstance", "hash", "print", "sum", "abs", "range",
    "hasattr",
    "id", "min", "max", "enumerate_", "logging.info", "secure_filename", "sorted_", "uuid.uuid4", "callable",
    "number_input", "selectbox", "slider", "checkbox", "button", "radio",
}  # fmt: skip
MUTATORS = {"append", "extend", "add", "insert", "update", "write", "write_text", "write_bytes", "put",
    "setdefault",
            "appendleft", "add_message", "add_user_message", "add_ai_message", "add_node", "set", "join_",
            "push",
            "add_documents", "add_texts", "add_edge", "set_entry_point", "add_conditional_edges"}  # fmt: skip
ASKING = {
    "invoke", "ainvoke", "stream", "astream", "predict", "apredict", "run", "arun", "generate", "agenerate",
    "complete",
    "acomplete", "chat", "achat", "query", "aquery", "kickoff", "initiate_chat", "a_initiate_chat", "batch",
    "abatch",
    "run_sync", "run_stream", "forward", "stream_chat", "send_message", "send_message_async",
    "generate_content",
    "__call__", "call", "respond", "prompt", "create_chat_completion", "create_completion", "chat_completion",
    "text_generation", "stream_complete", "astream_events", "kickoff_async", "predict_messages", "apply",
    "converse",
    "generate_reply", "run_streamed", "get_response",
}  # fmt: skip
RUNNERS = {"eval", "exec"}
SHELLS = {"os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.check_output",
    "subprocess.Popen",
          "subprocess.check_call", "subprocess.getoutput", "asyncio.create_subprocess_shell",
          "asyncio.create_subprocess_exec", "pty.spawn"}  # fmt: skip
QUERIES = {"execute", "executemany", "executescript", "read_sql_query", "read_sql", "run_sql", "raw", "sql"}
QUERY_LIBRARIES = {"sqlite3", "psycopg2", "psycopg", "mysql", "pymysql", "sqlalchemy", "pyodbc", "duckdb",
    "pandas",
                   "snowflake", "asyncpg", "aiosqlite", "google", "cx_Oracle", "oracledb",
                   "langchain_community"}  # fmt: skip
REPLS = {"PythonREPL", "PythonREPLTool", "PythonAstREPLTool", "ShellTool", "BashProcess",
    "LocalCommandLineCodeExecutor",
         "PythonCodeExecutionTool"}  # fmt: skip
SEARCHES = re.compile(r"(?i)tavily|ddgs|duckduckgo|serp|firecrawl|searx|brave_?search|\bexa\b|google_?search")
_ASKS_THE_WEB = {"search", "run", "invoke", "text", "news", "results", "get_dict", "search_and_contents",
                 "get_search_context", "extract", "scrape"}  # fmt: skip
INDEXES = re.compile(r"(?i)(?:^|[._])(?:collection|index|vector_?(?:index|store|db))$")

DUMPS = {"json.dumps", "orjson.dumps", "simplejson.dumps", "ujson.dumps", "yaml.dump", "yaml.safe_dump"}
DATABASES = re.compile(r"(?i)cur|conn|db|sess|engine|sql|database|duck|client|bigquery|warehouse")
"""What people call an object that sends a query to a database."""
_SINKS = (
    ("code", RUNNERS | {"builtins.eval", "builtins.exec"}),
    ("pickle", frozenset({"pickle.loads", "dill.loads", "marshal.loads", "jsonpickle.decode"})),
    ("HTML", frozenset({
        "markupsafe.Markup", "flask.Markup", "flask.render_template_string", "streamlit.components.v1.html",
    })),
    ("parse", frozenset({"json.loads", "ast.literal_eval", "yaml.safe_load", "json5.loads"})),
)  # fmt: skip


def sink_of(name: str, last: str, node: ast.Call, imports: set[str]) -> tuple[str, list[ast.expr]]:
    """What a call would do with text from a model, and the arguments that matter; empty when harmless."""
    arguments = [*node.args, *(item.value for item in node.keywords)]
    if name in SHELLS:
        return "shell", arguments
    for how, names in _SINKS:
        if name in names:
            return how, arguments[:1]
    if last in QUERIES and imports & QUERY_LIBRARIES and node.args:
        return "SQL", arguments[:1]
    if constant(keyword(node, "unsafe_allow_html")) is True or last == "HTMLResponse":
        return "HTML", arguments[:1]
    return "", []


def source_of(name: str, last: str, owner: str) -> str:
    """Whose text a call brings: user, operator, document, web; empty for none."""
    if last == "file_uploader":
        return "file"
    if last in USER_CALLS:
        return "user"
    if name in OPERATOR_CALLS or last == "parse_args":
        return "operator"
    if (
        last in DOCUMENT_CALLS
        or name in DOCUMENT_CALLS
        or (last in {"load", "lazy_load"} and "loader" in owner.lower())
        or (last == "query" and INDEXES.search(owner))
    ):
        return "document"
    if name in WEB_CALLS or last in WEB_CALLS or (last in _ASKS_THE_WEB and SEARCHES.search(owner)):
        return "web"
    return ""
