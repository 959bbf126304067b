"""The one model that a README names as its own (`Algorithm: ...`), and that an app tells its users."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import searchable
from causeway.intake.python.code import Code
from causeway.intake.python.names import constant
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.readme import FAMILIES

_KEY = re.compile(
    r"(?i)^[^\w\n]{0,12}(?:(?:final|chosen|selected|ml|machine learning)[ ]+)?"
    r"(?:model|algorithm|classifier|regressor)(?:[ ]+(?:type|used|name|chosen|selected))?"
    r"[ ]*[^\w\n]{0,4}[:|][^\w\n]{0,6}(.+)$"
)
_FIRST = re.compile(r"[(;.]|\s[-\u2013\u2014]\s|\||,")
_KEYS = {"model_type", "model type", "model_name", "algorithm", "model_used", "model"}


def said_in_readme_keys(path: str, text: str) -> Iterator[Sighting]:
    """The model that a README's key names; none where two keys differ, or one names several."""
    found: list[Sighting] = []
    for number, line in enumerate(searchable(text).split("\n"), start=1):
        key = _KEY.match(line)
        if key:
            names = families(key[1])
            if len(names) > 1:
                return
            told = names and families(_FIRST.split(key[1], maxsplit=1)[0])
            found += [
                Sighting("said_model", name, Evidence(path, line=number), "readme") for name in told or ()
            ]
    if len({sighting.value for sighting in found}) == 1:
        yield found[0]


def said_in_code(codes: Iterable[Code]) -> Iterator[Sighting]:
    """The model that a dictionary's constant names under a key such as `model_type`."""
    for code in codes:
        for block in code.blocks if code.notebook is None else ():
            for node in nodes_in(block.tree):
                for key, value in (
                    zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
                ):
                    written = constant(value)
                    if str(constant(key)).lower() in _KEYS and isinstance(written, str):
                        names = families(written)
                        if len(names) == 1:
                            yield Sighting("said_model", names[0], code.at(value, block), "app")


def families(text: str) -> list[str]:
    """The families of models that a text names."""
    return [name for name, pattern in _PATTERNS.items() if pattern.search(text)]


_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in FAMILIES.items()}
