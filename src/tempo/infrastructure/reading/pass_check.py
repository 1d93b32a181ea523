"""What a pass must be before it may change a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.errors import PromptError, SessionError
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from tempo.domain.node import Node


def check_pass(
    nodes: Sequence[Node], lowest: Slot, last_pass: Iterable[Slot], cached: Container[Slot]
) -> None:
    """Refuse names that are taken or unknown; `lowest` is the first slot that is not taken.

    Raises:
        SessionError: for no nodes, or a slot or parent that the session does not have.
    """
    if not nodes:
        message = "a pass without nodes was asked for; feed at least one"
        raise SessionError(message)
    rows = set(last_pass)
    own = {node.slot for node in nodes}
    for node in nodes:
        if node.slot < lowest:
            message = f"slot {node.slot} was named before; the next one is {lowest}"
            raise SessionError(message)
        if node.parent is not None and node.parent not in rows:
            message = f"slot {node.parent} is not in the last pass; it can be no parent"
            raise SessionError(message)
        for slot, _ in node.inherits:
            if slot not in rows:
                message = f"slot {slot} is not in the last pass; nothing to inherit"
                raise SessionError(message)
        for slot, _ in node.weights:
            if slot not in cached and slot not in own:
                message = f"slot {slot} is not in the cache"
                raise SessionError(message)
        lowest = Slot(node.slot + 1)
        rows.add(node.slot)


def require_room(length: int, context: int) -> None:
    """Refuse a prompt of no tokens, or one that leaves no room in a model's context.

    Raises:
        PromptError: for both.
    """
    if length < 1:
        message = "the prompt is empty; give it at least one token"
        raise PromptError(message)
    if length >= context:
        message = (
            f"the prompt has {length} tokens and the model's context {context}; "
            f"shorten the prompt to {context - 1} tokens or fewer"
        )
        raise PromptError(message)
