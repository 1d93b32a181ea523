"""What kept a model's files from being loaded, as one sentence that names the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.domain.errors import ModelNotFoundError, UnsupportedModelError

if TYPE_CHECKING:
    from tempo.domain.errors import ModelError

FILES = {
    "configuration": ("config.json",),
    "tokenizer": ("tokenizer.json", "tokenizer_config.json"),
    "model": ("generation_config.json",),
}
"""The JSON documents that each part of a model is read from."""

WORDLESS = (LookupError, AttributeError, TypeError, ArithmeticError)
"""Errors whose text says little without their name."""


def failure(source: str, name: str, part: str, error: Exception) -> ModelError:
    """Return what to raise where transformers could not load a part of a model.

    transformers tells of a damaged file in many ways, few of which name it; so the files are looked
    at here, once something is wrong.
    """
    files = [path for file in FILES[part] if (path := Path(source) / file).exists()]
    for path in files:
        if damage := _damage(path):
            return ModelNotFoundError(f"{path} {damage}; download or save the model again")
    if "trust_remote_code" in str(error):
        return UnsupportedModelError(
            f"the {part} of {name} is Python code that comes with the model, and would run with "
            "all your rights: read it, and if you trust it, say trust_remote_code "
            "(--trust-remote-code on the command line)"
        )
    if isinstance(error, ImportError):
        return UnsupportedModelError(
            f"{name} needs a package that is not installed here: {gist(error)}"
        )
    if isinstance(error, OSError) or (part == "tokenizer" and not files):
        return ModelNotFoundError(
            f"no {part} {name!r} could be loaded from a folder or a hub; "
            f"give a folder, a hub id that is reachable, or 'embedded' ({gist(error)})"
        )
    if part == "model":
        return UnsupportedModelError(
            f"{name} cannot be loaded as a causal language model: {gist(error)}"
        )
    named = ", ".join(path.name for path in files) or "from the hub"
    return UnsupportedModelError(f"the {part} in {name} ({named}) cannot be used: {gist(error)}")


def gist(error: Exception) -> str:
    """Return the first line of an error's text, and the next where the first announces it."""
    lines = [line.strip() for line in str(error).strip().splitlines()] or [""]
    text = " ".join(lines[: 1 + lines[0].endswith(":")])
    name = type(error).__name__
    if not text:
        return name
    return f"{name}: {text}"[:200] if isinstance(error, WORDLESS) else text[:200]


def _damage(path: Path) -> str | None:
    """Return what keeps a file from being a JSON object, None if it is one."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    except ValueError as error:
        return f"is not JSON ({error})"
    return None if isinstance(document, dict) else "holds no JSON object"
