"""The methods that a comparison knows, as users name them: `beam:4`, `nucleus:0.9`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.settings.reading import read_settings
from tempo.application.settings.settings import Settings
from tempo.application.settings.words import written
from tempo.domain.errors import ContradictionError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Knob:
    """A number behind a method's name.

    Attributes:
        name: what it is.
        default: where it is left out.
        low: the least.
        high: the most.
        whole: whether it must be a whole number.
    """

    name: str
    default: float
    low: float
    high: float = math.inf
    whole: bool = False

    def read(self, method: str, text: str) -> float:
        """Return the number that a user wrote.

        Raises:
            InvalidValueError: for no number, or one outside the range.
        """
        try:
            value: float = int(text) if self.whole else float(text)
        except ValueError:
            value = math.nan
        if self.low <= value <= self.high and math.isfinite(value):
            return value
        kind = "a whole number" if self.whole else "a number"
        bounds = f"from {self.low:g}" + (f" to {self.high:g}" if self.high < math.inf else " on")
        message = f"{self.name} of the method {method} is {text!r}; it must be {kind} {bounds}"
        raise InvalidValueError(message)


@dataclass(frozen=True, slots=True)
class Kind:
    """A method apart from its numbers.

    Attributes:
        knobs: its numbers in the order in which they are written.
        writes_one: whether it writes one text, however many are asked for.
    """

    knobs: tuple[Knob, ...] = ()
    writes_one: bool = False


BEAMS = Knob("beams", 4, 1, whole=True)

KINDS: Mapping[str, Kind] = {
    "greedy": Kind(writes_one=True),
    "sampling": Kind((Knob("temperature", 1.0, 0.01),)),
    "nucleus": Kind((Knob("top_p", 0.9, 0.01, 1.0), Knob("temperature", 1.0, 0.01))),
    "min-p": Kind((Knob("min_p", 0.1, 0.0, 1.0), Knob("temperature", 1.0, 0.01))),
    "beam": Kind((BEAMS,)),
    "diverse-beam": Kind((Knob("groups", 4, 1, whole=True), Knob("penalty", 0.5, 0.0))),
    "contrastive": Kind(
        (Knob("candidates", 4, 2, whole=True), Knob("penalty", 0.6, 0.0, 1.0)), writes_one=True
    ),
    "cot": Kind((Knob("branches", 10, 1, whole=True),)),
    "entropy-forking": Kind((Knob("threshold", 1.0, 0.0), Knob("most", 4, 1, whole=True))),
    "superposed": Kind(
        (
            Knob("alpha", 0.54, 0.0, 0.99),
            Knob("temperature", 0.06, 0.01),
            Knob("drafts", 3, 1, whole=True),
        )
    ),
}
"""By the name that users write."""

DEFAULT_METHODS = (
    "greedy", "sampling", "nucleus", "min-p", "beam:4", "beam:8", "diverse-beam", "contrastive",
    "cot", "entropy-forking", "superposed",
)  # fmt: skip
DEFAULT_TEMPO = (
    "superposition=path threshold=0.05 rescore=no",
    "superposition=lineage threshold=0.05",
    "superposition=uniform threshold=0.05",
)


@dataclass(frozen=True, slots=True)
class Rival:
    """A method that is not TEMPO, with its numbers."""

    kind: str
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        """What tables call it: the numbers that are not the usual ones, and always the first."""
        knobs = KINDS[self.kind].knobs
        told = len(self.values)
        while told > 1 and self.values[told - 1] == knobs[told - 1].default:
            told -= 1
        return " ".join([self.kind, *(f"{value:g}" for value in self.values[:told])])

    @property
    def writes_one(self) -> bool:
        """Whether it writes one text, however many are asked for."""
        return KINDS[self.kind].writes_one


@dataclass(frozen=True, slots=True)
class Tempo:
    """TEMPO under some settings.

    Attributes:
        settings: by the names that a user writes.
        rescored: whether its texts are chosen by the model's own scores, at TEMPO's cost.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    rescored: bool = True

    @property
    def name(self) -> str:
        """What tables call it."""
        bare = ("superposition", "threshold", "selection_threshold")
        told = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in self.settings.items()
        }
        words = [value if name in bare else f"{name}={value}" for name, value in told.items()]
        return " ".join(["tempo", *words, *([] if self.rescored else ["unrescored"])])

    @property
    def writes_one(self) -> bool:
        """It writes as many as are asked for."""
        return False


Method = Rival | Tempo

RESCORE = "rescore"
STEPS = ("max_steps", "max_tokens", "min_steps")
STEPS_OF_A_RUN = Settings().max_steps


def rival_of(text: str) -> Rival:
    """Return the method that a user wrote, its numbers behind colons.

    Raises:
        InvalidValueError: for an unknown method, too many numbers, or one outside its range.
    """
    name, *given = text.strip().split(":")
    kind = KINDS.get(name)
    if kind is None:
        known = ", ".join(KINDS)
        message = f"there is no method {name!r}; choose among {known}, and TEMPO's by --tempo"
        raise InvalidValueError(message)
    if len(given) > len(kind.knobs):
        knobs = ":".join([name, *(knob.name.upper() for knob in kind.knobs)])
        message = f"the method {text!r} has {len(given)} numbers; write it as {knobs}"
        raise InvalidValueError(message)
    read = [knob.read(name, word) for knob, word in zip(kind.knobs, given, strict=False)]
    return Rival(name, (*read, *(float(knob.default) for knob in kind.knobs[len(read) :])))


def tempo_of(text: str, steps: int = STEPS_OF_A_RUN) -> Tempo:
    """Return TEMPO under the settings that a user wrote as NAME=VALUE, with blanks between them.

    `rescore=no` leaves the lattice's own scores in charge. `steps` is how many tokens a text of
    the comparison has at most, which settings are held against.

    Raises:
        InvalidValueError: for what is no setting, with each its own subclass.
    """
    settings: dict[str, object] = {}
    for word in text.split():
        name, sign, value = word.partition("=")
        name = name.replace("-", "_")
        if not sign or not value:
            message = f"{word!r} of TEMPO's settings has no value; write it as NAME=VALUE"
            raise InvalidValueError(message)
        if name in settings:
            message = f"{name} is given twice in {text!r}; give it once"
            raise ContradictionError(message)
        if name in STEPS:
            message = f"{name} is the comparison's; leave it out of {text!r} and use --steps"
            raise ContradictionError(message)
        settings[name] = written(name, value)
    rescored = settings.pop(RESCORE, "yes")
    if rescored not in ("yes", "no"):
        message = f"{RESCORE} is {rescored!r}; it must be yes or no"
        raise InvalidValueError(message)
    read_settings({**settings, "max_steps": max(1, steps)})  # no steps are refused by the plan
    return Tempo(settings, rescored == "yes")


def methods_of(
    rivals: Iterable[str], tempos: Iterable[str], steps: int = STEPS_OF_A_RUN
) -> tuple[Method, ...]:
    """Return methods in the order given, TEMPO's last, each once, for texts of so many tokens."""
    found: list[Method] = [*map(rival_of, rivals), *(tempo_of(text, steps) for text in tempos)]
    return tuple({method.name: method for method in found}.values())
