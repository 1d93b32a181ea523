"""The use-case: a row that sees two candidates beside rows that see one each, layer by layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tempo.application.studies.curves.cells import Cell, PromptFigures
from tempo.application.studies.fidelity.distances import divergence
from tempo.application.studies.keeping import each
from tempo.application.studies.lens.plan import HALF, LAYOUT, LINEAGE, SINGLE, UNIFORM
from tempo.domain.activations import Watch, Where, layer_input
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.curves.cells import Layout
    from tempo.application.studies.keeping import Kept
    from tempo.application.studies.lens.plan import LensPlan
    from tempo.domain.node import Weights
    from tempo.domain.ports.activation_source import ActivationSource
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

EVEN = 0.5

APART = 1e-6
"""States that are no farther apart, as a share of their length, are the same."""


class FedPair(NamedTuple):
    """Two candidates and the token behind both.

    Attributes:
        posterior: the share of the first among what leads to the token.
        states: [layer, row, hidden] behind 0, 1, ... layers; rows saw the first, the second, both
            at their posterior, both in full, both at a half.
    """

    posterior: float
    states: FloatArray


class LensStudy:
    """Read the states of rows that see several histories."""

    def __init__(
        self,
        plan: LensPlan,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        activations: ActivationSource,
    ) -> None:
        """Work over a model whose layers can be looked at."""
        self._plan = plan
        self._backend = backend
        self._tokenizer = tokenizer
        self._activations = activations

    @property
    def layout(self) -> Layout:
        """What is shown."""
        return LAYOUT

    def contexts(
        self, texts: Sequence[str], kept: Kept[PromptFigures] | None = None
    ) -> Iterator[PromptFigures]:
        """Measure one prompt after another, but those that are kept."""
        return each(len(texts), lambda number: self._measured(number, texts[number]), kept)

    def _measured(self, number: int, text: str) -> PromptFigures:
        prompt = self._tokenizer.encode(text)
        with self._backend.open(prompt, RowRules()) as session:
            pair = self._fed(session, len(prompt))
        return PromptFigures(number, text, figures_of(pair, self._lenses(pair.states)))

    def _fed(self, session: DecodingSession, length: int) -> FedPair:
        """Feed the two most probable tokens, then the one that both together make likeliest."""
        asked = Reading(weights=(1.0,), considered=2)
        (answer,) = self._backend.propose([(session, asked)])
        priors = np.exp(answer.log_probabilities)
        slots = Slot(length), Slot(length + 1)
        nodes = [
            Node(token, length, slot) for token, slot in zip(answer.token_ids, slots, strict=True)
        ]
        self._backend.extend([(session, nodes)])
        shares = tuple((priors / priors.sum()).tolist())
        (answer,) = self._backend.propose([(session, Reading(weights=shares, considered=1))])
        joint = np.array(shares) * np.exp(answer.rows[:, 0])
        posterior = float(joint[0] / joint.sum())
        views: tuple[Weights, ...] = (
            ((slots[0], 1.0),),
            ((slots[1], 1.0),),
            ((slots[0], posterior), (slots[1], 1.0 - posterior)),
            ((slots[0], 1.0), (slots[1], 1.0)),
            ((slots[0], 0.5), (slots[1], 0.5)),
        )
        token = answer.token_ids[0]
        with self._activations.observing(Watch(Where(None, frozenset({1})))) as seen:
            self._backend.extend([(session, _seeing(token, length, views))])
        layers = self._activations.shape.layers
        names = [layer_input(layer, layers) for layer in range(layers + 1)]
        states = np.stack([seen.passes[0][name] for name in names])
        return FedPair(posterior, states.astype(np.float64))

    def _lenses(self, states: FloatArray) -> FloatArray:
        """Return [layer, row, vocab] log-probabilities that the head would read in states."""
        read = self._activations.lens(states.astype(np.float32)).astype(np.float64)
        normal: FloatArray = read - np.logaddexp.reduce(read, axis=-1, keepdims=True)
        return normal


def _seeing(token: TokenId, length: int, views: Sequence[Weights]) -> list[Node]:
    """Return one token as often as there are views, each seeing the prompt and its view."""
    first = length + 2
    return [
        Node(token, length + 1, Slot(first + place), weights=view)
        for place, view in enumerate(views)
    ]


def figures_of(pair: FedPair, lenses: FloatArray) -> dict[Cell, float]:
    """Return a prompt's figures, given [layer, row, vocab] what the head reads at every layer."""
    figures: dict[Cell, float] = {}
    share = pair.posterior
    likelier = 0 if share >= EVEN else 1
    mixed = {LINEAGE: (2, share), UNIFORM: (3, share), HALF: (4, EVEN)}
    for layer in range(1, len(lenses)):  # what goes into the first layer is the token alone
        states, read = pair.states[layer], lenses[layer]
        figures[Cell("commitment", "posterior", layer)] = abs(2.0 * share - 1.0)
        for name, (row, part) in mixed.items():
            figures |= _placed(states[:2], states[row], part, (name, layer))
            both = part * np.exp(read[0]) + (1.0 - part) * np.exp(read[1])
            figures[Cell("lens_kl", name, layer)] = divergence(both, read[row])
        rows = {name: row for name, (row, _) in mixed.items()} | {SINGLE: likelier}
        for name, row in rows.items():
            last = lenses[-1][row]
            figures[Cell("final_kl", name, layer)] = divergence(np.exp(last), read[row])
            decided = read[row].argmax() == last.argmax()
            figures[Cell("decided", name, layer)] = float(decided)
    return figures


def _placed(
    runs: FloatArray, states: FloatArray, share: float, where: tuple[str, int]
) -> dict[Cell, float]:
    """Return where states stand on the line between those of two runs; none where these meet.

    `share` is what the first run's should be.
    """
    one, other = runs
    across = one - other
    length = float(across @ across)
    if math.sqrt(length) <= APART * float(np.linalg.norm(one)):
        return {}
    weight = float((states - other) @ across) / length
    aside = states - (weight * one + (1.0 - weight) * other)
    return {
        Cell("weight_error", *where): abs(weight - share),
        Cell("commitment", *where): min(1.0, abs(2.0 * weight - 1.0)),
        Cell("beside", *where): math.sqrt(float(aside @ aside) / length),
    }
