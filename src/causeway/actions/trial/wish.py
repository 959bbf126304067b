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
OLD_NUMPY = "numpy<2"
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
        lines = {one.name.lower(): f"{one.name}{one.spec}" for one in reversed(self.poc.requirements)}
        if instead:
            lines[instead.partition("==")[0]] = instead
            # what was built for the first NumPy does not start with the second
            lines["numpy"] = OLD_NUMPY if lines.get("numpy", "numpy") == "numpy" else lines["numpy"]
        return registry.build_environment(
            self.folder,
            declared=tuple(lines.values()),
            imports=tuple(sorted({*self._imports(), *(["numpy"] if instead else [])})),
            python=self.python or None,
            into=environments(),
            say=self.say,
            stated=self.poc.python.value or None,
        )

    def _imports(self) -> set[str]:
        found = {name for script in self.scripts for name in registry.training_imports(self.folder, script)}
        return found | {module for model in self.poc.models if (module := _reader(model))}


def _reader(model: ModelFile) -> str:
    """The module that opens a saved model."""
    return MODULES.get(model.framework, "") or OPENERS.get(model.format.lower(), "")
