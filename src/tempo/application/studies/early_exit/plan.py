"""What a study of early exit is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.domain.early_exit import FRACTIONS, Criterion, layers_at, require_layer
from tempo.domain.errors import ContradictionError, InvalidValueError

LEVELS = (0.95, 0.98, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyExitPlan:
    """Where rows may leave, by what, and how the thresholds are found and held to account.

    Attributes:
        layers: exit layers, counted from 1; empty for those at the shares of the depth.
        fractions: shares of the depth, each above 0 and at most 1.
        criteria: what rows are judged by.
        levels: agreements with the full model that thresholds are calibrated to, in (0, 1].
        steps: tokens of each text, 2 or more.
        set_threshold: of the selection that parallel sets are decoded by, in [0, 1].
        set_width: tokens of a set at most, 1 or more.
        set_texts: so many of the measured texts are decoded as parallel sets too, 1 or more.
        calibration: how many of the texts are held out to find thresholds, 1 or more.
        seed: of the bootstrap's resamples.
    """

    layers: tuple[int, ...] = ()
    fractions: tuple[float, ...] = FRACTIONS
    criteria: tuple[Criterion, ...] = tuple(Criterion)
    levels: tuple[float, ...] = LEVELS
    steps: int = 40
    set_threshold: float = 0.1
    set_width: int = 8
    set_texts: int = 30
    calibration: int = 100
    seed: int = 42

    def __post_init__(self) -> None:
        for name in ("criteria", "levels"):
            if not getattr(self, name):
                message = f"the study has no {name}; give at least one"
                raise InvalidValueError(message)
        if self.layers and self.fractions != FRACTIONS:
            message = "layer and fraction exclude each other; leave one of them out"
            raise ContradictionError(message)
        wrong = [level for level in self.levels if not 0.0 < level <= 1.0]
        if wrong:
            message = f"level is {wrong[0]}; it must be above 0 and at most 1"
            raise InvalidValueError(message)
        for name, least in (("steps", 2), ("calibration", 1), ("set_width", 1), ("set_texts", 1)):
            value = getattr(self, name)
            if value < least:
                message = f"{name} is {value}; it must be {least} or more"
                raise InvalidValueError(message)
        if not 0.0 <= self.set_threshold <= 1.0:
            message = f"set_threshold is {self.set_threshold}; it must be from 0 to 1"
            raise InvalidValueError(message)
        object.__setattr__(self, "levels", tuple(sorted(set(self.levels))))
        object.__setattr__(self, "criteria", tuple(dict.fromkeys(self.criteria)))
        object.__setattr__(self, "layers", tuple(sorted(set(self.layers))))

    def layers_of(self, depth: int) -> tuple[int, ...]:
        """Return the exit layers of a model of so many layers.

        Raises:
            InvalidValueError: for a layer that does not exist, or a share that is none.
        """
        for layer in self.layers:
            require_layer(layer, depth)
        return self.layers or layers_at(self.fractions, depth)

    def require_texts(self, count: int) -> None:
        """Refuse too few texts to calibrate on some and measure on others.

        Raises:
            InvalidValueError: with how many there are.
        """
        if count <= self.calibration:
            message = (
                f"calibration is {self.calibration} and there are {count} texts; "
                "it must leave at least one to measure on"
            )
            raise InvalidValueError(message)
