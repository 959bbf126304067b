"""A tracking server, asked over its documented REST endpoints."""

import base64
import http.client
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from causeway.adapters.mlflow.address import Wanted
from causeway.adapters.mlflow.claims import Told, named, only_model
from causeway.core.attached import MLMODEL, Origin
from causeway.core.errors import NotFound, OutsideError, UsageError

API = "/api/2.0/mlflow/"
SECONDS = 30.0
MAX_ANSWER_BYTES = 32 << 20
MAX_FILES = 2_000
MAX_BYTES = 4 << 30
CHUNK = 1 << 20
GONE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND")


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token is for the server that was named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - urllib's parameters
        """Nothing, which makes the redirect an error."""


class Server:
    """One tracking server; its token is taken from the environment, never from the address."""

    def __init__(self, base: str, environ: Mapping[str, str]) -> None:
        self.base = base.rstrip("/")
        self._headers = _authorization(environ)
        self._opener = urllib.request.build_opener(_NoDetour)
        self._bytes = 0

    def bring(self, wanted: Wanted, into: Path) -> Origin:
        """The model's files, written below `into`, and where they come from."""
        try:
            return self._registered(wanted, into) if wanted.name else self._of_run(wanted, into)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._strange() from error

    def _of_run(self, wanted: Wanted, into: Path) -> Origin:
        told = self._run(wanted.run)
        self._bring_of_run(told, wanted.model, into)
        return told.origin(wanted.address, f"run {wanted.run} of {self.base}")

    def _registered(self, wanted: Wanted, into: Path) -> Origin:
        version = wanted.version
        if wanted.alias:
            asked = {"name": wanted.name, "alias": wanted.alias}
            version = str(self._json("registered-models/alias", asked)["model_version"]["version"])
        asked = {"name": wanted.name, "version": version}
        found = self._json("model-versions/get", asked)["model_version"]
        source, run = str(found.get("source", "")), str(found.get("run_id", ""))
        told = self._run(run) if run else Told("")
        model = str(found.get("model_id") or "") or _model_in(source)
        if model:
            self._bring_logged(model, into)
        elif run and (path := _path_in_run(source, told.artifacts)):
            self._bring_folder("run", run, path, into)
        else:
            raise NotFound(
                f"version {version} of {wanted.name} lies in {source or 'no place that is told'}, "
                "which the server does not hand out",
                hint="fetch that folder, and attach it",
            )
        words = f"{wanted.name}, version {version}, of {self.base}"
        return told.origin(wanted.address, words, name=named(wanted.name, version), version=version)

    def _run(self, run: str) -> Told:
        answer = self._json("runs/get", {"run_id": run})["run"]
        info, data = answer["info"], answer.get("data", {})
        outputs = answer.get("outputs", {}).get("model_outputs", [])
        return Told(
            run,
            metrics={one["key"]: float(one["value"]) for one in data.get("metrics", [])},
            parameters={one["key"]: str(one["value"]) for one in data.get("params", [])},
            models=tuple(dict.fromkeys(str(one["model_id"]) for one in outputs)),
            artifacts=str(info.get("artifact_uri", "")),
        )

    def _bring_of_run(self, told: Told, model: str, into: Path) -> None:
        logged = [path for path, _ in self._files("run", told.run, "") if PurePosixPath(path).name == MLMODEL]
        folders = tuple(PurePosixPath(path).parent.as_posix() for path in logged)
        chosen = only_model(told.run, told.models or folders, model)
        if chosen in told.models:
            self._bring_logged(chosen, into)
        else:
            self._bring_folder("run", told.run, "" if chosen == "." else chosen, into)

    def _bring_logged(self, model: str, into: Path) -> None:
        self._bring_folder("model", model, "", into)

    def _bring_folder(self, kind: str, owner: str, folder: str, into: Path) -> None:
        files = list(self._files(kind, owner, folder))
        if not any(path == str(PurePosixPath(folder) / MLMODEL) for path, _ in files):
            raise NotFound(
                f"there is no {MLMODEL} file in {kind} {owner}",
                where=self.base,
                hint="log the model with mlflow.<flavour>.log_model, or attach a folder with an MLmodel file",
            )
        for path, _ in files:
            place = into / PurePosixPath(path).relative_to(folder or ".")
            place.parent.mkdir(parents=True, exist_ok=True)
            self._download(kind, owner, path, place)

    def _files(self, kind: str, owner: str, folder: str) -> Iterator[tuple[str, int]]:
        """Path and size of every file below the folder."""
        todo, seen = [folder], 0
        while todo:
            here = todo.pop()
            for one in self._listed(kind, owner, here):
                path = _safe(str(one["path"]), here)
                seen += 1
                if seen > MAX_FILES:
                    raise UsageError(f"{kind} {owner} holds more than {MAX_FILES:,} files", where=self.base)
                if one.get("is_dir"):
                    todo.append(path)
                else:
                    yield path, int(one.get("file_size") or 0)

    def _listed(self, kind: str, owner: str, folder: str) -> list[dict[str, Any]]:
        if kind == "run":
            asked, at = {"run_id": owner, "path": folder}, "artifacts/list"
        else:
            asked, at = (
                {"artifact_directory_path": folder},
                f"logged-models/{_quoted(owner)}/artifacts/directories",
            )
        return list(self._json(at, {name: value for name, value in asked.items() if value}).get("files", []))

    def _download(self, kind: str, owner: str, path: str, place: Path) -> None:
        if kind == "run":
            at = "/get-artifact?" + urllib.parse.urlencode({"run_id": owner, "path": path})
        else:
            asked = urllib.parse.urlencode({"artifact_file_path": path})
            at = f"/ajax-api/2.0/mlflow/logged-models/{_quoted(owner)}/artifacts/files?{asked}"
        with self._open(at, what=f"{kind} {owner}") as answer, place.open("wb") as stream:
            while chunk := self._read(answer, CHUNK):
                self._bytes += len(chunk)
                if self._bytes > MAX_BYTES:
                    raise UsageError(
                        "the model is larger than 4 GB", where=self.base, hint="attach a smaller one"
                    )
                stream.write(chunk)

    def _json(self, at: str, asked: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON, read with care by callers
        query = urllib.parse.urlencode(asked)
        what = " ".join(asked.values()) or at
        with self._open(f"{API}{at}" + (f"?{query}" if query else ""), what=what) as answer:
            content = self._read(answer, MAX_ANSWER_BYTES)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._strange() from error

    def _open(self, at: str, *, what: str) -> http.client.HTTPResponse:
        request = urllib.request.Request(self.base + at, headers=self._headers)  # noqa: S310 - http(s) only
        try:
            return self._opener.open(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error, what) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(error) from error

    def _read(self, answer: http.client.HTTPResponse, size: int) -> bytes:
        try:
            content = answer.read(size)
            if not content and answer.length:
                # reading piece by piece does not say so
                raise http.client.IncompleteRead(content, answer.length)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        return content

    def _refused(self, error: urllib.error.HTTPError, what: str) -> NotFound | OutsideError:
        if error.code in {401, 403}:
            return OutsideError(
                f"the tracking server does not let us in ({error.code})",
                where=self.base,
                hint="set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            )
        if 300 <= error.code < 400:
            return OutsideError(
                "the tracking server sends us elsewhere, where its token is not meant to go",
                where=f"{self.base} -> {error.headers.get('Location', '')[:200]}",
                hint="name the server's own address, with mlflow+https:// where it has TLS",
            )
        told = _error_code(error)
        if error.code == 404 or (error.code == 400 and told in GONE):
            return NotFound(
                f"the tracking server knows no {what}",
                where=self.base,
                hint="look the id up in MLflow; runs have 32 hexadecimal digits",
            )
        return OutsideError(
            f"the tracking server answered {error.code} {told}".rstrip(),
            where=self.base,
            hint="look into its log, and repeat",
        )

    def _unreachable(self, error: Exception) -> OutsideError:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            hint = "use mlflow+http:// if it has no TLS, or put its authority into SSL_CERT_FILE"
        else:
            hint = "check the address and that the server runs; mlflow+http:// speaks without TLS"
        return OutsideError(f"the tracking server cannot be reached: {reason}", where=self.base, hint=hint)

    def _strange(self) -> OutsideError:
        return OutsideError(
            "what answers there is no MLflow tracking server", where=self.base, hint="check the address"
        )


def _authorization(environ: Mapping[str, str]) -> dict[str, str]:
    if token := environ.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    user, password = environ.get("MLFLOW_TRACKING_USERNAME"), environ.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    return {}


def _error_code(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(CHUNK))["error_code"])
    except (ValueError, KeyError, TypeError, OSError, RecursionError):
        return ""


def _safe(path: str, folder: str) -> str:
    """The path, if it lies below the folder that was listed."""
    parts = PurePosixPath(path).parts
    if (
        path.startswith("/")
        or "\\" in path
        or ".." in parts
        or not PurePosixPath(path).is_relative_to(folder or ".")
    ):
        raise OutsideError(f"the tracking server lists the path {path[:80]!r}", hint="ask whoever runs it")
    return path


def _quoted(word: str) -> str:
    return urllib.parse.quote(word, safe="")


def _model_in(source: str) -> str:
    """The id of the logged model that a version's source names."""
    found = source.removeprefix("models:/")
    return found if source.startswith("models:/m-") and "/" not in found else ""


def _path_in_run(source: str, artifacts: str) -> str:
    inside = artifacts and source.startswith(artifacts.rstrip("/") + "/")
    return source[len(artifacts.rstrip("/")) + 1 :] if inside else ""
