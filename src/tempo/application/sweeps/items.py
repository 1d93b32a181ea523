"""The items of a sweep: a model, settings and a prompt each, under an id that stays the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tempo.application.workers.work import WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tempo.application.batches.items import BatchItem
    from tempo.application.sweeps.spec import SweepSpec

DIGITS = 10
"""Of the digest that stands for settings in an id."""


def settings_text(settings: Mapping[str, object]) -> str:
    """Return settings as a text that is the same for the same ones."""
    return json.dumps(dict(settings), sort_keys=True)


def items_under(
    model: int, settings: Mapping[str, object], prompts: Sequence[BatchItem]
) -> Iterator[WorkItem]:
    """Yield the items of one model under one set of settings, one for each prompt.

    The id is of the settings' values, not of their number: what two grids or two trials share is
    the same item.
    """
    digest = hashlib.sha256(settings_text(settings).encode()).hexdigest()[:DIGITS]
    for place, prompt in enumerate(prompts):
        payload: dict[str, Any] = {
            "model": model,
            "settings": dict(settings),
            "place": place,
            "prompt": prompt.prompt.text,
            "name": prompt.name,
        }
        yield WorkItem(f"m{model}-{digest}-p{place:06}", payload)


def grid_items(spec: SweepSpec, prompts: Sequence[BatchItem]) -> Iterator[WorkItem]:
    """Yield the items of a grid, a model after the other, so that each is seldom loaded."""
    points = list(spec.points())
    for model in range(len(spec.models)):
        for point in points:
            yield from items_under(model, point, prompts)
