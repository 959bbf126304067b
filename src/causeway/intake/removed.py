"""Interfaces that current versions of libraries no longer have, and what to use instead."""

import ast
import re
from collections.abc import Iterable

from causeway.core.poc import Requirement, Sighting
from causeway.intake.code import Code
from causeway.intake.names import aliases_of, dotted, keyword

# dotted name -> (distribution, version that no longer has it, what to use)
NAMES = {
    "keras.utils.vis_utils": ("keras", "3.0", "keras.utils.plot_model"),
    "keras.utils.np_utils": ("keras", "3.0", "keras.utils.to_categorical"),
    "keras.wrappers": ("keras", "3.0", "scikeras"),
    "keras.layers.merge": ("keras", "3.0", "keras.layers"),
    "keras.layers.core": ("keras", "3.0", "keras.layers"),
    "keras.layers.normalization": ("keras", "3.0", "keras.layers"),
    "keras.layers.recurrent": ("keras", "3.0", "keras.layers"),
    "keras.layers.convolutional": ("keras", "3.0", "keras.layers"),
    "keras.engine": ("keras", "3.0", "keras"),
    "tensorflow.python.keras": ("tensorflow", "2.16", "tensorflow.keras"),
    "tensorflow.keras.wrappers": ("tensorflow", "2.12", "scikeras"),
    "tensorflow.contrib": ("tensorflow", "2.0", "tensorflow.keras"),
    "tensorflow.placeholder": ("tensorflow", "2.0", "tensorflow.keras.Input"),
    "tensorflow.Session": ("tensorflow", "2.0", "eager execution"),
    "evidently.dashboard": ("evidently", "0.2.0", "evidently.Report"),
    "evidently.model_profile": ("evidently", "0.2.0", "evidently.Report"),
    "evidently.profile_sections": ("evidently", "0.2.0", "evidently.Report"),
    "evidently.tabs": ("evidently", "0.2.0", "evidently.Report"),
    "prefect.task_runners.SequentialTaskRunner": (
        "prefect",
        "3.0",
        "prefect.task_runners.ThreadPoolTaskRunner",
    ),
    "prefect.deployments.Deployment": ("prefect", "3.0", "flow.deploy"),
    "langchain.document_loaders": ("langchain", "1.0", "langchain_community.document_loaders"),
    "langchain.text_splitter": ("langchain", "1.0", "langchain_text_splitters"),
    "langchain.embeddings": ("langchain", "1.0", "langchain_huggingface or langchain_openai"),
    "langchain.vectorstores": ("langchain", "1.0", "the store's own package, such as langchain_qdrant"),
    "langchain.llms": ("langchain", "1.0", "the provider's own package, such as langchain_openai"),
    "langchain.chains": ("langchain", "1.0", "langchain_classic.chains"),
    "langchain.memory": ("langchain", "1.0", "langchain_classic.memory"),
    "langchain.prompts": ("langchain", "1.0", "langchain_core.prompts"),
    "langchain.schema": ("langchain", "1.0", "langchain_core"),
    "langchain.callbacks": ("langchain", "1.0", "langchain_core.callbacks"),
    "langchain.output_parsers": ("langchain", "1.0", "langchain_core.output_parsers"),
    "langchain.agents.initialize_agent": ("langchain", "1.0", "langchain.agents.create_agent"),
    "openai.ChatCompletion": ("openai", "1.0", "OpenAI().chat.completions"),
    "openai.Completion": ("openai", "1.0", "OpenAI().completions"),
    "openai.Embedding": ("openai", "1.0", "OpenAI().embeddings"),
    "sklearn.externals.joblib": ("scikit-learn", "0.23", "joblib"),
    "sklearn.externals.six": ("scikit-learn", "0.23", "six"),
    "sklearn.cross_validation": ("scikit-learn", "0.20", "sklearn.model_selection"),
    "sklearn.grid_search": ("scikit-learn", "0.20", "sklearn.model_selection"),
    "sklearn.preprocessing.Imputer": ("scikit-learn", "0.22", "sklearn.impute.SimpleImputer"),
    "sklearn.datasets.load_boston": ("scikit-learn", "1.2", "another data set"),
    "sklearn.metrics.plot_confusion_matrix": ("scikit-learn", "1.2", "ConfusionMatrixDisplay"),
    "sklearn.metrics.plot_roc_curve": ("scikit-learn", "1.2", "RocCurveDisplay"),
    "sklearn.metrics.plot_precision_recall_curve": ("scikit-learn", "1.2", "PrecisionRecallDisplay"),
    "sklearn.ensemble.partial_dependence": ("scikit-learn", "0.24", "sklearn.inspection"),
    "sklearn.utils.testing": ("scikit-learn", "0.24", "numpy.testing"),
    "numpy.float": ("numpy", "1.24", "float"),
    "numpy.int": ("numpy", "1.24", "int"),
    "numpy.bool": ("numpy", "1.24", "bool"),
    "numpy.object": ("numpy", "1.24", "object"),
    "numpy.str": ("numpy", "1.24", "str"),
    "numpy.float_": ("numpy", "2.0", "numpy.float64"),
    "numpy.NaN": ("numpy", "2.0", "numpy.nan"),
    "numpy.Inf": ("numpy", "2.0", "numpy.inf"),
    "pandas.Panel": ("pandas", "1.0", "a table with an index of two levels"),
    "pandas.util.testing": ("pandas", "2.0", "pandas.testing"),
    "pandas.datetime": ("pandas", "2.0", "datetime.datetime"),
    "scipy.misc.imread": ("scipy", "1.2", "imageio.imread"),
    "scipy.misc.imresize": ("scipy", "1.3", "PIL.Image.resize"),
    "scipy.interp": ("scipy", "1.13", "numpy.interp"),
    "flask.escape": ("flask", "3.0", "markupsafe.escape"),
    "flask.Markup": ("flask", "3.0", "markupsafe.Markup"),
    "flask.json.JSONEncoder": ("flask", "2.3", "a JSON provider"),
    "flask.ext": ("flask", "1.0", "the extension's own package"),
    "werkzeug.secure_filename": ("werkzeug", "1.0", "werkzeug.utils.secure_filename"),
    "streamlit.beta_columns": ("streamlit", "1.12", "streamlit.columns"),
    "streamlit.beta_container": ("streamlit", "1.12", "streamlit.container"),
    "streamlit.beta_expander": ("streamlit", "1.12", "streamlit.expander"),
    "statsmodels.tsa.arima_model": ("statsmodels", "0.13", "statsmodels.tsa.arima.model"),
}
# names that live on under a dotted name above
ALIVE = {"langchain.embeddings.init_embeddings", "langchain.embeddings.base.init_embeddings", "numpy.bool_"}
METHODS = {
    "predict_classes": ("tensorflow", "2.6", "model.predict(...) > 0.5, or argmax"),
    "predict_generator": ("tensorflow", "2.16", "model.predict"),
    "fit_generator": ("tensorflow", "2.16", "model.fit"),
    "fit_sample": ("imbalanced-learn", "0.8", "fit_resample"),
    "get_feature_names": ("scikit-learn", "1.2", "get_feature_names_out"),
    "iteritems": ("pandas", "2.0", "items"),
}
FAMILY = {"keras": ("keras", "tensorflow"), "tensorflow": ("tensorflow", "keras")}


