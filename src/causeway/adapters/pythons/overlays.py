"""What conversion needs on top of an environment, in a folder of its own; no package is changed."""

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from causeway.adapters.ports import Say
from causeway.adapters.pythons import pip
from causeway.adapters.pythons.environments import installed
from causeway.adapters.pythons.requirements import normal
from causeway.core.environment import Environment
from causeway.core.errors import OutsideError, Refused

CONVERTERS = ("skl2onnx", "onnx")
# onnxmltools needs packaging, and does not say so
BOOSTER_CONVERTERS = (*CONVERTERS, "onnxmltools", "packaging")
BOOSTERS = {"xgboost", "xgboost-cpu", "lightgbm"}
NETWORKS = {"keras": "tf2onnx", "tf-keras": "tf2onnx", "torch": "onnxscript"}
"""What a framework of networks exports with, besides onnx; it has no need of the others."""
READY = ".ready"


class _Metadata(msgspec.Struct):
    name: str
    version: str


class _Item(msgspec.Struct):
    metadata: _Metadata


class _Report(msgspec.Struct):
    install: list[_Item]


def conversion_overlay(environment: Environment, *, say: Say) -> Path:
    """The folder to put behind the environment's own packages on the module path; made once.

    Raises Refused where the converters cannot be had without changing a package of the environment.
    """
    place = Path(environment.folder).absolute() / "overlay"
    if (place / READY).exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    pins, _ = installed(environment.python)
    constraints = place / "pins.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in pins.items() if _held(name)))
    missing = [name for name in _wanted(pins) if name not in pins]
    extra = _extra(environment, missing, constraints, place / "report.json") if missing else []
    changed = [name for name, _ in extra if name in pins]
    if changed:
        raise Refused(
            f"converting needs another version of {', '.join(changed)} than the model was trained with",
            hint="pin a version that both can use in the requirements of the proof of concept",
        )
    if extra:
        say("adding what conversion needs: " + ", ".join(f"{name} {version}" for name, version in extra))
        lines = [f"{name}=={version}" for name, version in extra]
        if pip.install(environment.python, ["--no-deps", "--target", str(place), *lines]) is not None:
            raise OutsideError(
                "what conversion needs cannot be installed",
                where=str(place),
                hint="check the network, and repeat",
            )
    (place / READY).touch()
    return place


def _wanted(pins: Collection[str]) -> list[str]:
    boosters = BOOSTERS & set(pins)
    networks = sorted({needs for name, needs in NETWORKS.items() if name in pins})
    if networks and not boosters and "scikit-learn" not in pins:
        return ["onnx", *networks]
    return [*(BOOSTER_CONVERTERS if boosters else CONVERTERS), *networks]


def _held(name: str) -> bool:
    return name not in {"pip", "setuptools", "wheel"}


def _extra(
    environment: Environment, wanted: Sequence[str], constraints: Path, report: Path
) -> list[tuple[str, str]]:
    """The distributions that are missing, as pip would add them to this environment."""
    obstacle = pip.install(environment.python, ["--dry-run", "--report", str(report), *wanted], constraints)
    if obstacle is not None:
        raise Refused(
            "the converters to ONNX cannot be had beside the packages the model was trained with",
            hint="pin other versions in the requirements of the proof of concept",
        )
    items = msgspec.json.decode(report.read_bytes(), type=_Report).install
    return [(normal(item.metadata.name), item.metadata.version) for item in items]
