"""The model that ships with the package, the script that trained it, and the studies' prompts."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def embedded_model_path() -> Path:
    """Return the folder of the model that ships with the package (config, weights, tokenizer).

    Examples:
        >>> sorted(file.name for file in embedded_model_path().glob("*.safetensors"))
        ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
    """
    return _HERE / "model"


def story_openings() -> tuple[str, ...]:
    """Return the 300 story openings that all studies take their prompts from.

    Examples:
        >>> len(story_openings())
        300
    """
    return tuple((_HERE / "story_openings.txt").read_text(encoding="utf-8").splitlines())
