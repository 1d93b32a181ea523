"""TEMPO: several hypotheses in one sequence state of a language model.

import tempo

engine = tempo.load()
result = engine.generate("Once upon a time", max_steps=60, selection_threshold=0.1)
print(result.text)
for text in result.n_best(5):
    print(text.log_probability, text.text)
"""

from tempo.application.settings import Settings
from tempo.domain import errors, events
from tempo.infrastructure.container import embedded_model_path, story_openings
from tempo.interfaces.python.engine import Engine, load
from tempo.interfaces.python.lattice import Lattice
from tempo.interfaces.python.result import Result
from tempo.interfaces.python.session import Session
from tempo.interfaces.python.stream import Stream
from tempo.interfaces.transformers_generate import custom_generate

__all__ = [
    "Engine",
    "Lattice",
    "Result",
    "Session",
    "Settings",
    "Stream",
    "custom_generate",
    "embedded_model_path",
    "errors",
    "events",
    "load",
    "story_openings",
]
