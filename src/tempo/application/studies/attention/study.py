"""The use-case: decode prompts, and see what later rows attend to among parallel candidates."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.attention.plan import LAYOUT, UNIFORM
from tempo.application.studies.curves.cells import Cell, PromptFigures
from tempo.application.studies.keeping import each
from tempo.domain.activations import Part, Watch, Where, pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tempo.application.decoding.generate import Generate
    from tempo.application.studies.attention.plan import AttentionPlan
    from tempo.application.studies.curves.cells import Layout
    from tempo.application.studies.fidelity.rule import Rule
    from tempo.application.studies.keeping import Kept
    from tempo.domain.activations import Observation, PassActivations
    from tempo.domain.lattice import Lattice
    from tempo.domain.ports.activation_source import ActivationSource
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Slot

PAIR = 2
"""The smallest set of parallel candidates."""


class AttentionStudy:
    """Decode under several rules, with every layer's attention taken down."""

    def __init__(
        self,
        plan: AttentionPlan,
        generate: Generate,
        tokenizer: Tokenizer,
        activations: ActivationSource,
    ) -> None:
        """Work over a model whose layers can be looked at."""
        self._plan = plan
        self._generate = generate
        self._tokenizer = tokenizer
        self._activations = activations

    @property
    def layout(self) -> Layout:
        """What is shown."""
        return LAYOUT

    def contexts(
        self, texts: Sequence[str], kept: Kept[PromptFigures] | None = None
    ) -> Iterator[PromptFigures]:
        """Measure one prompt after another, but those that are kept.

        Raises:
            PromptError: for a prompt that does not fit the model.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        return each(len(texts), lambda number: self._measured(number, texts[number]), kept)

    def _measured(self, number: int, text: str) -> PromptFigures:
        figures: dict[Cell, float] = {}
        prompt = self._tokenizer.encode(text)
        layers = tuple(range(self._activations.shape.layers))
        watch = Watch(Where(layers), frozenset({Part.ATTENTION}))
        for rule in self._plan.rules:
            plan = self._plan
            request = rule.request(prompt, (), plan.threshold, plan.width, plan.steps)
            with self._activations.observing(watch) as seen:
                lattice = self._generate.run(request).lattice
            sets = _sets(seen, lattice)
            masses = list(self._masses(seen, sets))
            figures |= _figures(rule, masses)
        return PromptFigures(number, text, figures)

    def _masses(self, seen: Observation, sets: Mapping[int, TokenSetSlots]) -> Iterator[SetMass]:
        """Yield what each step's rows gave each earlier set not too far back."""
        names = [pattern(layer) for layer in range(self._activations.shape.layers)]
        for one in seen.passes:
            given = _mean_over_rows(one, names)
            column = {slot: at for at, slot in enumerate(one.keys)}
            for earlier in range(max(0, one.step - self._plan.distance), one.step):
                if earlier in sets:
                    yield SetMass(sets[earlier], one.step - earlier, given, column)


class TokenSetSlots:
    """The candidates of a step, most probable first, and their posteriors."""

    __slots__ = ("posteriors", "slots")

    def __init__(self, slots: tuple[Slot, ...], posteriors: FloatArray) -> None:
        """Hold a set."""
        self.slots = slots
        self.posteriors = posteriors


class SetMass:
    """What the rows of a later step gave a set: [layer, head, candidate]."""

    __slots__ = ("distance", "mass", "set")

    def __init__(
        self,
        held: TokenSetSlots,
        distance: int,
        given: FloatArray,
        column: Mapping[Slot, int],
    ) -> None:
        """Take the set's part of attention [layer, head, key]; a key that is gone is given 0."""
        self.set = held
        self.distance = distance
        self.mass = np.zeros((*given.shape[:2], len(held.slots)))
        for place, slot in enumerate(held.slots):
            if slot in column:
                self.mass[:, :, place] = given[:, :, column[slot]]

    @property
    def size(self) -> int:
        """How many candidates the set had."""
        return len(self.set.slots)


