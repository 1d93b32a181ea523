"""The exponential function, in arithmetic that goes by vectors."""

from __future__ import annotations

import numpy as np

from tempo.infrastructure.fused_llama.processor.compiling import serial


@serial
def exponential(number: np.float32) -> np.float32:
    """Return e to a number not above 0, to 2e-7 of it, in arithmetic that goes by vectors.

    A power of two times a polynomial on half an octave either side of 0 (Cody & Waite 1980,
    chapter 6); 0 below -87, where float32 ends.
    """
    octaves = np.floor(number * np.float32(1.4426950408889634) + np.float32(0.5))
    rest = number - octaves * np.float32(0.693359375)
    rest -= octaves * np.float32(-2.12194440e-4)
    series = np.float32(1.0 / 5040.0)
    for factor in (720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0):
        series = series * rest + np.float32(1.0 / factor)
    power = np.int32((np.int32(max(octaves, np.float32(-126.0))) + np.int32(127)) << np.int32(23))
    found: np.float32 = series * power.view(np.float32)
    return np.float32(0.0) if number < np.float32(-87.0) else found
