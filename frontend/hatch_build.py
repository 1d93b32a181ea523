"""The Hatch hook: a wheel, a source distribution and an editable install carry the web UI.

The variable TEMPO_UI says how much that matters: `require` takes Node from the package index where
there is none and fails rather than leaving the UI out, `skip` leaves it out, and without it the
UI is built where Node is, and left out in one sentence where it cannot be built.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
import build_ui


class WebUi(BuildHookInterface[Any]):
    """Builds the web UI before anything is packed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build environment needs: Node, where it is required and not on PATH."""
        try:
            return build_ui.needed_packages(Path(self.root), os.environ)
        except build_ui.UiError as error:
            self.app.abort(str(error))
            return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build if anything changed; what is built is packed although git ignores it."""
        try:
            packed = build_ui.prepare(Path(self.root), os.environ, self.app.display_warning)
        except build_ui.UiError as error:
            self.app.abort(str(error))
        else:
            build_data["artifacts"] += [f"/{build_ui.PACKAGED}/"] * packed
