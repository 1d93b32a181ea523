"""Mixed inputs over a script: what a model that averages the answers of its inputs would say."""

from itertools import product

import numpy as np


class ScriptedInputs:
    """Reads a script after every choice of one token a step, and mixes by their weights."""

    def __init__(self, script):
        self._script = script

    def read(self, prompt, steps):
        return np.stack([self._after(prompt, steps[:count]) for count in range(1, len(steps) + 1)])

    def _after(self, prompt, steps):
        return sum(
            np.prod([weight for _, weight in path])
            * np.array(self._script.next((*prompt, *(token for token, _ in path))), dtype=float)
            for path in product(*(step.items() for step in steps))
        )
