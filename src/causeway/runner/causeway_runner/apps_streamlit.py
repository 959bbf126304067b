"""Drives a Streamlit app by its own testing module: sets what it shows, presses its button."""

import re
import sys

from causeway_runner.driving import Failed, Undrivable, first_line
from causeway_runner.matching import Input

SELECTS = ("selectbox", "radio", "select_slider")
NUMBERS = ("slider", "number_input")
TEXTS = ("text_input", "text_area")
CHECKS = ("checkbox", "toggle")
PRESS = re.compile(
    r"predict|classif|submit|estimat|calculat|check|detect|analy|score|result|run|go|find", re.IGNORECASE
)
TOLD = (
    "success",
    "markdown",
    "text",
    "metric",
    "error",
    "warning",
    "info",
    "title",
    "subheader",
    "header",
    "json",
)
FEW_OPTIONS = 8


class Streamlit:
    """The app in a session of its own."""

    name = "Streamlit"

    def __init__(self, path, _request, seconds):
        try:
            from streamlit.testing.v1 import AppTest
        except ImportError as error:
            version = getattr(sys.modules.get("streamlit"), "__version__", "")
            raise Undrivable("Streamlit %s has no testing module (1.28 and later have)" % version) from error
        self.test = AppTest.from_file(path, default_timeout=seconds)
        self.settings = {}
        self.run()
        self.before = set(self.texts())

    def run(self):
        """Runs the script; raises Failed with the app's own exception."""
        try:
            self.test.run()
        except RuntimeError as error:
            raise Failed(str(error)) from error
        if len(self.test.exception):
            shown = self.test.exception[0]
            told = getattr(shown, "proto", shown)
            kind, text = getattr(told, "type", ""), first_line(getattr(told, "message", "") or shown.value)
            raise Failed("%s: %s" % (kind, text) if kind else text, getattr(told, "stack_trace", ()))

    def inputs(self, wanted):
        """What it asks for; where a choice decides what is shown, the one with most that is wanted."""
        found = self.shown()
        best, chosen = wanted(found), None
        for kind in ("radio", "selectbox"):
            for place, widget in enumerate(self.all(kind)):
                options = list(widget.options)
                if best or not 1 < len(options) <= FEW_OPTIONS:
                    continue
                for option in options[1:]:
                    count = self.seen_with(kind, place, option, wanted)
                    if count > best:
                        best, chosen = count, (kind, place, option)
        if chosen:
            self.settings[chosen[:2]] = chosen[2]
            self.apply()
            self.run()
        return self.shown()

    def seen_with(self, kind, place, option, wanted):
        """How much of what is wanted is shown under this choice."""
        held = self.all(kind)[place].value
        try:
            self.all(kind)[place].set_value(option)
            self.run()
            count = wanted(self.shown())
            self.all(kind)[place].set_value(held)
            self.run()
        except (Failed, IndexError):
            return 0
        return count

    def apply(self):
        """Sets what decides which inputs are shown."""
        for (kind, place), option in self.settings.items():
            self.all(kind)[place].set_value(option)

    def all(self, kind):
        """The widgets of a kind; none where this version of Streamlit does not know it."""
        try:
            return list(self.test.get(kind) if kind == "toggle" else getattr(self.test, kind))
        except (AttributeError, KeyError):
            return []

    def shown(self):
        """The inputs on the page."""
        found = []
        for kinds, what in ((SELECTS, "select"), (NUMBERS, "number"), (TEXTS, "text"), (CHECKS, "check")):
            for kind in kinds:
                for place, widget in enumerate(self.all(kind)):
                    found.append(self.input(kind, place, widget, what))
        return found

    def input(self, kind, place, widget, what):
        """One widget as an input."""
        value = widget.value
        if what == "select":
            return Input(named(widget), what, options=list(widget.options), handle=(kind, place))
        if what == "number" and not isinstance(value, (int, float)):
            return Input(named(widget), "other", handle=(kind, place))
        if what == "number":
            low, high = getattr(widget, "min", None), getattr(widget, "max", None)
            step = widget.step if isinstance(widget.step, (int, float)) else 0
            # a slider knows no other values than its steps, whatever their type
            whole = step >= 1 and step == int(step) if kind == "slider" else isinstance(value, int)
            return Input(named(widget), what, low=low, high=high, whole=whole, handle=(kind, place))
        return Input(named(widget), what, handle=(kind, place))

    def ask(self, values):
        """Sets the inputs, presses the button; what the page then says."""
        self.apply()
        for asked, value in values:
            kind, place = asked.handle
            self.all(kind)[place].set_value(value)
        button = self.button()
        if button is not None:
            button.click()
        self.run()
        told = [text for text in self.texts() if text not in self.before]
        return " ".join(" ".join(told).split())

    def button(self):
        """The button that asks for the answer."""
        there = self.all("button")
        likely = [one for one in there if PRESS.search(one.label or "")]
        return (likely or there or [None])[0]

    def texts(self):
        """What the page says."""
        return [str(one.value) for kind in TOLD for one in self.all(kind)]


def named(widget):
    """What a widget is called: its label, else its key."""
    return widget.label or widget.key or ""
