"""Which of the files beside it an import means, where its name is nearly theirs."""
# ruff: noqa: SIM905 - lists of words read best as words

import difflib
import sys

from causeway.intake.environment.distributions import BRINGS, MODULES
from causeway.intake.environment.module_names import OTHER_NAMES
from causeway.intake.estimators import library

_INSTALLED = frozenset(
    "streamlit pytest flask fastapi gradio dash django uvicorn gunicorn requests httpx aiohttp pydantic "
    "sqlalchemy boto3 redis celery loguru rich click typer tqdm joblib dill cloudpickle scipy sympy numba "
    "networkx nltk gensim openai anthropic groq langchain tiktoken chromadb selenium scrapy playwright "
    "hypothesis polars duckdb dask ray modin pandera faker schedule apscheduler minio pymongo pika twilio "
    "tensorboard torchmetrics torchtext torchaudio torchinfo einops accelerate datasets evaluate peft".split()
)
"""Packages after which people call their own files: streamlit_app.py is no misspelt streamlit."""


def meant(name: str, beside: list[str]) -> str:
    """The module that a misspelt import means; empty where it means an installed package."""
    if installed(name):
        return ""
    near = difflib.get_close_matches(name, beside, n=3, cutoff=0.8)
    return next((other for other in near if _slip(name, other)), "")


def installed(name: str) -> bool:
    """Whether the module is known to come with an installed package."""
    known = name in MODULES or name in OTHER_NAMES or name in _INSTALLED or name in sys.stdlib_module_names
    return known or bool(library(name)) or name.replace("_", "-").lower() in BRINGS


def _slip(name: str, other: str) -> bool:
    """Whether letters were slipped, rather than words added."""
    ours, theirs = set(name.lower().split("_")), set(other.lower().split("_"))
    whole = ours != theirs and (ours < theirs or theirs < ours)
    return (
        not whole
        and name[:1].lower() == other[:1].lower()
        and abs(len(name) - len(other)) <= max(2, len(name) // 4)
    )
