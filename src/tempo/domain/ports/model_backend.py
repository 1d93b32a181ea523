"""The engine's view of a model: one pass over a few tokens, and one reading of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from tempo.domain.node import Node
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import Slot, TokenId


class Mark(Protocol):
    """A moment of a session that it can go back to."""

    @property
    def next_slot(self) -> Slot:
        """The slot that the next node had at this moment."""
        ...


class DecodingSession(Protocol):
    """One sequence state: its prompt, its cache and the rows of its last pass.

    Slots are named by the caller: the prompt has 0..n-1, every node a higher one than all before.
    Every verb raises `SessionError` after the session closed.
    """

    @property
    def cache_rows(self) -> int:
        """How many physical tokens the cache holds, the prompt among them."""
        ...

    def release(self, slots: Sequence[Slot]) -> None:
        """Take slots out of the cache; no later row sees them.

        Raises:
            SessionError: for a slot of the prompt or one that is not in the cache.
        """
        ...

    def attenuate(self, slots: Sequence[Slot], factors: Sequence[float]) -> None:
        """Let later rows see slots at so much of the weight that their views give them.

        A factor is at least 0 and takes the place of an earlier one: 1 is as before, 0 masks. Rows
        that exist stay as they are. A mark holds the factors of its moment.

        Raises:
            SessionError: for a slot of the prompt or one that is not in the cache, or a factor
                below 0.
        """
        ...

    def mark(self) -> Mark:
        """Return the present moment. Slots released afterwards cannot come back."""
        ...

    def rewind(self, mark: Mark) -> None:
        """Go back: later slots leave, and the last pass's rows are those of the mark.

        Raises:
            SessionError: if a slot that lived at the mark was released since.
        """
        ...

    def fork(self) -> Self:
        """Return an equal session that goes its own way; the caller closes both."""
        ...

    def branch(self, prompt: Mark, slots: Sequence[Slot]) -> Self:
        """Return a session of its own behind the prompt, with the rows of some later slots.

        `prompt` is the mark taken when this session was opened, or when it branched off another.
        The slots, in the order given, are named anew, from the prompt's length on; nothing else is
        held. The last pass's row is that of the prompt's last token, which sees none of them: a
        node names those that it sees, at their weights. The caller closes both sessions.

        Raises:
            SessionError: for a mark that is not of the prompt, a slot of the prompt, or one that
                is not in the cache.
            MemoryExceededError: if there is no memory for the copy.
        """
        ...

    def close(self) -> None:
        """Let go of the cache. Closing twice does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """Facts about a model.

    Attributes:
        name: what the user asked for.
        family: the architecture's name.
        fingerprint: 64 hexadecimal digits that a model of other weights does not have.
        context: the longest sequence in positions, prompt and steps together.
        vocabulary: number of token ids.
        parameters: number of weights.
        dtype: of the weights.
        device: where they are.
        limits: what the model cannot do here, in sentences.
    """

    name: str
    family: str
    fingerprint: str
    context: int
    vocabulary: int
    parameters: int
    dtype: str
    device: str
    limits: tuple[str, ...] = ()


class ModelBackend(Protocol):
    """A model whose rows can be computed and read.

    Obligations, held by one contract suite: a row depends on what its node sees and on nothing
    else; readings are taken from the last pass (after `open`, from the prompt's last row); one
    pass for each `extend` of a session, one copy to the host for each `propose` of a session.
    """

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        ...

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:
        """Start a session: the prompt goes through the model once.

        A session that captures serves `AttentionSource` too.

        Raises:
            PromptError: for an empty prompt or one that does not fit the context.
            InvalidValueError: for a capture of more layers than the model has.
            UnsupportedModelError: for a capture that this model does not allow.
        """
        ...

    def extend(self, batch: Sequence[tuple[DecodingSession, Sequence[Node]]]) -> None:
        """Feed each session its nodes, in the order given, in one pass.

        Parents stand in the session's last pass or earlier among the nodes. The prompt is seen by
        every row; only later slots have weights.

        Raises:
            SessionError: for no nodes, or a slot or parent that the session does not have.
        """
        ...

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass.

        Raises:
            SessionError: for weights, mixtures or pairs that are not for the session's rows.
        """
        ...
