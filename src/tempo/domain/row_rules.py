"""What happens to each row before the readout, and what is taken down of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tempo.domain.capture import Capture
from tempo.domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class RowRules:
    """The logits processors of a run, in transformers' meanings, and its capture; off by default.

    Attributes:
        temperature: above 0; logits are divided by it.
        top_k: keep the k most probable tokens of a row; None is off.
        top_p: keep the smallest set with this mass, in (0, 1]; None is off.
        min_p: keep tokens with at least this share of the row's best, in [0, 1]; None is off.
        repetition_penalty: above 0; 1 is off. It looks at the prompt and the row's best path.
        capture: what the session takes down of its passes.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    capture: Capture = field(default_factory=Capture)

    def __post_init__(self) -> None:
        tempered = 0 < self.temperature < math.inf
        _require(tempered, "temperature", self.temperature, "above 0 and finite")
        _require(self.top_k is None or self.top_k >= 1, "top_k", self.top_k, "1 or more")
        _require(self.top_p is None or 0 < self.top_p <= 1, "top_p", self.top_p, "in (0, 1]")
        _require(self.min_p is None or 0 <= self.min_p <= 1, "min_p", self.min_p, "in [0, 1]")
        penalised = 0 < self.repetition_penalty < math.inf
        _require(penalised, "repetition_penalty", self.repetition_penalty, "above 0 and finite")

    @property
    def looks_at_paths(self) -> bool:
        """Whether some processor looks at the text before a row."""
        return self.repetition_penalty != 1.0

    @property
    def path_readers(self) -> str:
        """What looks at the text before a row, as a clause."""
        return f"repetition_penalty is {self.repetition_penalty}"

    @property
    def is_plain(self) -> bool:
        """Whether rows stay as the model gives them."""
        return self == RowRules(capture=self.capture)


def _require(holds: bool, name: str, value: float | None, allowed: str) -> None:  # noqa: FBT001 - a condition, not a mode
    if not holds:
        message = f"{name} is {value}; it must be {allowed}"
        raise InvalidValueError(message)
