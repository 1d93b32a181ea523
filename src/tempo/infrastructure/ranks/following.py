"""What every process but the first does: repeat on its part what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tempo.domain.errors import OutOfStepError
from tempo.infrastructure.ranks.telling import END, REFUSALS, ended, heard, is_lost, take_leave

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch.distributed import ProcessGroup

    from tempo.domain.node import Node
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import Slot, TokenId
    from tempo.infrastructure.ranks.telling import Call, Message


PAIR = 2


class Part(Protocol):
    """This process's part of a model."""

    def loaded(self) -> object:
        """Load it."""
        ...

    def description(self) -> object:
        """Describe the whole, to which each process contributes."""
        ...

    def backend(self) -> Any:  # noqa: ANN401 - sessions are of its kind
        """Return what runs it."""
        ...


def gone_of(processes: int) -> str:
    """Return who has ended where a pass breaks off in a follower: of many, which is not told."""
    return "the first process" if processes == PAIR else "another process"


class Follower:
    """Models, sessions and marks of one process, by the numbers that the first one gave them."""

    def __init__(self, made: Callable[[Mapping[str, object]], Part], rank: int) -> None:
        """Follow with parts that are made as the first process's configuration says."""
        self._made = made
        self._rank = rank
        self._models: dict[int, Part] = {}
        self._sessions: dict[int, Any] = {}
        self._marks: dict[int, Any] = {}
        self._before = self._why = ""

    def follow(self, group: ProcessGroup) -> None:
        """Do as the first process tells until it lets go.

        Raises:
            OutOfStepError: if it ended without a word, wherever that is noticed; if another one
                did; or if this process does not come to the same.
        """
        try:
            while self.repeat(heard(group)):
                pass
        except RuntimeError as error:
            if not is_lost(error):
                raise
            raise ended(gone_of(group.size()), error) from error
        take_leave(group)

    def repeat(self, message: Message) -> bool:
        """Do what a message tells; return whether more is to come.

        Raises:
            OutOfStepError: if the last call went otherwise here than in the first process.
        """
        if message.before != self._before:
            text = (
                f"process {self._rank} is out of step: its last call ended with "
                f"{self._why or 'no error'}, that of the first process with "
                f"{message.before or 'no error'}; start all of them again"
            )
            raise OutOfStepError(text)
        self._before = self._why = ""
        for call in message.calls:
            if call.verb == END:
                return False
            self._do(call)
        return True

    def _do(self, call: Call) -> None:
        try:
            getattr(self, f"_{call.verb}")(*call.arguments)
        except REFUSALS as error:
            self._before = type(error).__name__
            self._why = f"{self._before}: {error}"

    def _load(self, model: int, config: Mapping[str, object]) -> None:
        self._models[model] = part = self._made(config)
        part.loaded()

    def _describe(self, model: int) -> None:
        self._models[model].description()

    def _unload(self, model: int) -> None:
        self._models.pop(model, None)

    def _open(self, model: int, number: int, prompt: Sequence[TokenId], rules: RowRules) -> None:
        self._sessions[number] = self._models[model].backend().open(prompt, rules)

    def _extend(self, model: int, batch: Sequence[tuple[int, Sequence[Node]]]) -> None:
        backend = self._models[model].backend()
        backend.extend([(self._sessions[number], nodes) for number, nodes in batch])

    def _release(self, number: int, slots: Sequence[Slot]) -> None:
        self._sessions[number].release(slots)

    def _attenuate(self, number: int, slots: Sequence[Slot], factors: Sequence[float]) -> None:
        self._sessions[number].attenuate(slots, factors)

    def _mark(self, number: int, mark: int) -> None:
        self._marks[mark] = self._sessions[number].mark()

    def _unmark(self, mark: int) -> None:
        self._marks.pop(mark, None)

    def _rewind(self, number: int, mark: int) -> None:
        self._sessions[number].rewind(self._marks[mark])

    def _fork(self, number: int, twin: int) -> None:
        self._sessions[twin] = self._sessions[number].fork()

    def _branch(self, number: int, mark: int, slots: Sequence[Slot], twin: int) -> None:
        self._sessions[twin] = self._sessions[number].branch(self._marks[mark], slots)

    def _received(self, number: int, slots: Sequence[Slot], weights: Sequence[float]) -> None:
        self._sessions[number].received(slots, weights)

    def _similarity(
        self, number: int, tokens: Sequence[TokenId], context: Sequence[TokenId]
    ) -> None:
        self._sessions[number].similarity(tokens, context)

    def _compare(self, number: int, digest: int) -> None:
        own = self._sessions[number].digest()
        if own != digest:
            message = (
                f"process {self._rank} is out of step: its cache holds other rows than that of "
                "the first process; start all of them again"
            )
            raise OutOfStepError(message)

    def _close(self, number: int) -> None:
        session = self._sessions.pop(number, None)
        if session is not None:
            session.close()
