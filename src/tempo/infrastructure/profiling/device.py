"""Memory and time of whatever a model runs on."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from tempo.application.decoding.watching import MemoryBound
from tempo.application.phase_profile import Memory
from tempo.infrastructure.resident_memory import resident_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.phase_profile import PhaseProfile
    from tempo.domain.ports.model_backend import ModelBackend

CUDA = "cuda"


def process_memory() -> Memory:
    """Return what the process holds, where no accelerator is known of."""
    return Memory(resident_bytes())


def memory_bound(gigabytes: float | None, backend: ModelBackend) -> MemoryBound | None:
    """Return a bound on the memory of whatever a backend runs on, None for no bound.

    On CUDA that is what torch's allocator has taken of the device, elsewhere what is resident of
    the process.

    Raises:
        InvalidValueError: for a bound that is not above 0.
    """
    if gigabytes is None:
        return None
    return MemoryBound(gigabytes, _held_on(backend.description.device))


def _held_on(device: str) -> Callable[[], int]:
    if not device.startswith(CUDA):
        return resident_bytes
    import torch  # noqa: PLC0415 - a second; loaded by now

    return lambda: torch.cuda.memory_reserved(device)


def measure_on(profile: PhaseProfile, device: str) -> None:
    """Let a profile wait for a device before it looks at the clock, and see the device's memory.

    Work on CUDA goes on behind a call that has returned; it belongs to the phase that asked for it.
    """
    if not device.startswith(CUDA):
        return
    import torch  # noqa: PLC0415 - a second; loaded by now

    def clock() -> float:
        torch.cuda.synchronize(device)
        return perf_counter()

    def memory() -> Memory:
        peak = torch.cuda.max_memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        return Memory(resident_bytes(), peak)

    profile.clock, profile.memory = clock, memory
