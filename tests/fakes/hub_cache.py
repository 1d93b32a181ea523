"""A hub's cache as huggingface_hub lays it out, made up from files."""

import hashlib
from pathlib import Path

BIG = (".safetensors", ".bin")
"""What a hub keeps as large files, named by SHA-256; others are named as git names them."""


def blob_name(name, content):
    if name.endswith(BIG):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()  # noqa: S324 - git's


def commit_of(revision):
    return hashlib.sha1(revision.encode()).hexdigest()  # noqa: S324 - as long as git's


def keep(cache, name, files, revision="main"):
    """Put a model into a cache, as one revision of it; return its snapshot's folder."""
    repository = Path(cache) / f"models--{name.replace('/', '--')}"
    commit = commit_of(revision)
    snapshot = repository / "snapshots" / commit
    for folder in (repository / "blobs", repository / "refs", snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    (repository / "refs" / revision).write_text(commit)
    for file, content in files.items():
        blob = repository / "blobs" / blob_name(file, content)
        blob.write_bytes(content)
        link = snapshot / file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path("../" * (1 + len(Path(file).parts))) / "blobs" / blob.name)
    return snapshot


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }
