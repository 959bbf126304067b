"""YAML from folders of strangers: what would keep its reader busy for minutes is refused first."""

import re
from typing import Any

import yaml

MAX_DEPTH = 200
_BRACKET = re.compile(r"[\[\]{}]")


def read_yaml(text: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> Any:  # noqa: ANN401 - of any make
    """The document; raises yaml.YAMLError where it is none, or is nested deeper than anybody writes."""
    # the time that the reader takes grows with the square of the brackets that are open
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError("nested too deeply")
    return yaml.load(text, Loader=loader)  # noqa: S506 - a SafeLoader
