"""What a study of pruning is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.plan import BUDGET
from tempo.application.studies.fidelity.rule import rule_of
from tempo.application.studies.pruning.variants import variants
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.retroactive import FIRST_RECEIVED, LAG

if TYPE_CHECKING:
    from tempo.application.studies.fidelity.rule import Rule
    from tempo.application.studies.pruning.variants import Variant

SUPERPOSITIONS = ("lineage", "path", "marginal", "uniform")


def rules_of(superpositions: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules that decode the judged sets; all share a threshold's basis.

    Raises:
        InvalidValueError: for an unknown superposition.
    """
    return tuple(rule_of({"superposition": one}) for one in dict.fromkeys(superpositions))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlan:
    """How much pruned runs save, and what it costs their texts.

    Attributes:
        superpositions: under which each variant of pruning is run.
        steps: tokens of every text, at least 2; 0 leaves the texts out.
        threshold: of the selection, in [0, 1].
        count: so many of each run's best texts are rescored, and the best of them counts.
        prompts: of the study's prompts only so many first ones are continued; None for all.
    """

    superpositions: tuple[str, ...] = ("lineage", "path")
    steps: int = 60
    threshold: float = 0.05
    count: int = 8
    prompts: int | None = None

    def __post_init__(self) -> None:
        if self.steps < 0 or self.steps == 1:
            message = f"text steps are {self.steps}; there must be 2 or more, or 0 for no texts"
            raise InvalidValueError(message)
        if self.count < 1:
            message = f"text count is {self.count}; it must be 1 or more"
            raise InvalidValueError(message)
        if self.prompts is not None and self.prompts < 1:
            message = f"text prompts are {self.prompts}; there must be 1 or more, or None for all"
            raise InvalidValueError(message)

    def covers(self, number: int) -> bool:
        """Whether the prompt with a number is continued."""
        return self.steps > 0 and (self.prompts is None or number < self.prompts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PruningPlan:
    """Which sets are judged when, and which pruned runs are compared.

    Attributes:
        rules: what decodes the sets that are judged.
        lags: a set is judged when so many later ones are decoded; at least 2 each, since no later
            token has attended to a set before.
        sets: so many sets are decoded, more than the largest lag.
        threshold: of the selection, in [0, 1].
        width: at most so many tokens a set.
        budget: the most paths that are enumerated for one judgement.
        texts: what is decoded further.
        seed: of the bootstrap's resamples.
    """

    rules: tuple[Rule, ...] = field(default_factory=lambda: rules_of(SUPERPOSITIONS))
    lags: tuple[int, ...] = (2, LAG, 5)
    sets: int = 6
    threshold: float = 0.05
    width: int = 8
    budget: int = BUDGET
    texts: TextPlan = field(default_factory=TextPlan)
    seed: int = 42

    def __post_init__(self) -> None:
        for name in ("rules", "lags"):
            if not getattr(self, name):
                message = f"the study has no {name}; give at least one"
                raise InvalidValueError(message)
        object.__setattr__(self, "lags", tuple(sorted(set(self.lags))))
        if min(self.lags) < FIRST_RECEIVED:
            message = f"lag is {min(self.lags)}; it must be {FIRST_RECEIVED} or more"
            raise InvalidValueError(message)
        if self.sets <= max(self.lags):
            message = f"sets is {self.sets}; it must be more than the largest lag, {max(self.lags)}"
            raise InvalidValueError(message)
        if self.budget < 1:
            message = f"budget is {self.budget}; it must be 1 path or more"
            raise InvalidValueError(message)
        for rule in self.rules:
            rule.request((), (), self.threshold, self.width, self.sets)
        for variant in self.variants:
            variant.request((), (), self)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Every pruned run, and under each superposition first the one without pruning."""
        if not self.texts.steps:
            return ()
        return tuple(one for name in self.texts.superpositions for one in variants(name))

    @property
    def deepest(self) -> int:
        """The most steps that any run takes."""
        return max(self.sets, self.texts.steps)
