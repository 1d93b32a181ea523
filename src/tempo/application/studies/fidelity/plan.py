"""What a fidelity study is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.rule import rule_grid
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.application.studies.fidelity.rule import Rule
    from tempo.domain.tokens import TokenId

BUDGET = 4_000


@dataclass(frozen=True, slots=True)
class StudyPrompt:
    """A context of the study, as text and as the tokens that every rule starts from."""

    text: str
    token_ids: tuple[TokenId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """The rules and where they are held against the enumeration.

    Attributes:
        rules: what is compared; differences are taken from the first one.
        thresholds: of the selection, each in [0, 1].
        depths: after how many token sets the next-token distributions are compared, increasing.
        width: at most so many tokens a set.
        budget: the most paths that are enumerated for one context and depth.
        seed: of the bootstrap's resamples.
    """

    rules: tuple[Rule, ...] = field(default_factory=lambda: rule_grid({"superposition": ("all",)}))
    thresholds: tuple[float, ...] = (0.1,)
    depths: tuple[int, ...] = (2, 3, 4, 5, 6)
    width: int = 8
    budget: int = BUDGET
    seed: int = 42

    def __post_init__(self) -> None:
        for name in ("rules", "thresholds", "depths"):
            if not getattr(self, name):
                message = f"the study has no {name}; give at least one"
                raise InvalidValueError(message)
        if min(self.depths) < 1:
            message = f"depth is {min(self.depths)}; it must be 1 or more"
            raise InvalidValueError(message)
        if self.budget < 1:
            message = f"budget is {self.budget}; it must be 1 path or more"
            raise InvalidValueError(message)
        object.__setattr__(self, "thresholds", tuple(dict.fromkeys(self.thresholds)))
        object.__setattr__(self, "depths", tuple(sorted(set(self.depths))))
        for rule in self.rules:
            for threshold in self.thresholds:
                rule.request((), (), threshold, self.width, self.deepest)

    @property
    def deepest(self) -> int:
        """The largest depth."""
        return max(self.depths)
