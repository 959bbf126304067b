"""What a trial's environment is made from, and the same with another version of one package."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from causeway.actions.trial.place import environments
from causeway.adapters import registry
from causeway.adapters.ports import Say
from causeway.core.environment import Environment
from causeway.core.poc import ModelFile, Poc

MODULES = {"scikit-learn": "sklearn", "XGBoost": "xgboost", "LightGBM": "lightgbm", "ONNX": "onnxruntime"}
OPENERS = {"joblib": "joblib", "skops": "skops"}


@dataclass(frozen=True, slots=True)
class Wish:
    """The packages that the scripts import and the saved models need, in the versions that are declared."""

    folder: Path
    poc: Poc
    python: str
    scripts: Sequence[str]
    say: Say

    def made(self, instead: str = "") -> Environment:
        """The environment, made outside the cage or kept from before; `instead` pins one package."""
        name = instead.partition("==")[0]
        declared = [f"{one.name}{one.spec}" for one in self.poc.requirements if one.name.lower() != name]
        return registry.build_environment(
            self.folder,
            declared=(*declared, *([instead] if instead else [])),
            imports=self._imports(),
            python=self.python or None,
            into=environments(),
            say=self.say,
            stated=self.poc.python.value or None,
        )

    def _imports(self) -> tuple[str, ...]:
        found = {name for script in self.scripts for name in registry.training_imports(self.folder, script)}
        return tuple(sorted(found | {module for model in self.poc.models if (module := _reader(model))}))


def _reader(model: ModelFile) -> str:
    """The module that opens a saved model."""
    return MODULES.get(model.framework, "") or OPENERS.get(model.format.lower(), "")
