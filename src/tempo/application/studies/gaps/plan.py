"""What a study of position gaps is asked to do, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.application.studies.curves.cells import (
    Contrast,
    Layout,
    Quantity,
    increasing,
    require_counts,
)
from tempo.domain.errors import InvalidValueError

GAPS = (0, 1, 2, 5, 10, 20, 50, 100, 300, 1000)

POSITION = "position gap"
SEQUENCE = "sequence gap"
BOTH = "both"
UNMASKED = "position gap, no mask"
"""What changes between the prompt and what follows it: the positions; how many rows of the cache,
which nobody sees, stand between; both; the positions, as transformers reads them without a mask."""

ONE_PASS = "all gaps in one pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsPlan:
    """A prompt, a gap, and what the model itself says behind the prompt.

    Attributes:
        gaps: positions, or rows, between the prompt and what follows; 0 is always among them.
        prompt: so many tokens of each prompt are used at most.
        tokens: so many of the model's own greedy continuation follow the gap.
        seed: of the resamples.
    """

    gaps: tuple[int, ...] = GAPS
    prompt: int = 12
    tokens: int = 8
    seed: int = 42

    def __post_init__(self) -> None:
        require_counts({"prompt tokens": self.prompt, "tokens": self.tokens})
        if min(self.gaps, default=0) < 0:
            message = f"gap is {min(self.gaps)}; it must be 0 or more"
            raise InvalidValueError(message)
        object.__setattr__(self, "gaps", increasing((0, *self.gaps)))

    @property
    def settings(self) -> dict[str, object]:
        """The plan as JSON holds it."""
        return {
            "gaps": list(self.gaps),
            "prompt": self.prompt,
            "tokens": self.tokens,
            "seed": self.seed,
        }

    def require_room(self, context: int) -> None:
        """Refuse a gap that no prompt could have.

        Raises:
            InvalidValueError: naming the largest that fits.
        """
        room = context - self.prompt - self.tokens
        if self.gaps[-1] > room:
            message = (
                f"gap is {self.gaps[-1]} and the model has {context} positions: with prompts of "
                f"{self.prompt} tokens and {self.tokens} behind the gap it must be {room} or less"
            )
            raise InvalidValueError(message)


BETWEEN = "positions, or rows, between the prompt and the rest"

LAYOUT = Layout(
    "gaps",
    (
        Quantity(
            "kl",
            "KL(no gap || gap), nats, mean over the tokens behind it",
            BETWEEN,
            form=".3g",
            contrasts=(Contrast(POSITION, UNMASKED),),
        ),
        Quantity("agreement", "the same most probable token as without a gap", BETWEEN, level=1.0),
        Quantity(
            "surprise",
            "surprise of the model's own continuation behind the gap, nats a token",
            BETWEEN,
        ),
        Quantity(
            "attention",
            "attention that the first token behind the gap gives the prompt",
            BETWEEN,
        ),
        Quantity(
            "one_pass",
            "largest difference of log-probability from a pass of its own",
            BETWEEN,
            form=".2g",
            logarithmic=True,
        ),
    ),
)
