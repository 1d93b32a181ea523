"""TEMPO as a folder for `custom_generate`, as the hub keeps decoding methods."""

from __future__ import annotations

from pathlib import Path


def custom_generate_folder() -> Path:
    """Return the folder to name in `generate(custom_generate=..., trust_remote_code=True)`.

    It holds `custom_generate/generate.py` and its `requirements.txt`, the layout in which a hub
    keeps decoding methods. In this form transformers hands over `streamer`, `tokenizer` and
    `stop_strings` by their own names; all else is as for `tempo.custom_generate`.
    """
    return Path(__file__).with_name("hub")
