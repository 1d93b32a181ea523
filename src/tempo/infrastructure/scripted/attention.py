"""What rows of the scripted model attend to: one layer, one head, weights made to sum to 1."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.ports.attention_source import RowTraits
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.capture import Capture
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

View = dict[Slot, float]


def shares(seen: Mapping[Slot, float], prompt: int) -> View:
    """Return each slot's share of a row's attention, those of the prompt among them."""
    weights = dict.fromkeys(map(Slot, range(prompt)), 1.0) | dict(seen)
    total = sum(weights.values())
    return {slot: weight / total for slot, weight in weights.items()}


def traits(
    capture: Capture, attention: Mapping[Slot, View], rows: Sequence[FloatArray]
) -> RowTraits:
    """Return what a capture asks for of a pass: each row's attention, and the distributions."""
    states = np.stack(rows)
    distances = np.linalg.norm(states[:, None] - states[None], axis=-1)
    if not capture.context:
        return RowTraits(distances=distances)
    earlier = [
        np.array([share for slot, share in view.items() if slot not in attention and share > 0])
        for view in attention.values()
    ]
    return RowTraits(
        attention=np.array([one.max(initial=0.0) for one in earlier]),
        focus=np.array([_focus(one) for one in earlier]),
        distances=distances if capture.hidden else RowTraits().distances,
    )


def _focus(given: FloatArray) -> float:
    if len(given) <= 1:
        return 1.0
    normalised = given / given.sum()
    entropy = -(normalised * np.log(normalised)).sum()
    return float(np.clip(1.0 - entropy / np.log(len(given)), 0.0, 1.0))


def similarity(tokens: Sequence[TokenId], context: Sequence[TokenId]) -> FloatArray:
    """Return [tokens] how often each stands in the context, over the length of all counts."""
    counts = Counter(context)
    length = np.linalg.norm(list(counts.values()))
    return np.array([counts[token] / length for token in tokens])
