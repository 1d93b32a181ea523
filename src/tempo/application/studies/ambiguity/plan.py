"""What an ambiguity study is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tempo.application.studies.fidelity.rule import Rule, read_rule
from tempo.domain.errors import InvalidValueError

RULES = (
    "superposition=lineage",
    "superposition=lineage,sharpness=1,window=inf",
    "superposition=path",
    "superposition=marginal",
    "superposition=uniform",
)


class Injection(StrEnum):
    """How two continuations come into one state.

    APART: tokens of both at every step, and no way from one to the other.
    CROSSING: the same, but ways between them have the probability that the model gives them.
    REJOINED: the first word of both, and from then on one text that they share.
    """

    APART = "apart"
    CROSSING = "crossing"
    REJOINED = "rejoined"


def _default_rules() -> tuple[Rule, ...]:
    return tuple(map(read_rule, RULES))


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbiguityPlan:
    """The rules, the ways to inject, and where the readout is held against two separate runs.

    Attributes:
        rules: what is compared, beside an embedding mixture and two controls.
        injections: how the two continuations come in.
        weights: of the first continuation, each above 0 and below 1; the second has the rest.
        depths: after how many injected sets the distributions are compared, increasing.
        seed: of the control's deal and the bootstrap's resamples.
    """

    rules: tuple[Rule, ...] = field(default_factory=_default_rules)
    injections: tuple[Injection, ...] = tuple(Injection)
    weights: tuple[float, ...] = (0.5, 0.9)
    depths: tuple[int, ...] = (1, 2, 3, 4, 6, 8)
    seed: int = 42

    def __post_init__(self) -> None:
        for name in ("rules", "injections", "weights", "depths"):
            if not getattr(self, name):
                message = f"the study has no {name}; give at least one"
                raise InvalidValueError(message)
        wrong = [weight for weight in self.weights if not 0.0 < weight < 1.0]
        if wrong:
            message = f"weight is {wrong[0]}; it must be above 0 and below 1"
            raise InvalidValueError(message)
        if min(self.depths) < 1:
            message = f"depth is {min(self.depths)}; it must be 1 or more"
            raise InvalidValueError(message)
        object.__setattr__(self, "weights", tuple(dict.fromkeys(self.weights)))
        object.__setattr__(self, "depths", tuple(sorted(set(self.depths))))
        object.__setattr__(self, "injections", tuple(dict.fromkeys(self.injections)))
