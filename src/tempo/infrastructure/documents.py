"""What needs no model: documents and pictures of lattices, and pictures of thresholds.

Apart from the container, which it is the base of, so that showing a file does not load a framework.
"""

from __future__ import annotations

from dependency_injector import containers, providers

from tempo.application.records.replay import Replay
from tempo.infrastructure.embedded import story_openings
from tempo.infrastructure.export.dot import dot
from tempo.infrastructure.export.lattice_export import FORMATS, LatticeExport, format_of
from tempo.infrastructure.export.networkx_graph import digraph, graphml
from tempo.infrastructure.export.slf import slf
from tempo.infrastructure.export.steps_csv import steps_csv
from tempo.infrastructure.hub.hub_shelf import HubShelf
from tempo.infrastructure.paths import default_store
from tempo.infrastructure.plotting.ambiguity_plot import plot_ambiguity
from tempo.infrastructure.plotting.comparison_page import comparison_page, require_page
from tempo.infrastructure.plotting.comparison_plot import plot_comparison
from tempo.infrastructure.plotting.consolidation_plot import plot_consolidation
from tempo.infrastructure.plotting.curve_plot import plot_curve
from tempo.infrastructure.plotting.curves_plot import plot_curves
from tempo.infrastructure.plotting.early_exit_plot import plot_early_exit
from tempo.infrastructure.plotting.fidelity_plot import plot_fidelity
from tempo.infrastructure.plotting.figure_file import require_figure, save_figure
from tempo.infrastructure.plotting.lattice_plot import plot_lattice
from tempo.infrastructure.plotting.pruning_plot import plot_pruning
from tempo.infrastructure.plotting.runs.gallery import Gallery
from tempo.infrastructure.plotting.runs.kinds import Kind
from tempo.infrastructure.plotting.search_plot import plot_search
from tempo.infrastructure.plotting.terminal_curve import draw_curve
from tempo.infrastructure.profiling.device import measure_on, process_memory
from tempo.infrastructure.profiling.recording import call_statistics, flame_graph, operation_trace
from tempo.infrastructure.resident_memory import resident_bytes
from tempo.infrastructure.scale_out.crew import Crew
from tempo.infrastructure.scale_out.ray_engine import ray_engine
from tempo.infrastructure.scale_out.replicas import application, replica_class, serving
from tempo.infrastructure.scale_out.serving_cluster import cluster
from tempo.infrastructure.serving.opening import shared_run_store
from tempo.infrastructure.serving.sqlite_run_store import SqliteRunStore
from tempo.infrastructure.storage.array_file import require_array_format, save_arrays
from tempo.infrastructure.storage.batch_lattices import BatchLattices
from tempo.infrastructure.storage.batch_results import DECIDING, RESULTS, BatchResults
from tempo.infrastructure.storage.comparison_document import read_comparison
from tempo.infrastructure.storage.comparison_outcomes import outcome_line, read_outcome
from tempo.infrastructure.storage.configuration_file import read_configuration
from tempo.infrastructure.storage.document_reading import from_json
from tempo.infrastructure.storage.experiment_files import experiments, read_experiment
from tempo.infrastructure.storage.lattice_document import document
from tempo.infrastructure.storage.lattice_file import LatticeFile, require_place, save_text
from tempo.infrastructure.storage.lone_writer import alone_in
from tempo.infrastructure.storage.plain_values import PlainValues
from tempo.infrastructure.storage.study_journal import study_journal
from tempo.infrastructure.sweeping.results import SweepResults
from tempo.infrastructure.sweeping.trials import OptunaSuggestions

__all__ = [
    "DECIDING",
    "FORMATS",
    "RESULTS",
    "BatchResults",
    "Crew",
    "Documents",
    "Gallery",
    "Kind",
    "OptunaSuggestions",
    "PlainValues",
    "SweepResults",
    "alone_in",
    "call_statistics",
    "comparison_page",
    "default_store",
    "experiments",
    "flame_graph",
    "format_of",
    "measure_on",
    "operation_trace",
    "outcome_line",
    "plot_ambiguity",
    "plot_comparison",
    "plot_consolidation",
    "plot_curves",
    "plot_early_exit",
    "plot_fidelity",
    "plot_pruning",
    "plot_search",
    "process_memory",
    "ray_engine",
    "read_comparison",
    "read_configuration",
    "read_experiment",
    "read_outcome",
    "require_array_format",
    "require_figure",
    "require_page",
    "require_place",
    "resident_bytes",
    "save_arrays",
    "save_figure",
    "save_text",
    "story_openings",
    "study_journal",
]


class Documents(containers.DeclarativeContainer):
    """The adapters that work on what a run left."""

    lattice_file = providers.Factory(LatticeFile, write=document, read=from_json)
    batch_lattices = providers.Factory(BatchLattices, file=lattice_file)
    replay = providers.Factory(Replay)
    plotter = providers.Object(plot_lattice)
    curve_plotter = providers.Object(plot_curve)
    curve_drawer = providers.Object(draw_curve)
    grapher = providers.Object(digraph)
    writers = providers.Dict(
        dot=providers.Object(dot),
        slf=providers.Object(slf),
        csv=providers.Object(steps_csv),
        graphml=providers.Object(graphml),
    )
    document_reader = providers.Object(from_json)
    model_shelf = providers.Factory(HubShelf)
    run_store = providers.Factory(SqliteRunStore)
    shared_run_store = providers.Callable(shared_run_store)
    cluster = providers.Callable(cluster)
    replica_application = providers.Callable(application)
    replica_class = providers.Callable(replica_class)
    serving_replicas = providers.Callable(serving)
    export = providers.Factory(LatticeExport, writers=writers, save=providers.Object(save_text))
