"""Time and memory by phase, as a table of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.application.phase_profile import PhaseProfile, Share

MEGABYTE = 1_000_000


def phase_lines(profile: PhaseProfile) -> list[str]:
    """Return a line for each phase, and one for the whole."""
    shares, whole = profile.shares, profile.seconds
    with_device = any(share.device is not None for share in shares.values())
    lines = [_line("phase", "seconds", "share", "calls", _memories("peak MB", "device MB"))]
    lines += [_share_line(name, share, whole) for name, share in shares.items()]
    resident = max(share.resident for share in shares.values())
    devices = [share.device for share in shares.values() if share.device is not None]
    memories = _memories(_megabytes(resident), _megabytes(max(devices, default=None)))
    lines.append(_line("whole", f"{whole:.3f}", "100.0 %", "", memories))
    shown = None if with_device else -len(_memories("", "")) // 2
    return [line[:shown].rstrip() for line in lines]


def _share_line(name: str, share: Share, whole: float) -> str:
    percent = 100.0 * share.seconds / whole if whole else 0.0
    memories = _memories(_megabytes(share.resident), _megabytes(share.device))
    return _line(name, f"{share.seconds:.3f}", f"{percent:.1f} %", str(share.calls or ""), memories)


def _line(name: str, seconds: str, share: str, calls: str, memories: str) -> str:
    return f"{name:<12}{seconds:>9}{share:>9}{calls:>8}{memories}"


def _memories(resident: str, device: str) -> str:
    return f"{resident:>11}{device:>11}"


def _megabytes(held: int | None) -> str:
    return "" if held is None else f"{held / MEGABYTE:.1f}"
