"""The index of a capture: what its arrays hold, row by row and key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.domain.text import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tempo.application.studies.capture.study import CapturedRun
    from tempo.domain.activations import FedRow
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import Candidate, Slot

FORMAT = "tempo capture"
VERSION = 1

AXES = {2: ("row", "number"), 3: ("head", "row", "key")}
"""What the axes of an array are, by how many it has."""


def capture_index(
    captured: CapturedRun,
    facts: Mapping[str, object],
    file: str,
    tokenizer: Tokenizer,
    module_of: Callable[[str], str],
) -> dict[str, Any]:
    """Return what a capture's arrays are, as JSON holds it.

    Args:
        captured: the run.
        facts: the command, the model and the libraries' versions.
        file: that holds the arrays.
        tokenizer: says what the tokens are.
        module_of: says where in the model PyTorch finds what an array is of.
    """
    lattice = captured.outcome.lattice
    members = {
        one.slot: one for step in lattice.steps for one in step.candidates if one.slot is not None
    }

    def told(row: FedRow) -> dict[str, Any]:
        return {
            "step": row.step if row.step >= 0 else None,
            "slot": row.slot,
            "position": row.position,
            "token_id": row.token_id,
            "text": decoded(tokenizer.content(row.token_id)),
        }

    return {
        "format": FORMAT,
        "version": VERSION,
        **facts,
        "prompt_ids": list(lattice.prompt_ids),
        "text": captured.outcome.text,
        "file": file,
        "bytes": captured.bytes,
        "arrays": {
            name: {
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "axes": list(AXES[array.ndim]),
                "module": module_of(name),
            }
            for name, array in captured.arrays.items()
        },
        "rows": [told(row) | _candidate(row.slot, members) for row in captured.rows],
        "keys": [told(row) for row in captured.keys],
    }


def _candidate(slot: Slot, members: Mapping[Slot, Candidate]) -> dict[str, Any]:
    """Return what a row's candidate was at its step; nothing for a token of the prompt."""
    one = members.get(slot)
    if one is None:
        return {}
    return {
        "rank": one.rank,
        "probability": one.probability,
        "weight": one.weight,
        "posterior": one.posterior,
        "state": one.state.value,
    }
