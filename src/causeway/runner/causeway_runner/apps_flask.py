"""Drives a Flask app by its own test client: forms as its pages have them, JSON as its code reads it."""

import os
import re
import sys

from causeway_runner.driving import Failed, Undrivable, imported
from causeway_runner.forms import forms_of, read_by
from causeway_runner.matching import Input

FACTORIES = ("create_app", "make_app", "get_app")
BATCHES = {"features", "data", "input", "inputs", "instances", "values", "rows", "array", "x"}
TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)


class Route:
    """One place of the app that takes inputs: where, how they are sent, which."""

    def __init__(self, rule, method, sent, *, names, inputs=(), whole=False):
        self.rule, self.method, self.sent, self.names = rule, method, sent, names
        self.fields, self.whole = list(inputs), whole


class Flask:
    """The app behind its test client."""

    name = "Flask"

    def __init__(self, path, _request, _seconds):
        sys.path.insert(0, os.path.dirname(path))
        module = imported(path)
        self.app = found_app(module)
        self.app.testing = False
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.error = None
        self.heard()
        self.client = self.app.test_client()
        self.route = None

    def heard(self):
        """Keeps the exception behind an answer 500."""
        held = self.app.log_exception

        def note(info):
            self.error = info[1]
            held(info)

        self.app.log_exception = note

    def inputs(self, wanted):
        """What the place that asks for most of what is wanted asks for."""
        routes = self.routes()
        if not routes:
            raise Undrivable("no view reads a form, a query or JSON whose fields can be told")
        self.route = max(routes, key=lambda route: (route.whole, wanted(route.fields), len(route.fields)))
        return self.route.fields

    def routes(self):
        """The places that take inputs."""
        forms = self.forms()
        found = []
        for rule in self.app.url_map.iter_rules():
            if rule.endpoint == "static" or rule.arguments:
                continue
            names, sent = read_by(self.app.view_functions[rule.endpoint])
            method = "POST" if "POST" in rule.methods else "GET"
            shown = next(
                (
                    inputs
                    for action, inputs in forms
                    if action.split("?")[0].strip("/") == rule.rule.strip("/")
                ),
                [],
            )
            known = {one.name: one for one in shown}
            fields = [
                known.get(name) or Input(name, "json" if sent == "json" else "text", handle=name)
                for name in names
            ]
            fields += [one for one in shown if one.name not in names]
            if fields or (sent == "json" and method == "POST"):
                batch = len(fields) == 1 and fields[0].name.lower() in BATCHES and sent == "json"
                found.append(
                    Route(
                        rule.rule,
                        method,
                        sent or "form",
                        names=names,
                        inputs=fields,
                        whole=not fields or batch,
                    )
                )
        return found

    def forms(self):
        """Where each form of the app's pages goes to (its own page where it does not say), and its inputs."""
        found = []
        for rule in self.app.url_map.iter_rules():
            if "GET" in rule.methods and not rule.arguments and rule.endpoint != "static":
                answered = self.client.get(rule.rule)
                if answered.status_code == 200 and "html" in (answered.content_type or ""):
                    text = answered.get_data(as_text=True)
                    found += [(action or rule.rule, inputs) for action, _, inputs in forms_of(text)]
        return [(self.resolved(action), inputs) for action, inputs in found]

    def resolved(self, action):
        """The path of an address."""
        return "/" + action.split("://", 1)[-1].partition("/")[2] if "://" in action else action

    def ask(self, values):
        """Sends the inputs; what the app answers, in words. Raises Failed where it answers with an error."""
        sent = {asked.handle: value for asked, value in values}
        return self.send(sent)

    def ask_whole(self, record, row):
        """Sends a whole record, or the row of the matrix under the one name that is read."""
        names = self.route.names
        return self.send({names[0]: row} if names else record)

    def send(self, sent):
        """Makes the request."""
        self.error = None
        how = {"form": "data", "json": "json", "query": "query_string"}[self.route.sent]
        if self.route.method == "GET":
            how = "query_string"
        if how != "json":
            sent = {name: str(value) for name, value in sent.items()}
        answered = self.client.open(self.route.rule, method=self.route.method, **{how: sent})
        text = " ".join(TAGS.sub(" ", answered.get_data(as_text=True)).split())
        if answered.status_code >= 400:
            raise Failed("HTTP %d%s" % (answered.status_code, why(self.error)))
        return text


def why(error):
    """The exception behind it, in words."""
    return "" if error is None else ": %s: %s" % (type(error).__name__, str(error)[:200])


def found_app(module):
    """The app in a module, or what its factory makes."""
    from flask import Flask as Kind

    for held in vars(module).values():
        if isinstance(held, Kind):
            return held
    for name in FACTORIES:
        if callable(getattr(module, name, None)):
            return getattr(module, name)()
    raise Undrivable("the file makes no Flask app when it is imported")