def _sets(seen: Observation, lattice: Lattice) -> dict[int, TokenSetSlots]:
    """Return the candidates of every step that went through the model."""
    posterior = {
        one.slot: one.posterior or 0.0 for step in lattice.steps for one in step.token_set.members
    }
    return {
        one.step: TokenSetSlots(
            tuple(row.slot for row in one.rows),
            np.array([posterior.get(row.slot, 0.0) for row in one.rows]),
        )
        for one in seen.passes
    }


def _mean_over_rows(one: PassActivations, names: Sequence[str]) -> FloatArray:
    """Return attention [layer, head, key], mean over a pass's rows."""
    stacked: FloatArray = np.stack([one[name].mean(axis=1, dtype=np.float64) for name in names])
    return stacked


def _figures(rule: Rule, masses: Sequence[SetMass]) -> dict[Cell, float]:
    """Return one run's figures."""
    name = rule.name
    singles, sized = _by_distance(masses)
    figures: dict[Cell, float] = {}
    for size, found in sized.items():
        ratio = _ratio(found, singles)
        if ratio is not None:
            mean = float(ratio.mean())
            figures[Cell("size", name, size)] = mean
            figures[Cell("token", name, size)] = mean / size
    several = [one for one in masses if one.size >= PAIR]
    together = _ratio(_distances(several), singles)
    if together is not None:
        for layer, heads in enumerate(together):
            figures[Cell("layer", name, layer)] = float(heads.mean())
            if name == UNIFORM:
                figures |= {
                    Cell("head", f"head {head}", layer): float(value)
                    for head, value in enumerate(heads)
                }
    return figures | _ranks(name, several) | _best(name, several)


def _distances(masses: Sequence[SetMass]) -> dict[int, list[FloatArray]]:
    """Return [layer, head] given to whole sets, by distance."""
    found: dict[int, list[FloatArray]] = defaultdict(list)
    for one in masses:
        found[one.distance].append(one.mass.sum(axis=2))
    return found


def _by_distance(
    masses: Sequence[SetMass],
) -> tuple[dict[int, list[FloatArray]], dict[int, dict[int, list[FloatArray]]]]:
    """Return what single tokens were given by distance, and sets by size and distance."""
    sizes = sorted({one.size for one in masses if one.size >= PAIR})
    singles = _distances([one for one in masses if one.size == 1])
    return singles, {
        size: _distances([one for one in masses if one.size == size]) for size in sizes
    }


def _ratio(
    sets: Mapping[int, list[FloatArray]], singles: Mapping[int, list[FloatArray]]
) -> FloatArray | None:
    """Return [layer, head] of sets over singles at the distances that both have; None for none.

    Layers and heads are averaged later: of each, first the attention, then the ratio.
    """
    both = [distance for distance in sets if distance in singles]
    if not both:
        return None
    given = np.sum([np.mean(sets[distance], axis=0) for distance in both], axis=0)
    expected = np.sum([np.mean(singles[distance], axis=0) for distance in both], axis=0)
    ratio: FloatArray = given / expected
    return ratio


def _ranks(name: str, masses: Sequence[SetMass]) -> dict[Cell, float]:
    """Return the share of each rank within its set, times the set's size."""
    shares: dict[int, list[float]] = defaultdict(list)
    for one in masses:
        given = one.mass.mean(axis=(0, 1))
        total = float(given.sum())
        for rank, value in enumerate(given.tolist()) if total > 0.0 else ():
            shares[rank + 1].append(value / total * one.size)
    return {Cell("rank", name, rank): float(np.mean(found)) for rank, found in shares.items()}


def _best(name: str, masses: Sequence[SetMass]) -> dict[Cell, float]:
    """Return, by layer, how often the most attended is the one of the highest posterior."""
    if not masses:
        return {}
    hits = [
        (one.mass.mean(axis=1).argmax(axis=1) == one.set.posteriors.argmax()) - 1.0 / one.size
        for one in masses
    ]
    means = np.mean(hits, axis=0)
    return {Cell("best", name, layer): float(mean) for layer, mean in enumerate(means)}
