"""The model that ships, and those in huggingface_hub's cache."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import HfApi, constants, scan_cache_dir, snapshot_download
from huggingface_hub.errors import CacheNotFound
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from tempo.application.catalogue.kept_model import Fault, KeptModel
from tempo.domain.errors import ModelNotFoundError, OutputError
from tempo.infrastructure.configuration import EMBEDDED
from tempo.infrastructure.embedded import embedded_model_path
from tempo.infrastructure.hub.model_files import faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from huggingface_hub import HFCacheInfo

WEIGHTS = "*.safetensors"
OLDER_WEIGHTS = "*.bin"
BESIDE = ("*.json", "*.model", "*.txt", "*.jinja", "*.py")
"""What is fetched beside the weights."""

ELSEWHERE = ("original/*", "onnx/*", "*/optimizer*")
"""The same weights in other forms, which some repositories hold too."""


class HubShelf:
    """Models by folder of a cache; an empty one is huggingface_hub's own."""

    def __init__(self, cache_dir: str = "") -> None:
        """Look at a cache."""
        self._cache = Path(cache_dir or constants.HF_HUB_CACHE).expanduser()

    def kept(self) -> list[KeptModel]:
        """Return all models, the one that ships first."""
        shipped = _in(embedded_model_path(), EMBEDDED)
        snapshots = self._cache.glob("models--*/snapshots/*")
        sent = [_sent(folder) for folder in snapshots if folder.is_dir()]
        return [shipped, *sorted(sent, key=lambda one: (one.name, one.refs, one.commit))]

    def in_folder(self, folder: str) -> KeptModel | None:
        """Return the model in a folder, under the folder's name; None if there is no folder."""
        path = Path(folder).expanduser()
        return _in(path, folder) if path.is_dir() else None

    def download(self, name: str, revision: str = "") -> KeptModel:
        """Fetch a model, or what of it is missing here."""
        place: dict[str, Any] = {"revision": revision or None}
        try:
            told = HfApi(endpoint=_endpoint()).model_info(name, files_metadata=True, **place)
            files = {one.rfilename: one.size or 0 for one in told.siblings or ()}
            wanted = WEIGHTS if any(_is_tensors(file) for file in files) else OLDER_WEIGHTS
            self._require_room(name, sum(_weighed(files, wanted).values()))
            with _quiet():
                folder = snapshot_download(
                    name,
                    cache_dir=self._cache,
                    endpoint=_endpoint(),
                    allow_patterns=[wanted, *BESIDE],
                    ignore_patterns=list(ELSEWHERE),
                    **place,
                )
        except OutputError:
            raise
        except Exception as error:  # why: huggingface_hub and its client raise errors of many kinds
            raise _unreachable(name, revision, error) from error
        commit = Path(folder).name
        return next(one for one in self.kept() if one.name == name and one.commit == commit)

    def faults(self, model: KeptModel) -> list[Fault]:
        """Return what is wrong with a model's files."""
        return faults_of(Path(model.path))

    def remove(self, models: Sequence[KeptModel]) -> int:
        """Delete models of the cache; return the bytes that are free again.

        A model all of whose revisions leave goes as a folder, so that a damaged one can go too.
        """
        freed, leaving = 0, {one.path for one in models}
        for repository in {Path(one.path).parents[1] for one in models}:
            if all(str(folder) in leaving for folder in (repository / "snapshots").iterdir()):
                freed += _bytes_of(repository)
                shutil.rmtree(repository)
                continue
            commits = [one.commit for one in models if Path(one.path).parents[1] == repository]
            strategy = self._scanned().delete_revisions(*commits)
            strategy.execute()
            freed += int(strategy.expected_freed_size)
        return freed

    def _scanned(self) -> HFCacheInfo:
        try:
            return scan_cache_dir(self._cache)
        except (CacheNotFound, ValueError, OSError) as error:
            message = f"{self._cache} cannot be read as a hub's cache: {error}"
            raise ModelNotFoundError(message) from error

    def _require_room(self, name: str, needed: int) -> None:
        self._cache.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._cache).free
        if needed > free:
            message = (
                f"{name} needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in "
                f"{self._cache}; make room (tempo models remove), or give another --cache-dir"
            )
            raise OutputError(message)


def _in(folder: Path, name: str) -> KeptModel:
    """Return what a folder that no hub knows of holds."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return KeptModel(name, _family(folder), "", (), size, str(folder))


def _sent(folder: Path) -> KeptModel:
    """Return what a snapshot of a hub's cache holds."""
    repository = folder.parents[1]
    refs = repository / "refs"
    named = [ref for ref in refs.rglob("*") if ref.is_file()] if refs.is_dir() else []
    blobs = {path.resolve() for path in folder.rglob("*") if path.is_file()}
    return KeptModel(
        name=repository.name.removeprefix("models--").replace("--", "/"),
        family=_family(folder),
        commit=folder.name,
        refs=tuple(
            sorted(str(ref.relative_to(refs)) for ref in named if ref.read_text() == folder.name)
        ),
        size=sum(blob.stat().st_size for blob in blobs),
        path=str(folder),
    )


def _bytes_of(folder: Path) -> int:
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT") or constants.ENDPOINT


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep bars off a standard error that is no terminal."""
    silences = not sys.stderr.isatty() and not are_progress_bars_disabled()
    if silences:
        disable_progress_bars()
    try:
        yield
    finally:
        if silences:
            enable_progress_bars()


def _is_tensors(file: str) -> bool:
    return file.endswith(WEIGHTS[1:]) and "/" not in file


def _weighed(files: dict[str, int], wanted: str) -> dict[str, int]:
    return {file: size for file, size in files.items() if file.endswith(wanted[1:])}


def _family(folder: Path) -> str:
    try:
        return str(json.loads((folder / "config.json").read_bytes()).get("model_type", ""))
    except (OSError, ValueError, AttributeError):
        return ""


REASONS = {
    "GatedRepoError": "its owner wants to be asked: ask on its page, and log in (hf auth login)",
    "RepositoryNotFoundError": "the hub has no model of this name, or only for those who log in",
    "RevisionNotFoundError": "the model has no such branch, tag or commit",
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE is set: unset it to reach the hub",
    "HFValidationError": "this can be no name of a hub's model: give OWNER/NAME",
}


def _unreachable(name: str, revision: str, error: Exception) -> ModelNotFoundError:
    at = f" at revision {revision}" if revision else ""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    reason = next((REASONS[kind] for kind in kinds if kind in REASONS), None)
    first = (str(error).strip().splitlines() or [kinds[0]])[0]
    return ModelNotFoundError(
        f"{name}{at} cannot be fetched from {_endpoint()}: "
        f"{reason or f'{kinds[0]}: {first[:150]}; look at the connection, or set HF_ENDPOINT'}"
    )
