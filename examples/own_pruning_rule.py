"""Decide yourself who is pruned: here, whoever falls far behind the best of the same step.

A retroactive rule is one class. It sees what is known of a step's candidates when later steps are
there, and gives each a verdict: what it measured, against what, and how much of it stays.
One line in `tests/contracts/rules.py` holds it to what every rule must do.
"""

from dataclasses import dataclass

import tempo
from tempo.domain.capture import Capture
from tempo.domain.pruning.retroactive import Evidence, RetroactivePruning
from tempo.domain.pruning.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Prune what has less than a part of the best candidate's share of the live paths."""

    part: float
    capture = Capture()  # nothing to be taken down: shares come from the lattice
    decay = 1.0  # no attention is looked at, so none fades

    def verdicts(self, evidence: Evidence, _step: int, _max_steps: int) -> tuple[Verdict, ...]:
        """Return one verdict a candidate: weight 0 prunes it, 1 leaves it alone."""
        level = self.part * float(evidence.posterior.max())
        return tuple(
            Verdict("overtaken", share, level, weight=float(share >= level))
            for share in evidence.posterior.tolist()
        )


if __name__ == "__main__":
    result = tempo.load().generate(
        "Lily and her grandmother walked slowly through the",
        max_steps=8,
        retroactive_pruning=RetroactivePruning(Overtaken(0.2), lag=2),
    )
    print(result.bracketed)
    for decision in result.lattice.decisions:
        print(f"step {decision.step}: {decision.reason}")

# Prints:
#    [park/forest/garden]. [Lily/They] [saw/~was] a big [tree/slide] [with/and]
#   step 3: pruned at step 5: overtaken 0.04991 against 0.19
