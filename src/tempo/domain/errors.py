"""Every error that TEMPO raises on purpose.

TempoError
├── InvalidValueError          a value outside its range
│   ├── UnknownSettingError    a name that no setting has
│   ├── IneffectiveSettingError  a setting that could change nothing
│   ├── ContradictionError     settings that exclude each other
│   ├── PromptError            an empty prompt, or one that does not fit the model
│   └── DocumentError          a lattice document that is broken or newer than this TEMPO
├── ModelError
│   ├── ModelNotFoundError     no such model, or a folder without weights
│   ├── UnsupportedModelError  a model that cannot honour the layout
│   ├── SelfCheckError         a model whose rows break the isolation law
│   ├── OtherModelError        another model than the one that made a lattice
│   └── OutOfStepError         processes of one model of which some ended or went their own way
├── NonFiniteLogitsError       the model produced NaN or infinity
├── MemoryExceededError        a pass or a cache that the machine has no memory for
│   └── MemoryBoundError       more memory is held than max_memory_gb allows
├── CacheBoundError            a pass that would take more cache rows than max_cache_tokens
├── SessionError               a closed session, an expired mark, an unknown slot
├── ChoiceError                a step or candidate that is not in the lattice
├── ServingError               a request that a service does not do
│   ├── TooLargeError          a prompt or a body over the service's bound
│   ├── QueueFullError         more runs wait than may wait
│   ├── UnavailableError       a model that is not loaded yet, or a service that stops
│   ├── TimeLimitError         a run that took longer than a run may
│   ├── CancelledRunError      a run that was cancelled before it had an answer
│   ├── InterruptedRunError    a run that no other replica could go on with
│   ├── RunStateError          a run that is not far enough for what is asked of it
│   └── RunNotFoundError       no run of this name, or one that is no longer kept
├── WorkerError                no worker can be had, or none can open its work
└── OutputError                a file that could not be read or written
"""

from __future__ import annotations

import re

SHOWN_DIGITS = 40
"""So many characters of a number are enough to recognise it by."""

_LONG = re.compile(rf"\d{{{SHOWN_DIGITS + 1},}}")


def shortened(message: str) -> str:
    """Return a message whose very long numbers end in an ellipsis."""
    return _LONG.sub(lambda found: f"{found[0][: SHOWN_DIGITS - 3]}...", message)


class TempoError(Exception):
    """The root of the tree: catch it to catch whatever TEMPO raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(shortened(message))


class InvalidValueError(TempoError, ValueError):
    """A value is outside its range; the message names the value, the range and what to do."""


class UnknownSettingError(InvalidValueError):
    """No setting has this name."""


class IneffectiveSettingError(InvalidValueError):
    """A setting was given a value that could change nothing."""


class ContradictionError(InvalidValueError):
    """Two settings exclude each other."""


class PromptError(InvalidValueError):
    """The prompt is empty or does not fit into the model's context."""


class DocumentError(InvalidValueError):
    """A lattice document is broken, or newer than this TEMPO; the message names the place."""


class ModelError(TempoError):
    """A model cannot be used."""


class ModelNotFoundError(ModelError):
    """There is no such model, or its folder holds no weights."""


class UnsupportedModelError(ModelError):
    """The model's cache or attention cannot honour shared positions."""


class SelfCheckError(ModelError):
    """The model's rows break the isolation law: its attention ignores the mask or the positions."""


class OtherModelError(ModelError):
    """A lattice is to be continued or repeated on another model than the one that made it."""


class OutOfStepError(ModelError):
    """The processes that hold one model together no longer do, or never did, the same."""


class NonFiniteLogitsError(TempoError, ArithmeticError):
    """The model produced NaN or infinite logits.

    Attributes:
        step: the logical step whose rows were not finite, 0-based.
        partial: what was decoded before, when the error reaches a caller of the engine.
    """

    def __init__(self, step: int, *, processed: bool = False) -> None:
        """Name the step; with `processed` the caller's logits processors may be the cause too."""
        other = ", or the logits processors exclude every token" if processed else ""
        super().__init__(
            f"the model's logits for step {step} are not finite (NaN or infinity){other}; "
            "what was decoded before is kept; try another dtype (float32) or other weights"
            f"{', or processors that leave a token' if processed else ''}"
        )
        self.step = step
        self.partial: object | None = None


class MemoryExceededError(TempoError, MemoryError):
    """A pass or a cache needs more memory than there is; what was decoded before is kept."""


class MemoryBoundError(MemoryExceededError):
    """More memory is held than the process may hold; nothing was decoded."""


class CacheBoundError(TempoError):
    """A pass would take more rows of the cache than the run may have; what is there is kept."""

    def __init__(self, rows: int, needed: int, bound: int) -> None:
        super().__init__(
            f"the cache holds {rows} rows and the next pass takes {needed} more; max_cache_tokens "
            f"is {bound}: raise it, or lower max_width; what was decoded is kept"
        )


class SessionError(TempoError):
    """A session was used after it closed, with an expired mark or with an unknown slot."""


class ChoiceError(TempoError, LookupError):
    """A step or a candidate that is not there was asked for."""


class WorkerError(TempoError):
    """No worker can be had where items are to be done, or none can open what they need."""


class OutputError(TempoError, OSError):
    """A file could not be read or written."""


class ServingError(TempoError):
    """A service does not do what was asked of it."""


class TooLargeError(ServingError):
    """A prompt or a request's body is larger than the service takes."""


class QueueFullError(ServingError):
    """As many runs wait as may wait.

    Attributes:
        retry_after: whole seconds after which it is worth trying again.
    """

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(ServingError):
    """The model is not loaded yet, or the service is about to stop."""


class TimeLimitError(ServingError):
    """A run took longer than the service lets a run take."""


class CancelledRunError(ServingError):
    """A run was cancelled before it had an answer."""


class InterruptedRunError(ServingError):
    """A run's replica is gone, and another decoded something else in its place."""


class RunStateError(ServingError):
    """A run is still under way, or ended without what is asked of it."""


class RunNotFoundError(ServingError, LookupError):
    """There is no run of this name, or it is no longer kept."""
