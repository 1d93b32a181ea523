"""Decide yourself how wide a step may be: here, the nucleus that holds a share of the probability.

A selection rule is one class with one method. It sees what one pass offers and says how many of the
most probable candidates may be kept. Threshold and `max_width` hold beside it; at threshold 0 it
decides alone. One line in `tests/contracts/rules.py` holds it to what every rule must do.
"""

from dataclasses import dataclass

import numpy as np

import tempo
from tempo.domain.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Nucleus:
    """Keep the fewest tokens that have a share of the probability together (Holtzman, 2020)."""

    share: float

    def width(self, proposal: Proposal) -> int:
        """Return how many candidates reach the share; all that were considered, if they do not."""
        reached = np.cumsum(np.exp(proposal.log_probabilities))
        return 1 + int((reached < self.share).sum())


if __name__ == "__main__":
    engine = tempo.load()
    for share in (0.2, 0.4, 0.6):
        result = engine.generate(
            "The old king opened the door and saw a",
            max_steps=6,
            selection_threshold=0,
            selection_rule=Nucleus(share),
        )
        print(share, [step.width for step in result.lattice.steps], result.text)

# Prints:
#   0.2 [3, 1, 2, 1, 1, 2]  little girl. She was very
#   0.4 [8, 8, 5, 4, 2, 8]  little girl. She was very
#   0.6 [8, 8, 8, 8, 8, 8]  little girl. She was very
