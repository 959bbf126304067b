"""Large requirements that nothing in the folder imports, names, or needs by way of another library."""

from collections.abc import Iterable, Iterator

from causeway.core.poc import ModelFile, Requirement, Sighting
from causeway.intake.environment.distributions import MODULES
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.python.code import Code

INDIRECT = {
    "spacy": "textacy presidio scispacy en_core chatterbot pyresparser skillner rasa spacy thinc medspacy",
    "sentence-transformers": "langchain chromadb llama_index bertopic keybert haystack mem0 crewai txtai "
    "ragas sentence flair pinecone weaviate",
    "nltk": "textblob rake sumy newspaper evaluate rouge pyresparser gensim summa unstructured "
    "langchain llama_index",
    "xgboost": "pycaret flaml autogluon h2o lazypredict evalml",
    "lightgbm": "pycaret flaml autogluon lazypredict evalml",
    "catboost": "pycaret flaml autogluon lazypredict evalml",
    "statsmodels": "seaborn plotly pmdarima pycaret darts sktime linearmodels "
    "category_encoders feature_engine",
    "prophet": "darts neuralprophet kats orbit",
    "gensim": "pyldavis textacy kats",
    "wordcloud": "ydata_profiling",
    "shap": "interpret explainerdashboard pycaret alibi",
    "lime": "interpret",
    "seaborn": "pycaret yellowbrick",
    "textblob": "",
    "imbalanced-learn": "pycaret",
    "optuna": "lightgbm sktime",
    "pyspark": "pandas_on koalas databricks",
    "tensorflow": "keras transformers deepface tf_keras tensorflow tensorflowjs onnx "
    "keras_tuner spektral tflearn",
}  # fmt: skip
"""Beside each, the beginnings of modules that may use it without its being imported."""
SAVED = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost", "tensorflow": "Keras",
         "imbalanced-learn": "imbalanced-learn"}  # fmt: skip
TOLD = {".sh", ".toml", ".cfg", ".yml", ".yaml", ".bat", ".ps1", ".ini"}
MAX_BYTES = 100_000
MAX_TOLD = 60


def unused_requirements(
    requirements: Iterable[Requirement],
    imports: Iterable[Sighting],
    codes: Iterable[Code],
    entries: Iterable[Entry],
    models: Iterable[ModelFile],
) -> Iterator[Sighting]:
    """Each such requirement; none where some code could not be read, for it may use them."""
    codes, models = list(codes), list(models)
    modules = {item.value.split(".")[0].lower() for item in imports}
    if not modules or any(code.source.problem or code.foreign for code in codes):
        return
    text = "\n".join([*(block.text for code in codes for block in code.blocks), *_told(entries)]).lower()
    opaque = any(model.problem or not (model.framework or model.holds) for model in models)
    for item in requirements:
        if item.name not in INDIRECT or (item.name in SAVED and opaque):
            continue
        own = {module for module, name in MODULES.items() if name == item.name} | {
            item.name.replace("-", "_")
        }
        through = tuple(INDIRECT[item.name].split())
        named = any(name.lower() in text for name in (*own, item.name))
        saved = any(model.framework == SAVED.get(item.name) for model in models)
        if not named and not saved and not any(module.startswith(through) for module in modules if through):
            yield Sighting("unused_requirement", item.name, item.at)


def _told(entries: Iterable[Entry]) -> Iterator[str]:
    """What scripts, images and settings say, which may start what no code imports."""
    found = [
        entry
        for entry in entries
        if entry.size < MAX_BYTES
        and (entry.suffix in TOLD or entry.name.lower().startswith(("dockerfile", "makefile", "procfile")))
        and entry.name not in {"pyproject.toml", "environment.yml", "environment.yaml"}
    ]
    yield from (read_text(entry.full, MAX_BYTES).text for entry in found[:MAX_TOLD])
