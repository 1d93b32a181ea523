"""What needs no model: documents and pictures of lattices.

Apart from the container, which it is the base of, so that showing a file does not load a framework.
"""

from __future__ import annotations

from dependency_injector import containers, providers

from tempo.application.replay import Replay
from tempo.infrastructure.plotting.lattice_plot import plot_lattice
from tempo.infrastructure.storage.document_reading import from_json
from tempo.infrastructure.storage.lattice_document import document
from tempo.infrastructure.storage.lattice_file import LatticeFile, require_place, save_text

__all__ = ["Documents", "require_place", "save_text"]


class Documents(containers.DeclarativeContainer):
    """The adapters that work on what a run left."""

    lattice_file = providers.Factory(LatticeFile, write=document, read=from_json)
    replay = providers.Factory(Replay)
    plotter = providers.Object(plot_lattice)
