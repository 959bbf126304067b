"""Which distribution brings which module, and which distributions bring others along."""

import sys

from causeway.intake.environment.brought import BRINGS, PREFIXED
from causeway.intake.environment.module_names import OTHER_NAMES, WITHOUT_A_DISTRIBUTION

MODULES = {
    "sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "pillow", "yaml": "pyyaml",
    "dotenv": "python-dotenv",
    "bs4": "beautifulsoup4", "imblearn": "imbalanced-learn", "skimage": "scikit-image", "fitz": "pymupdf",
    "docx": "python-docx", "pptx": "python-pptx", "jwt": "pyjwt", "dateutil": "python-dateutil",
    "Crypto": "pycryptodome",
    "serial": "pyserial", "attr": "attrs", "flask_cors": "flask-cors", "flask_sqlalchemy": "flask-sqlalchemy",
    "google.generativeai": "google-generativeai", "sentence_transformers": "sentence-transformers",
    "qdrant_client": "qdrant-client", "faiss": "faiss-cpu", "pinecone": "pinecone-client",
    "MySQLdb": "mysqlclient",
    "psycopg2": "psycopg2-binary", "mpl_toolkits": "matplotlib", "pylab": "matplotlib",
    "surprise": "scikit-surprise",
    "fbprophet": "fbprophet", "pytorch_lightning": "pytorch-lightning",
    "category_encoders": "category-encoders",
    "ydata_profiling": "ydata-profiling", "pandas_profiling": "pandas-profiling", "graphviz": "graphviz",
    "kaggle_secrets": "", "google.colab": "", "pkg_resources": "setuptools", "IPython": "ipython",
    "ipywidgets": "ipywidgets",
    "plotly": "plotly", "pyngrok": "pyngrok", "streamlit_option_menu": "streamlit-option-menu",
    "umap": "umap-learn",
    "community": "python-louvain", "usearch": "usearch", "speech_recognition": "speechrecognition",
    "gtts": "gtts",
    "magic": "python-magic", "slugify": "python-slugify", "jose": "python-jose",
    "multipart": "python-multipart",
    "vaderSentiment": "vadersentiment", "wordcloud": "wordcloud", "lime": "lime", "eli5": "eli5",
    "PyPDF2": "pypdf2",
    "pypdf": "pypdf", "pdfplumber": "pdfplumber", "tensorflow_hub": "tensorflow-hub",
    "llama_index": "llama-index",
    "langchain_openai": "langchain-openai", "langchain_community": "langchain-community",
    "langchain_core": "langchain-core",
}  # fmt: skip


def distribution(module: str) -> str:
    """The distribution that brings this module; the same name when nothing else is known; empty for none."""
    two = ".".join(module.split(".")[:2])
    if two in MODULES:
        return MODULES[two]
    top = module.split(".", maxsplit=1)[0]
    if {two, top} & WITHOUT_A_DISTRIBUTION:
        return ""
    other = OTHER_NAMES.get(two) or MODULES.get(top)
    return OTHER_NAMES.get(top, top.replace("_", "-").lower()) if other is None else other


def closure(declared: set[str]) -> set[str]:
    """The declared distributions and those that come along with them."""
    known, open_ = set(declared), list(declared)
    while open_:
        item = open_.pop()
        along = BRINGS.get(item, "") or next(
            (told for start, told in PREFIXED.items() if item.startswith(start)), ""
        )
        for name in along.split():
            if name not in known:
                known.add(name)
                open_.append(name)
    return known


# what people write for a distribution -> the one they mean
MISTAKEN = {
    "sklearn": "scikit-learn", "cv2": "opencv-python", "pil": "pillow", "yaml": "pyyaml",
    "dotenv": "python-dotenv", "skimage": "scikit-image", "crypto": "pycryptodome", "fitz": "pymupdf",
    "jwt": "pyjwt", "serial": "pyserial", "docx": "python-docx", "attr": "attrs",
    "imblearn": "imbalanced-learn",
    "dateutil": "python-dateutil", "google-colab": "", "usb": "pyusb", "win32com": "pywin32",
    "tensorflow-gpu": "tensorflow", "opencv": "opencv-python", "beautifulsoup": "beautifulsoup4",
    "mpl-toolkits": "matplotlib", "faiss": "faiss-cpu", "speech-recognition": "speechrecognition",
    "torch-vision": "torchvision", "python-sklearn": "scikit-learn", "matplotlib-pyplot": "matplotlib",
}  # fmt: skip
BACKPORTS = {"dataclasses", "typing", "enum", "argparse", "importlib-metadata", "asyncio", "statistics",
             "contextvars", "graphlib", "tomllib", "zoneinfo", "site", "test", "unittest"}  # fmt: skip
"""Names of Python's own modules under which a distribution for old versions exists as well."""


def mistaken(name: str) -> str | None:
    """What to write instead of this distribution: empty for nothing at all, None where the name is right."""
    if name in MISTAKEN:
        return MISTAKEN[name]
    module = name.replace("-", "_")
    own = module in sys.stdlib_module_names and name not in BACKPORTS and not module.startswith("_")
    return "" if own else None
