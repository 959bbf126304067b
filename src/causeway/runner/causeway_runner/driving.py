"""What every way of driving an app shares: finding it, starting it, and the words for what went wrong."""

import importlib.util
import os
import sys


class Undrivable(Exception):
    """The app cannot be driven; says exactly why."""


class Failed(Exception):
    """The app failed on these inputs; says how, and the lines it went through as far as they are told."""

    def __init__(self, words, lines=()):
        super().__init__(words)
        self.lines = [str(line) for line in lines]


def first_line(text):
    """The first line of a message, shortened."""
    return (str(text).strip().splitlines() or [""])[0][:300]


def imported(path):
    """The app's module, imported from its file under its own name; servers that it starts are not started."""
    silence()
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def silence():
    """Has the calls that would serve forever return at once."""
    places = (
        ("flask", "Flask", "run"),
        ("uvicorn", "", "run"),
        ("waitress", "", "serve"),
        ("gradio", "Blocks", "launch"),
        ("gradio", "Interface", "launch"),
    )
    for module, owner, name in places:
        try:
            found = __import__(module)
        except Exception:  # noqa: S112 - not there, or broken: then nothing of it is started
            continue
        setattr(getattr(found, owner) if owner else found, name, lambda *_a, **_k: None)
