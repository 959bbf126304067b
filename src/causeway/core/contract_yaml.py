"""YAML as data contracts use it: the types of JSON, no aliases, no repeated keys."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from causeway.core.errors import BadContract

_TRUTH = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_NOT_JSON = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge"}


class _Loader(yaml.SafeLoader):
    """Reads what JSON can say: dates stay text, and only `true` and `false` are truth values."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - as PyYAML has it
        """The next node; an alias would let a short text stand for a huge document."""
        events: Any = self
        if events.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "aliases are not read here", events.peek_event().start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401, FBT001, FBT002
        """The mapping, if each key stands in it once."""
        seen: set[str] = set()
        # a list as key is refused by the parent
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                words = f"`{key.value}` stands here twice"
                raise ConstructorError(None, None, words, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_JSON]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_loader: Any = _Loader
_loader.add_implicit_resolver("tag:yaml.org,2002:bool", _TRUTH, list("tTfF"))


class _Dumper(yaml.SafeDumper):
    """Writes so that readers of older YAML see the same text: `no` and dates get quotes."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - as PyYAML has it
        """Always: what stands twice is written twice."""
        return True


def load_yaml(text: str, *, where: str) -> object:
    """What the text says; raises BadContract with the line."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadContract(
            f"not YAML that a contract can be: {error.problem}",
            where=f"{where}:{line}",
            hint="indent with spaces, and quote texts that hold `: ` or `#`",
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadContract(
            "not YAML that a contract can be", where=where, hint="save it as UTF-8 text, not nested deeply"
        ) from error


def dump_yaml(document: object) -> str:
    """The document as block YAML, keys in their own order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line on which the value at this path starts, or that of the nearest value around it."""
    reader: Any = _Loader(text)
    node: Any = reader.get_single_node()
    line = 1
    for part in path:
        node = next((value for key, value in _children(node) if key == part), None)
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def _children(node: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401 - PyYAML's nodes have no types
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
