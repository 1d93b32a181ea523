"""Whether a model's files are whole."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from tempo.application.catalogue.kept_model import Fault

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 20
HEADER = 8
"""Bytes at the start of a safetensors file that say how long its header is."""

INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")


def faults_of(folder: Path) -> list[Fault]:
    """Return what is wrong with a model's folder, as far as its files themselves tell."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir())
    found = [fault for path in files if (fault := _fault(path, str(path.relative_to(folder))))]
    return found + _missing(folder)


def _fault(path: Path, name: str) -> Fault | None:
    if not path.exists():
        return Fault(name, "is a link to a file that is not there")
    told = path.resolve().name
    if path.is_symlink() and told != _digest(path, told):
        return Fault(name, "is not what the hub sent: its content has changed")
    if path.suffix == ".safetensors":
        return _cut_short(path, name)
    if path.suffix == ".json":
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            return Fault(name, f"is not JSON ({error})")
    return None


def _digest(path: Path, told: str) -> str:
    """Return the name that a hub gives a content: SHA-256 for large files, else git's own."""
    if re.fullmatch(r"[0-9a-f]{64}", told):
        digest = hashlib.sha256()
    elif re.fullmatch(r"[0-9a-f]{40}", told):
        digest = hashlib.sha1(usedforsecurity=False)
        digest.update(f"blob {path.stat().st_size}\0".encode())
    else:
        return told
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _cut_short(path: Path, name: str) -> Fault | None:
    """Hold a file of tensors against the length that its own header tells."""
    size = path.stat().st_size
    with path.open("rb") as content:
        length = int.from_bytes(content.read(HEADER), "little")
        try:
            header = json.loads(content.read(length)) if length < size else None
        except ValueError:
            header = None
    if not isinstance(header, dict):
        return Fault(name, "does not begin with a header of tensors")
    ends = [one["data_offsets"][1] for key, one in header.items() if key != "__metadata__"]
    whole = HEADER + length + max(ends, default=0)
    if size != whole:
        return Fault(name, f"has {size:,} bytes, and its header tells of {whole:,}")
    return None


def _missing(folder: Path) -> list[Fault]:
    """Return what a model needs and its folder does not have."""
    found = []
    if not (folder / "config.json").exists():
        found.append(Fault("config.json", "is not there"))
    if not any((folder / name).exists() for name in TOKENIZERS):
        found.append(Fault("tokenizer.json", "is not there, nor another tokenizer"))
    return found + _missing_weights(folder)


def _missing_weights(folder: Path) -> list[Fault]:
    index = folder / INDEX
    if index.exists():
        try:
            shards = set(json.loads(index.read_bytes())["weight_map"].values())
        except (ValueError, KeyError, TypeError, AttributeError):
            return [Fault(INDEX, "does not say which files hold the weights")]
        lost = sorted(name for name in shards if not (folder / name).exists())
        return [Fault(name, f"is not there, and {INDEX} names it") for name in lost]
    if not any(next(folder.glob(pattern), None) for pattern in ("*.safetensors", "*.bin")):
        return [Fault("model.safetensors", "is not there, nor other weights")]
    return []
