"""The files that every project could have: licence, tests, CI, container, logging, manifest."""

import ast
import re
from collections.abc import Iterable

from causeway.core.poc import Presence
from causeway.intake.files.walk import Entry
from causeway.intake.python.code import Code
from causeway.intake.python.trees import nodes_in

_LICENCE = re.compile(r"^(licen[cs]e|copying|unlicense)(\.\w+)?$", re.IGNORECASE)
_README = re.compile(r"^readme(\.\w+)?$", re.IGNORECASE)
_CI = re.compile(
    r"^(\.github/workflows/.+\.ya?ml|\.gitlab-ci\.yml|jenkinsfile|azure-pipelines\.ya?ml|\.circleci/.+|\.travis\.yml|"
    r"bitbucket-pipelines\.yml|\.drone\.yml)$",
    re.IGNORECASE,
)
_TEST = re.compile(
    r"(^|/)(test_[^/]*|[^/]*_test)\.(py|r)$|(^|/)testthat/.*\.r$|\.(test|spec)\.[jt]sx?$", re.IGNORECASE
)
_CONTAINER = re.compile(r"(^|/)(dockerfile[^/]*|containerfile|(docker-)?compose\.ya?ml)$", re.IGNORECASE)


def presence_of(entries: Iterable[Entry], codes: Iterable[Code]) -> Presence:
    """Which of them are there; a test counts when it asserts something."""
    entries, codes = list(entries), list(codes)
    asserting = {code.path for code in codes if _TEST.search(code.path) and _asserts(code)}
    asserting |= {entry.path for entry in entries if _TEST.search(entry.path) and entry.suffix != ".py"}
    return Presence(
        readme=_first(entries, lambda path: bool(_README.match(path))),
        licence=_first(
            entries, lambda path: bool(_LICENCE.match(path.rsplit("/", 1)[-1])) and path.count("/") < 2
        ),
        tests=min(asserting, default=""),
        ci=_first(entries, lambda path: bool(_CI.match(path))),
        container=_first(entries, lambda path: bool(_CONTAINER.search(path))),
        logging=next((code.path for code in codes if _logs(code)), ""),
        manifest=_first(entries, lambda path: path == "causeway.toml"),
    )


def _first(entries: list[Entry], wanted: object) -> str:
    return next((entry.path for entry in entries if callable(wanted) and wanted(entry.path)), "")


def _asserts(code: Code) -> bool:
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr.startswith("assert"))
        for block in code.blocks
        for node in nodes_in(block.tree)
    )


def _logs(code: Code) -> bool:
    return any(
        isinstance(node, ast.Import | ast.ImportFrom)
        and {
            name.split(".")[0] for name in (getattr(node, "module", "") or "", *(a.name for a in node.names))
        }
        & {"logging", "loguru", "structlog"}
        for block in code.blocks
        for node in nodes_in(block.tree)
    )
