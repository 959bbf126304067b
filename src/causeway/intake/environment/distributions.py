"""Which distribution brings which module, and which distributions bring others along."""

import sys

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

# distribution -> distributions that come along with it
BRINGS = {
    "pandas": "numpy python-dateutil pytz six",
    "scikit-learn": "numpy scipy joblib threadpoolctl",
    "sklearn": "scikit-learn numpy scipy joblib",
    "seaborn": "matplotlib pandas numpy",
    "matplotlib": "numpy pillow python-dateutil cycler",
    "scipy": "numpy",
    "xgboost": "numpy scipy",
    "lightgbm": "numpy scipy",
    "catboost": "numpy pandas scipy matplotlib plotly graphviz six",
    "imbalanced-learn": "scikit-learn numpy scipy joblib",
    "statsmodels": "numpy scipy pandas patsy",
    "streamlit": "pandas numpy pillow requests altair pyarrow protobuf packaging",
    "flask": "werkzeug jinja2 itsdangerous click markupsafe blinker",
    "fastapi": "pydantic starlette typing-extensions",
    "gradio": "fastapi uvicorn pandas numpy pillow requests httpx pydantic pyyaml jinja2 markupsafe",
    "dash": "flask plotly werkzeug requests",
    "tensorflow": "keras numpy h5py protobuf six absl-py requests tensorboard",
    "tensorflow-cpu": "tensorflow keras numpy h5py protobuf six",
    "tensorflow-gpu": "tensorflow keras numpy h5py protobuf six",
    "keras": "numpy h5py",
    "torchvision": "torch numpy pillow",
    "torch": "numpy typing-extensions jinja2",
    "pytorch-lightning": "torch torchmetrics numpy pyyaml tqdm packaging",
    "torchmetrics": "torch numpy packaging",
    "transformers": "numpy requests tqdm pyyaml tokenizers huggingface-hub regex filelock packaging",
    "sentence-transformers": "transformers torch numpy scikit-learn scipy pillow huggingface-hub tqdm",
    "langchain": "langchain-core langchain-text-splitters pydantic requests pyyaml numpy sqlalchemy "
    "aiohttp tenacity",
    "langchain-community": "langchain langchain-core requests pyyaml numpy sqlalchemy aiohttp tenacity",
    "langchain-openai": "langchain-core openai tiktoken",
    "openai": "httpx pydantic tqdm",
    "mlflow": "flask pandas numpy scikit-learn scipy matplotlib sqlalchemy requests pyyaml docker "
    "click gunicorn",
    "evidently": "pandas numpy scikit-learn scipy plotly requests pyyaml pydantic nltk",
    "ydata-profiling": "pandas numpy scipy matplotlib seaborn pydantic pyyaml jinja2 requests tqdm "
    "statsmodels wordcloud",
    "wordcloud": "numpy pillow matplotlib",
    "plotly": "packaging",
    "shap": "numpy scipy scikit-learn pandas tqdm numba",
    "nltk": "click joblib regex tqdm",
    "spacy": "numpy requests tqdm pydantic jinja2",
    "opencv-python": "numpy",
    "opencv-python-headless": "opencv-python numpy",
    "prefect": "pydantic httpx click rich sqlalchemy pyyaml jinja2",
    "jupyter": "ipython ipywidgets notebook ipykernel",
    "notebook": "ipython ipykernel",
    "prophet": "pandas numpy matplotlib tqdm",
    "optuna": "numpy sqlalchemy tqdm pyyaml",
    "surprise": "numpy scipy joblib",
    "scikit-surprise": "numpy scipy joblib",
    "kaggle": "requests tqdm",
    "wandb": "requests pyyaml click psutil protobuf",
    "psycopg2": "psycopg2-binary",
    "faiss-gpu": "faiss-cpu numpy",
    "pinecone": "pinecone-client",
    "tf-keras": "keras tensorflow numpy",
}


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
        for name in BRINGS.get(open_.pop(), "").split():
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
