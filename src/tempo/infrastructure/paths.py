"""Where the user's own data belongs on this system."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def default_store() -> str:
    """Return the file that keeps runs where none is named."""
    return str(_data_folder() / "tempo" / "runs.sqlite3")


def _data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
