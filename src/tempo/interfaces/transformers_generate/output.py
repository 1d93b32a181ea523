"""What `generate` returns with `return_dict_in_generate=True`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from transformers.utils.generic import ModelOutput

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.application.n_best import NBestText
    from tempo.interfaces.python.lattice import Lattice


@dataclass(frozen=True, slots=True, eq=False)
class TempoOutput(ModelOutput):
    """One call's texts, their scores and their lattices.

    Attributes:
        sequences: [batch * n_best, token] each prompt and one of its texts, best first; n_best is 1
            unless it was asked for.
        sequences_scores: [batch * n_best] log-probability of each continuation under the plain
            model, in nats, over its length to the power of `length_penalty`, as in beam search;
            minus infinity where a lattice holds fewer texts than were asked for.
        n_best: for each prompt its best texts, with exact scores; None unless asked for.
        lattice: for each prompt all candidates and transitions; a list, as transformers' pipelines
            take every tuple for tensors.
    """

    sequences: Tensor | None = None
    sequences_scores: Tensor | None = None
    n_best: list[tuple[NBestText, ...]] | None = None
    lattice: list[Lattice] | None = None

    def __post_init__(self) -> None:
        """Become a mapping of what is there, as every ModelOutput is.

        transformers reads the fields off the instance's dictionary, where slots are not.
        """
        ModelOutput.__post_init__(self)
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                self[field.name] = value
