"""What research code does with an engine's layers: look at them, change them, read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.activations import Watch, Where
from tempo.infrastructure.container import activations_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from numpy.typing import ArrayLike
    from torch import Tensor

    from tempo.domain.activations import Float32Array, Observation
    from tempo.infrastructure.container import Container, EditedRows


class LayerAccess:
    """An engine's layers, within a `with`, for the passes that this thread makes meanwhile.

    The model goes through transformers' own modules then, whatever backend the engine has; a run
    is to be opened within the `with`. Nothing is left on the model behind it.
    """

    container: Container

    def observe(
        self,
        layers: Iterable[int] | int | None = None,
        steps: Iterable[int] | int | None = None,
        *,
        what: Iterable[str] | str = "hidden",
    ) -> AbstractContextManager[Observation]:
        """Look at layers while a run goes on; no pass is made for it.

            with engine.observe(layers=[0, 3], steps=range(10)) as seen:
                result = engine.generate("Once upon a time")
            seen.step(4)["blocks.3.hook_resid_pre"]  # [rows, hidden]

        A step is a position behind the prompt, -1 the prompt; left out, all but the prompt.
        `layers` are 0 and up, their number stands for what leaves the last; left out, all. `what`
        is hidden (inputs of layers, and what the head reads), attention, logits, or several.

        Raises:
            InvalidValueError: for a layer that the model does not have, or another wrong value.
            UnsupportedModelError: for a model that does not show what is asked for.
        """
        return activations_of(self.container).observing(Watch.of(layers, steps, what))

    def intervene(
        self,
        layers: Iterable[int] | int | None = None,
        steps: Iterable[int] | int | None = None,
        *,
        edit: Callable[[Tensor, EditedRows], Tensor | None],
    ) -> AbstractContextManager[None]:
        """Change what layers are given while a run goes on.

        `edit(states, at)` is given a copy of the rows of one step, [rows, hidden], and what they
        are: `at.layer`, `at.step`, and `at.rows` with the token, slot and position of each. It
        returns states of the same shape, or None to leave them. Several act in the order in which
        they were entered; what `observe` sees is what the layer was given in the end.

        Raises:
            InvalidValueError: for a layer that the model does not have, another wrong value, or an
                edit that returns other shapes or numbers that are not finite.
            UnsupportedModelError: for a model that does not show its layers.
        """
        return activations_of(self.container).editing(Where.of(layers, steps), edit)

    def logit_lens(self, states: ArrayLike) -> Float32Array:
        """Return [..., vocab] log-probabilities that the last norm and the head read in states.

        Raises:
            InvalidValueError: for states of another width than the model's.
            UnsupportedModelError: for a model whose logits are more than its last norm and head.
        """
        return activations_of(self.container).lens(np.asarray(states, dtype=np.float32))
