"""Items that failed, as they are told on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.interfaces.cli.control_characters import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.workers.work import Failed

TOLD = 5


def failed_items(failed: Sequence[Failed], total: int, rest: str = "") -> Iterator[str]:
    """Yield which items failed and why; nothing where none did.

    Args:
        failed: the items.
        total: how many items there were.
        rest: where the others are told of, if anywhere.
    """
    if not failed:
        return
    yield f"tempo: {len(failed)} of {total} items failed"
    for one in failed[:TOLD]:
        times = f"{one.attempts} times" if one.attempts > 1 else "once"
        yield f"  {one.id}, tried {times}: {readable(one.reason)}"
    if len(failed) > TOLD:
        yield f"  and {len(failed) - TOLD} more{rest}"
