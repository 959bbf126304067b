"""Whether a saved model may be opened: allowed by a list, or refused and why."""

from msgspec import Struct


class Admission(Struct, frozen=True, omit_defaults=True):
    """The verdict on one file; what could not be read to its last byte is refused."""

    path: str
    allowed: bool
    container: str
    """`pickle`, `joblib`, `npy`, `npz`, `PyTorch`, `safetensors`, `ONNX`, `XGBoost`..., or `unknown`."""
    why: str = ""
    """What it was refused for."""
    names: tuple[str, ...] = ()
    """The functions and classes it names."""
    refused_names: tuple[str, ...] = ()
    digest: str = ""
    """Of the file's bytes; none where they differ from run to run."""
