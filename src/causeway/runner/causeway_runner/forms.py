"""What a web page asks for, and what the code behind it reads from a request."""

import ast
import inspect
import textwrap
from html.parser import HTMLParser

from causeway_runner.matching import Input

SENT = {"form": "form", "values": "form", "json": "json", "args": "query"}


class Page(HTMLParser):
    """The forms of a page."""

    def __init__(self):
        super().__init__()
        self.forms, self.inputs, self.select, self.option = [], [], None, None

    def handle_starttag(self, tag, attrs):
        """Opens a form, notes an input."""
        given = dict(attrs)
        if tag == "form":
            self.inputs = []
            self.forms.append(
                (given.get("action") or "", (given.get("method") or "get").lower(), self.inputs)
            )
        elif tag == "option" and self.select is not None:
            self.option = given.get("value")
            if self.option is not None and "disabled" not in given:
                self.select.options.append(self.option)
        elif tag in ("input", "select", "textarea") and given.get("name"):
            self.note(tag, given)

    def note(self, tag, given):
        """Keeps one input; the buttons of a choice are one."""
        kind, name = given.get("type") or "text", given["name"]
        if kind in ("submit", "button", "reset", "file", "image"):
            return
        if kind == "radio":
            same = next((one for one in self.inputs if one.name == name), None)
            if same is None:
                same = Input(name, "select", handle=name)
                self.inputs.append(same)
            same.options.append(given.get("value") or "on")
            return
        made = Input(name, "number" if kind in ("number", "range") else "text", handle=name)
        self.select = made if tag == "select" else None
        self.inputs.append(made)

    def handle_endtag(self, tag):
        """Closes a choice."""
        if tag == "select":
            self.select = None

    def handle_data(self, data):
        """An option without a value means its text."""
        if self.select is not None and self.option is None and data.strip():
            self.select.options.append(data.strip())


def forms_of(text):
    """Action, method and inputs of each form of a page."""
    page = Page()
    page.feed(text)
    for _, _, inputs in page.forms:
        for one in inputs:
            one.options = [option for option in one.options if option != ""]
    return page.forms


def read_by(function):
    """The fields that a view reads from its request, by their names, and how they are sent."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, SyntaxError):
        return [], ""
    aliases, names, how = {}, [], ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            sent = source_of(node.value, aliases)
            if sent:
                aliases[node.targets[0].id] = sent
    for node in ast.walk(tree):
        sent, name = field_of(node, aliases)
        how = sent or how
        if name and name not in names:
            names.append(name)
    anywhere = (source_of(node, aliases) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return names, how or next(iter(aliases.values()), "") or next(filter(None, anywhere), "")


def source_of(node, aliases):
    """How a request's part is sent: `form`, `json` or `query`; empty where it is no part of a request."""
    if isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.Name):
        return aliases.get(node.id, "")
    if isinstance(node, ast.Call):
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in ("get_json", "json"):
            return "json"
        if isinstance(called, ast.Attribute) and called.attr in ("to_dict", "form", "values"):
            return source_of(called.value, aliases) or ("form" if called.attr != "to_dict" else "")
        return ""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "request":
        return SENT.get(node.attr, "")
    return ""


def field_of(node, aliases):
    """How it is sent and the field's name, for `request.form["x"]`, `data.get("x")` and their like."""
    if isinstance(node, ast.Subscript):
        index = getattr(node.slice, "value", node.slice)
        name = index if isinstance(index, str) else getattr(index, "value", None)
        sent = source_of(node.value, aliases)
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "getlist")
    ):
        first = node.args[0] if node.args else None
        name, sent = getattr(first, "value", None), source_of(node.func.value, aliases)
    else:
        return "", ""
    return (sent, name) if sent and isinstance(name, str) else (sent, "")
