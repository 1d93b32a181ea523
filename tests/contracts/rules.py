"""Every rule that selects or prunes: a new one gets its line here, and test_rules.py holds it."""

import runpy
from pathlib import Path

from tempo.domain.pruning.attention import AttentionPruning
from tempo.domain.pruning.coherence import CoherenceDefinition, CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.hybrid import HybridPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.selection import AnyWidth

EXAMPLES = Path(__file__).parents[2] / "examples"


def of_example(name):
    """The names of an example, which runs nothing when it is not run itself."""
    return runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="example")


SELECTION_RULES = {
    "any width": AnyWidth(),
    "own example": of_example("own_selection_rule")["Nucleus"](0.6),
}

RETROACTIVE_RULES = {
    "posterior": PosteriorPruning(),
    "attention": AttentionPruning(),
    "own example": of_example("own_pruning_rule")["Overtaken"](0.2),
}

STRATEGIES = {
    "coherence": CoherencePruning(),
    "coherence by embedding": CoherencePruning(definition=CoherenceDefinition.EMBEDDING),
    "diversity": DiversityPruning(2),
    "hybrid": HybridPruning(DiversityPruning(2), CoherencePruning(), 3),
}
