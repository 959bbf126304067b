"""Brings a model to this machine, from wherever its address says that it is kept."""

import os
from pathlib import Path

from causeway.adapters.mlflow.address import FORMS, Wanted, read_address
from causeway.adapters.mlflow.copying import copy_model
from causeway.adapters.mlflow.database import DatabaseStore
from causeway.adapters.mlflow.folder_store import FolderStore
from causeway.adapters.mlflow.server import Server
from causeway.core.attached import MLMODEL, Origin
from causeway.core.errors import NotFound


def bring_model(address: str, into: Path) -> Origin:
    """The model's files below the folder `into`, which is made, and where they come from; none is opened."""
    wanted = read_address(address, os.environ)
    into.mkdir(parents=True, exist_ok=True)
    if not (wanted.run or wanted.name):
        return _folder(wanted, into)
    if wanted.served:
        return Server(wanted.store, os.environ).bring(wanted, into)
    store = Path(wanted.store).expanduser()
    return (FolderStore(store) if store.is_dir() else DatabaseStore(store)).bring(wanted, into)


def _folder(wanted: Wanted, into: Path) -> Origin:
    folder = Path(wanted.store).expanduser()
    if not (folder / MLMODEL).is_file():
        raise NotFound(f"{wanted.address} is no folder with an {MLMODEL} file", hint=f"write {FORMS}")
    copy_model(folder, into)
    return Origin(wanted.address, f"the folder {folder.name}", folder.resolve().name)
