"""Drives a Gradio app: calls the function behind it with what its components would give."""

import os
import sys

from causeway_runner.driving import Failed, Undrivable, imported
from causeway_runner.matching import Input

CHOICES = ("Dropdown", "Radio")
NUMBERS = ("Number", "Slider")


class Gradio:
    """The function with the most inputs, and its components."""

    name = "Gradio"

    def __init__(self, path, _request, _seconds):
        sys.path.insert(0, os.path.dirname(path))
        module = imported(path)
        import gradio

        blocks = [held for held in vars(module).values() if isinstance(held, gradio.Blocks)]
        if not blocks:
            raise Undrivable("the file makes no Gradio interface when it is imported")
        self.call, self.parts = max((function_of(one) for one in blocks), key=lambda known: len(known[1]))
        if not self.parts:
            raise Undrivable("no function of the interface takes an input")

    def inputs(self, _wanted):
        """What the components take."""
        return [self.input(place, part) for place, part in enumerate(self.parts)]

    def input(self, place, part):
        """One component as an input."""
        kind, label = type(part).__name__, getattr(part, "label", "") or ""
        if kind in CHOICES:
            options = [one[1] if isinstance(one, (tuple, list)) else one for one in part.choices or []]
            return Input(label, "select", options=options, handle=place)
        if kind in NUMBERS:
            low, high = getattr(part, "minimum", None), getattr(part, "maximum", None)
            # the step of a number is that of its arrows; a slider knows no other values
            whole = getattr(part, "precision", None) == 0 or (kind == "Slider" and part.step == 1)
            return Input(label, "number", low=low, high=high, whole=whole, handle=place)
        return Input(label, "check" if kind == "Checkbox" else "text", handle=place)

    def ask(self, values):
        """Calls the function; what it answers."""
        given = [getattr(part, "value", None) for part in self.parts]
        for asked, value in values:
            given[asked.handle] = value
        try:
            return " ".join(str(self.call(*given)).split())
        except Exception as error:
            raise Failed("%s: %s" % (type(error).__name__, str(error)[:200])) from error


def function_of(blocks):
    """The function of an interface, or of the event with most inputs; and its input components."""
    if hasattr(blocks, "fn") and hasattr(blocks, "input_components"):
        return blocks.fn, list(blocks.input_components)
    events = (
        blocks.fns.values() if isinstance(getattr(blocks, "fns", None), dict) else getattr(blocks, "fns", [])
    )
    known = [(event.fn, list(getattr(event, "inputs", []) or [])) for event in events if event.fn]
    return max(known, key=lambda one: len(one[1])) if known else (None, [])
