"""Test your own code without a model: one override puts a script in the place of the adapter.

The engine knows a model only through a port. The scripted model's answers are written down, so that
a test is fast, exact, and needs no weights. Run it with pytest, or by itself.
"""

from dependency_injector import providers

import tempo
from tempo.infrastructure.container import Container
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer


def ending(engine: tempo.Engine, beginning: str) -> str:
    """Finish a text, and say so where the model had to choose: the code that is to be tested."""
    result = engine.generate(beginning, max_steps=5)
    return result.text + (" (it hesitated)" if "[" in result.bracketed else "")


def scripted_engine() -> tempo.Engine:
    """Return an engine whose model knows two parks and one garden."""
    script = Script.of(
        {
            "": {" park": 0.6, " garden": 0.4},
            " park": {" bench": 0.7, " swing": 0.3},
            " garden": {" gate": 1.0},
            " bench": {END: 1.0},
            " swing": {END: 1.0},
            " gate": {END: 1.0},
        }
    )
    container = Container()
    container.backend.override(providers.Object(ScriptedBackend(script)))
    container.tokenizer.override(providers.Object(ScriptedTokenizer(script)))
    return tempo.Engine.of(container, check=False)


def test_a_choice_is_told() -> None:
    """The park has a bench and a swing."""
    assert ending(scripted_engine(), " park") == " bench (it hesitated)"


def test_no_choice_is_not() -> None:
    """The garden has a gate alone."""
    assert ending(scripted_engine(), " garden") == " gate"


if __name__ == "__main__":
    print(ending(scripted_engine(), " park"))
    print(ending(scripted_engine(), " garden"))

# Prints:
#    bench (it hesitated)
#    gate
