"""Which functions no model needs: what a pickle may name without harm, and what it may not."""
# ruff: noqa: SIM905 - lists of words read best as words

DENIED = frozenset(
    "os posix nt ntpath posixpath subprocess _posixsubprocess sys socket _socket ssl shutil runpy ctypes "
    "_ctypes pty commands importlib imp zipimport pkgutil webbrowser antigravity asyncio code codeop "
    "timeit pip setuptools urllib urllib2 http httplib requests httpx aiohttp ftplib smtplib telnetlib "
    "poplib imaplib nntplib xmlrpc socketserver bdb pdb profile cProfile trace tracemalloc venv ensurepip "
    "multiprocessing _multiprocessing threading _thread signal platform marshal pickle _pickle shelve "
    "site tempfile glob fileinput io _io linecache gc inspect doctest idlelib lib2to3 distutils "
    "unittest pydoc logging _osx_support _aix_support sched concurrent popen2 pexpect paramiko fabric "
    "invoke sh plumbum crypt msilib winreg _winreg _winapi msvcrt mmap resource select "
    "sqlite3 zipfile tarfile".split()
)
"""Modules of which nothing belongs into a saved model."""

DENIED_PATHS = (
    "numpy.testing", "numpy.f2py", "numpy.distutils", "numpy.load", "numpy.fromfile", "numpy.memmap",
    "numpy.lib.npyio", "numpy.lib._npyio_impl", "numpy.ctypeslib",
    "torch.hub", "torch.load", "torch.serialization", "torch.utils.bottleneck",
    "torch.utils.collect_env",
    "torch.utils._config_module", "torch._dynamo", "torch._inductor", "torch.jit.unsupported_tensor_ops",
    "torch.fx.experimental.symbolic_shapes", "torch.distributed.rpc",
    "torch.distributed.elastic", "torch.multiprocessing",
    "torch.utils.cpp_extension", "torch.utils.data.datapipes", "torch.cuda._compile",
    "joblib.load", "joblib.numpy_pickle.load", "joblib.parallel", "joblib.externals",
    "pandas.eval", "pandas.read_", "pandas.io", "pandas.core.computation", "scipy.io", "scipy.weave",
    "sklearn.utils._testing", "sklearn.datasets", "sklearn.externals.joblib.load", "nltk.app", "nltk.data",
    "uuid._get_command_stdout", "uuid._popen", "types.CodeType", "types.FunctionType",
    "typing.get_type_hints",
    "random._os", "operator.attrgetter", "operator.methodcaller", "functools.reduce",
    "copyreg.add_extension", "copy_reg.add_extension", "tensorflow.io", "tensorflow.python.lib.io",
    "tensorflow.keras.models.load_model", "keras.models.load_model", "transformers.pipeline", "spacy.load",
    "polars.read_", "polars.scan_", "pyarrow.fs", "pathlib.Path.",
)  # fmt: skip
"""The same inside libraries of which the rest is harmless: beginnings of dotted names."""

ALLOWED = frozenset({"logging.getLogger", "logging.Logger", "urllib.parse.ParseResult"})
"""What objects of such modules write into a pickle by themselves."""
SAFE_BUILTINS = frozenset(
    "object set frozenset bytearray bytes complex slice range xrange dict list tuple int long float str "
    "unicode bool type Ellipsis NotImplemented property staticmethod classmethod map zip enumerate reversed "
    "super basestring NoneType sum min max abs len sorted round any all pow divmod hash id iter next "
    "print".split()
)
PLAIN_TYPES = frozenset("str unicode bytes bytearray dict list tuple set frozenset int float complex".split())
"""Types whose own methods do nothing but compute."""
BUILTINS = frozenset({"builtins", "__builtin__"})
CARRIERS = frozenset({"cloudpickle", "dill", "loky"})
"""Libraries whose pickles carry code of their own; that is opaque, but also what MLflow writes."""

KNOWN = frozenset(
    "sklearn numpy scipy pandas xgboost lightgbm catboost imblearn joblib collections builtins __builtin__ "
    "copyreg copy_reg _codecs codecs datetime keras tensorflow torch torchvision torchaudio statsmodels nltk "
    "spacy category_encoders functools operator itertools decimal fractions re string random math typing "
    "__main__ __mp_main__ prophet surprise lifelines gensim sentence_transformers transformers tokenizers "
    "feature_engine pmdarima mlxtend dateutil pytz uuid enum abc zoneinfo pyarrow polars interpret skops "
    "sklearn_pandas econml shap pathlib types ultralytics timm peft fastai thinc patsy numba sksurv tslearn "
    "sktime darts pyod hdbscan umap pgmpy mlflow _loss ngboost dask sparse _operator weakref threadpoolctl "
    "pytorch_lightning lightning lightning_fabric torch_geometric flair huggingface_hub accelerate "
    "bitarray networkx yaml omegaconf tqdm".split()
)
_INNER = frozenset(
    "os sys subprocess builtins __builtins__ __globals__ __dict__ __class__ __bases__ __subclasses__ __mro__ "
    "__init__ __import__ __getattribute__ __code__ __loader__ __spec__ shutil importlib socket".split()
)


def dangerous(module: str, name: str) -> bool:
    """Whether loading something that names this function can do harm that no model needs."""
    top = module.split(".", maxsplit=1)[0]
    if top in DENIED:
        return f"{module}.{name}" not in ALLOWED
    inner = name.split(".")
    if top in BUILTINS:
        whole = module in BUILTINS and len(inner) == 1
        return not (whole and (name in SAFE_BUILTINS or name == "getattr" or _is_error(name)))
    if len(inner) > 1 and _INNER & set(inner):
        # protocol 4 walks through attributes: `joblib.os.system` is os.system
        return True
    if inner[0] in _INNER or inner[0] in {"eval", "exec", "system", "popen"}:
        return True
    full = f"{module}.{name}"
    return full.startswith(DENIED_PATHS)


def _is_error(name: str) -> bool:
    return name.endswith(("Error", "Exception", "Warning")) or name in {"StopIteration", "KeyboardInterrupt"}


def harmless_attribute(owner: str, attribute: str) -> bool:
    """Whether `getattr(owner, attribute)` is what old pickles write for a method of a library's class."""
    top, _, rest = owner.partition(".")
    if top in BUILTINS:
        return rest in PLAIN_TYPES and not attribute.startswith("_")
    return top in KNOWN and attribute not in _INNER and not attribute.startswith("__")
