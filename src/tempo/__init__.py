"""TEMPO: several hypotheses in one sequence state of a language model.

Examples:
    >>> import tempo
    >>> engine = tempo.load()
    >>> result = engine.generate(
    ...     "The little fox walked through the", max_steps=8, selection_threshold=0.15
    ... )
    >>> print(result.text)
     forest, and found a little rabbit.
    >>> for text in result.n_best(3):
    ...     print(round(text.log_probability, 1), text.text)
    -13.1  forest, and found a little rabbit.
    -14.4  woods, and found a little rabbit.
    -16.2  forest, and found the little rabbit.

Names are loaded when they are first used, so that importing the package alone costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tempo.application.settings.settings import Settings
    from tempo.domain import errors, events
    from tempo.infrastructure.container import embedded_model_path, story_openings
    from tempo.interfaces.python.engine import Engine
    from tempo.interfaces.python.lattice import Lattice
    from tempo.interfaces.python.loading import load
    from tempo.interfaces.python.result import Result
    from tempo.interfaces.python.session import Session
    from tempo.interfaces.python.settings_files import settings_from
    from tempo.interfaces.python.stream import Stream
    from tempo.interfaces.transformers_generate.call import custom_generate
    from tempo.interfaces.transformers_generate.folder import custom_generate_folder

__all__ = [
    "Engine",
    "Lattice",
    "Result",
    "Session",
    "Settings",
    "Stream",
    "custom_generate",
    "custom_generate_folder",
    "embedded_model_path",
    "errors",
    "events",
    "load",
    "settings_from",
    "story_openings",
]

_HOMES = {
    "Engine": "tempo.interfaces.python.engine",
    "Lattice": "tempo.interfaces.python.lattice",
    "Result": "tempo.interfaces.python.result",
    "Session": "tempo.interfaces.python.session",
    "Settings": "tempo.application.settings.settings",
    "Stream": "tempo.interfaces.python.stream",
    "custom_generate": "tempo.interfaces.transformers_generate.call",
    "custom_generate_folder": "tempo.interfaces.transformers_generate.folder",
    "embedded_model_path": "tempo.infrastructure.container",
    "load": "tempo.interfaces.python.loading",
    "settings_from": "tempo.interfaces.python.settings_files",
    "story_openings": "tempo.infrastructure.container",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - modules, classes and functions
    if name in {"errors", "events"}:
        return import_module(f"tempo.domain.{name}")
    if name not in _HOMES:
        message = f"module 'tempo' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
