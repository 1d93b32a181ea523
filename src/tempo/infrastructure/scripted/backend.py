"""The scripted model behind the port."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tempo.domain.errors import PromptError
from tempo.domain.ports.model_backend import ModelDescription
from tempo.infrastructure.scripted.session import ScriptedSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.node import Node
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.scripted.script import Script


class ScriptedBackend:
    """A script behind the port."""

    def __init__(self, script: Script, context: int = 1024) -> None:
        """Serve a script; `context` is the longest sequence in positions."""
        self._script = script
        self._context = context

    @cached_property
    def description(self) -> ModelDescription:
        """Facts about the script, as it was when they were first asked for."""
        return ModelDescription(
            name="scripted",
            family="scripted",
            fingerprint=self._script.fingerprint,
            context=self._context,
            vocabulary=len(self._script.vocabulary),
            parameters=sum(map(len, self._script.table.values())),
            dtype="float64",
            device="cpu",
        )

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> ScriptedSession:
        """Start a session after a prompt."""
        if not 0 < len(prompt) < self._context:
            message = (
                f"the prompt has {len(prompt)} tokens; "
                f"it must have 1 to {self._context - 1} to leave room in the context"
            )
            raise PromptError(message)
        return ScriptedSession(self._script, prompt, rules, self._context)

    def extend(self, batch: Sequence[tuple[ScriptedSession, Sequence[Node]]]) -> None:
        """Feed each session its nodes."""
        for session, nodes in batch:
            session.extend(nodes)

    def propose(self, batch: Sequence[tuple[ScriptedSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass."""
        return [session.propose(reading) for session, reading in batch]
