"""Asking a verifier, which may be somebody else's code."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.domain.ports.verifier import Attempt
from tempo.domain.search.report import TriedText
from tempo.domain.text import cut_at_stop, decoded

if TYPE_CHECKING:
    from tempo.domain.ports.verifier import Verifier
    from tempo.domain.search.tree import TreeNode
    from tempo.domain.tokens import TokenId

WORST = 0.0


class Judge:
    """Has each text judged once; where the verifier fails, the text is worth nothing."""

    def __init__(self, verifier: Verifier, stops: tuple[bytes, ...]) -> None:
        """Ask a verifier about texts that end at stop strings."""
        self._verifier = verifier
        self._stops = stops
        self._known: dict[tuple[TokenId, ...], TriedText] = {}
        self.errors = 0
        self.error: str | None = None

    @property
    def texts(self) -> tuple[TriedText, ...]:
        """All texts judged so far, the best first."""
        return tuple(sorted(self._known.values(), key=lambda one: one.standing))

    def standing(self, node: TreeNode) -> tuple[float, float]:
        """Return what sorts texts that were judged, the best last: value, then likelihood."""
        known = self._known[node.token_ids]
        return known.value, known.log_probability / len(known.token_ids)

    def value(self, node: TreeNode, *, complete: bool) -> float:
        """Return the value of the text that ends at a node, in [0, 1]."""
        token_ids = node.token_ids
        known = self._known.get(token_ids)
        if known is None or known.complete != complete:
            known = self._tried(node, token_ids, complete=complete)
            self._known[token_ids] = known
        return known.value

    def _tried(
        self, node: TreeNode, token_ids: tuple[TokenId, ...], *, complete: bool
    ) -> TriedText:
        before = self._known.get(token_ids)
        content = b"".join(one.content for one in node.path)
        text = decoded(cut_at_stop(content, self._stops))
        attempt = Attempt(text, len(token_ids), node.log_probability, node.ends)
        value = self._asked(attempt) if before is None else before.value
        return TriedText(text, token_ids, value, node.log_probability, node.ends, complete)

    def _asked(self, attempt: Attempt) -> float:
        try:
            return _judged(self._verifier.value(attempt))
        except Exception as error:  # why: it is foreign code, and others follow  # noqa: BLE001
            self.errors += 1
            if self.error is None:
                self.error = _told(error)
            return WORST


def _judged(answer: object) -> float:
    """Return a verifier's answer as a number; foreign code may answer anything."""
    try:
        value = float(answer)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = math.nan
    if not 0.0 <= value <= 1.0:
        message = f"the value is {answer!r}; it must be a number from 0 to 1"
        raise InvalidValueError(message)
    return value


def _told(error: Exception) -> str:
    """Return an error as text, also one that fails to tell itself."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # why: its text is foreign code too  # noqa: BLE001
        return type(error).__name__
