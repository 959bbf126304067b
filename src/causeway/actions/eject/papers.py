"""The files beside the server: what it needs, how it is built and deployed, how one runs it."""

import re
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from causeway.actions.bundles import Bundle
from causeway.actions.eject.ejected import Ejected
from causeway.core.environment import Pin
from causeway.core.ids import short

FORMS = ("docker", "compose", "kubernetes", "kserve", "sagemaker")
TEMPLATES = Path(__file__).parent / "templates"
ALWAYS = {
    "serve.py": "serve.py.txt",
    "README.md": "README.md.txt",
    "NOTICE": "NOTICE.txt",
    "LICENSE": "LICENSE",
}
IMAGE = {
    "Dockerfile": "Dockerfile.txt",
    ".dockerignore": "dockerignore.txt",
    "sagemaker/serve": "serve.sh.txt",
}
OF_FORM = {
    "compose": {"compose.yaml": "compose.yaml.txt"},
    "kubernetes": {"kubernetes.yaml": "kubernetes.yaml.txt"},
    "kserve": {"kserve.yaml": "kserve.yaml.txt"},
}
WORDS = {
    "Dockerfile": "an image of all this",
    "sagemaker/serve": "what the image runs",
    "compose.yaml": "Docker Compose",
    "kubernetes.yaml": "Deployment and Service",
    "kserve.yaml": "InferenceService",
}
REQUIREMENTS, WORKER_REQUIREMENTS = "requirements.txt", "worker-requirements.txt"
SMALL, LARGE = ("256Mi", "1Gi"), ("1Gi", "5Gi")
WIDTH = 18
_PLACE = re.compile(r"@([A-Z_]+)@")


def papers(made: Ejected, bundle: Bundle, *, platform: str, causeway: str) -> dict[str, str]:
    """Path to text of every file that is written for this release."""
    values = _values(made, bundle, platform=platform, causeway=causeway)
    # every form but the plain folder is made of the image
    wanted = {**ALWAYS, **(IMAGE if made.forms else {})}
    for form in made.forms:
        wanted |= OF_FORM.get(form, {})
    values["FILES"] = "\n".join(f"{path:<{WIDTH}} {words}" for path, words in WORDS.items() if path in wanted)
    values["SECTIONS"] = "".join(_filled(_sections()[form], values) for form in made.forms)
    texts = {path: _filled(_template(name), values) for path, name in wanted.items()}
    texts[REQUIREMENTS] = _lines(made.packages)
    if made.worker:
        texts[WORKER_REQUIREMENTS] = _lines(made.worker)
    return texts


def _values(made: Ejected, bundle: Bundle, *, platform: str, causeway: str) -> dict[str, str]:
    asked, limit = LARGE if made.worker else SMALL
    row = msgspec.json.encode({"dataframe_records": [bundle.example]}).decode()
    hashes = "--require-hashes " if made.hashed else ""
    values = {
        "PRODUCT": made.product,
        "NAME": made.product.strip("-")[:50].strip("-"),
        "VERSION": short(made.release),
        "IMAGE": f"{made.product}:{short(made.release)}",
        "DIGEST": made.release,
        "KEY": made.key,
        "PYTHON": made.python,
        "PLATFORM": platform,
        "CAUSEWAY": causeway,
        "HASHES": hashes,
        "HASHED": ", each with its hash" if made.hashed else f"; without hashes, for {made.unhashed}",
        "MEMORY_ASKED": asked,
        "MEMORY": limit,
        "MEMORY_COMPOSE": limit.replace("Gi", "g"),
        # what stands within single quotes in a shell
        "REQUEST": row.replace("'", "'\\''"),
        "WORKER_HASHES": hashes,
        "WORKER_LINE": f"{WORKER_REQUIREMENTS}  the packages of the release's own process\n"
        if made.worker
        else "",
        "WORKER_STEPS": _worker_steps(made) if made.worker else "",
    }
    return {**values, "WORKER": _filled(_template("worker.txt"), values) if made.worker else ""}


def _worker_steps(made: Ejected) -> str:
    hashes = "--require-hashes " if made.hashed else ""
    return (
        f"python{made.python} -m venv .worker\n"
        f".worker/bin/python -m pip install {hashes}-r {WORKER_REQUIREMENTS}\n"
        f"export WORKER_PYTHON={shlex.quote('.worker/bin/python')}\n"
    )


def _lines(pins: tuple[Pin, ...]) -> str:
    return "".join(f"{pin.line}\n" for pin in pins)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


@cache
def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _sections() -> dict[str, str]:
    """The part of the README about each form, by its name."""
    parts = (part.partition("\n") for part in _template("sections.txt").split("---\n"))
    return {name.strip(): f"\n{text}" for name, _, text in parts}
