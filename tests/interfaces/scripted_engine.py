"""An engine over a script: fast, and with texts that can be written down."""

from dependency_injector import providers

from tempo.infrastructure.container import Container
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tempo.interfaces.python.engine import Engine

STORY = Script.of(
    {
        "": {"Once": 1.0},
        "Once": {" upon": 1.0},
        " upon": {" a": 1.0},
        " a": {" park": 0.6, " garden": 0.4},
        " park": {".": 1.0},
        " garden": {".": 1.0},
        ".": {END: 1.0},
    }
)
"""`Once` goes on ` upon a park.` (0.6) or ` upon a garden.` (0.4)."""

FOREVER = Script.random(5, tokens=6, order=1)
"""Hardly ever ends, and hesitates at every step."""


def scripted_engine(script=STORY, *, context=1024, backend=None, tokenizer=None):
    container = Container()
    container.backend.override(providers.Object(backend or ScriptedBackend(script, context)))
    container.tokenizer.override(providers.Object(tokenizer or ScriptedTokenizer(script)))
    return Engine.of(container, check=False)