def removed_apis(codes: Iterable[Code], requirements: Iterable[Requirement]) -> list[Sighting]:
    """Uses of what current versions lack, unless a declared version still has it; the first of each in a
    file.
    """
    pins = {item.name: item.spec for item in requirements}
    found: list[Sighting] = []
    for code in codes:
        if code.stale:
            continue
        known = aliases_of(code)
        seen: set[str] = set()
        for block in code.blocks:
            for node in ast.walk(block.tree):
                for name, entry in _uses(node, known):
                    if name in seen or _still_there(pins, entry[0], entry[1]):
                        continue
                    seen.add(name)
                    detail = f"{entry[0]} {entry[1]}|{entry[2]}"
                    found.append(Sighting("removed_api", name, code.at(node, block), detail))
    return found


def _uses(node: ast.AST, known: dict[str, str]) -> list[tuple[str, tuple[str, str, str]]]:
    if isinstance(node, ast.Import):
        return [use for alias in node.names if (use := _named(alias.name))]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [use for alias in node.names if (use := _named(f"{node.module}.{alias.name}"))]
    if isinstance(node, ast.Call):
        return _called(node, known)
    if isinstance(node, ast.Attribute):
        use = _exact(dotted(node, known))
        return [use] if use else []
    return []


def _named(full: str) -> tuple[str, tuple[str, str, str]] | None:
    if full in ALIVE:
        return None
    parts = full.split(".")
    for length in range(len(parts), 1, -1):
        prefix = ".".join(parts[:length])
        if prefix in NAMES:
            return prefix, NAMES[prefix]
    return None


def _exact(full: str) -> tuple[str, tuple[str, str, str]] | None:
    return (full, NAMES[full]) if full in NAMES and full not in ALIVE else None


def _called(node: ast.Call, known: dict[str, str]) -> list[tuple[str, tuple[str, str, str]]]:
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        distribution = METHODS[node.func.attr][0]
        if any(_library(name) == distribution for name in known.values()):
            return [(node.func.attr, METHODS[node.func.attr])]
    name = dotted(node.func, known)
    if name.endswith("OneHotEncoder") and name.startswith("sklearn.") and keyword(node, "sparse") is not None:
        return [("OneHotEncoder(sparse=)", ("scikit-learn", "1.4", "sparse_output="))]
    return []


def _library(name: str) -> str:
    top = name.split(".", maxsplit=1)[0]
    return {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn", "keras": "tensorflow"}.get(top, top)


def _still_there(pins: dict[str, str], distribution: str, removed: str) -> bool:
    for name in FAMILY.get(distribution, (distribution,)):
        spec = pins.get(name, "")
        bound = re.search(r"(?:==|<=?|~=)\s*([\d.]+)", spec)
        if bound and name == distribution and version(bound[1]) <= version(removed):
            return bool(version(bound[1]) < version(removed) or ("<" in spec and "<=" not in spec))
    return False


def version(text: str) -> tuple[int, ...]:
    """A version as numbers that compare."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
