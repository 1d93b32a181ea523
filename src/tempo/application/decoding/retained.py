"""What a run leaves for others to go on from, without its prompt going through the model again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tempo.domain.errors import MemoryExceededError
from tempo.domain.layout import PositionScheme
from tempo.domain.tokens import Slot, TokenId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.decoding.path_rows import PathRows
    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.layout import LogicalLayout
    from tempo.domain.ports.model_backend import DecodingSession, Mark
    from tempo.domain.trellis import Trellis

PROMPT = -1
"""Stands for the prompt where a row's parent is named."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A session of its own that a run goes on from.

    Attributes:
        session: behind the prompt, with the rows of some of the committed tokens.
        held: how many of these tokens, from the first, have their rows there.
        scores: the plain model's log-probabilities of those `held` and of the next, in nats.
    """

    session: DecodingSession
    held: int = 0
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Forking:
    """That others may go on from a run.

    Attributes:
        beginning: what the run goes on from itself; None to let its prompt through the model.
    """

    beginning: Beginning | None = None


@dataclass(frozen=True, slots=True)
class PathRow:
    """A row whose keys and values are those of plain text.

    Attributes:
        token_id: its token.
        parent: the row before it, or `PROMPT`.
        log_probability: the plain model's, after its path.
    """

    token_id: TokenId
    parent: int
    log_probability: float


class Source(Protocol):
    """The physical side of a run."""

    layout: LogicalLayout
    session: DecodingSession
    behind_prompt: Mark | None
    paths: PathRows | None


class RetainedState:
    """The prompt's rows, and all others that a path alone leads to: a tree of texts.

    What goes on from it is what would come of a prompt that ends in the path (law 6): a row that
    saw several hypotheses, as most do under soft superposition, is not among them, and is computed
    anew. So are rows where positions or processors do not go by the path alone.
    """

    def __init__(
        self, request: GenerationRequest, session: DecodingSession, rows: Sequence[PathRow]
    ) -> None:
        """Take a session that has branched off, its slots those of the rows in their order."""
        self._made_for = _kind(request)
        self._session = session
        self._behind_prompt = session.mark()
        self._first = len(request.prompt_ids)
        self._rows = tuple(rows)
        self._children = {(row.parent, row.token_id): at for at, row in enumerate(rows)}

    @property
    def cache_rows(self) -> int:
        """How many cache rows it holds, the prompt's among them."""
        return self._session.cache_rows

    def reach(self, request: GenerationRequest) -> int | None:
        """Return how many of the committed tokens it knows; None if it is of another prompt."""
        return len(self._along(request)) if _kind(request) == self._made_for else None

    def begin(self, request: GenerationRequest) -> Beginning:
        """Branch off where a request goes on; the prompt must be its own.

        The last token that is known is fed again, since its row's answer is not kept.
        """
        known = self._along(request)
        held = max(0, len(known) - 1)
        slots = [Slot(self._first + at) for at in known[:held]]
        session = self._session.branch(self._behind_prompt, slots)
        return Beginning(session, held, tuple(self._rows[at].log_probability for at in known))

    def _along(self, request: GenerationRequest) -> list[int]:
        """Return the rows of the committed tokens, from the first on, as far as they are there."""
        found: list[int] = []
        for step in request.committed:
            at = found[-1] if found else PROMPT
            following = self._children.get((at, step.token_set.members[0].token_id))
            if following is None:
                break
            found.append(following)
        return found

    def close(self) -> None:
        """Let go of the rows. Closing twice does nothing."""
        self._session.close()


def retained_state(
    request: GenerationRequest, source: Source, trellis: Trellis
) -> RetainedState | None:
    """Return what a run may leave now; None if it was not made for it, or memory is short."""
    if source.behind_prompt is None or source.paths is None:
        return None
    by_path = request.positions is PositionScheme.SHARED and not request.rules.looks_at_paths
    found = list(_path_rows(source, trellis)) if by_path else []
    try:
        session = source.session.branch(source.behind_prompt, [slot for slot, _ in found])
    except MemoryExceededError:
        return None
    return RetainedState(request, session, [row for _, row in found])


def _path_rows(source: Source, trellis: Trellis) -> Iterator[tuple[Slot, PathRow]]:
    """Yield the rows in the cache that a path alone leads to, parents first."""
    parents = source.paths.parents if source.paths is not None else {}
    places: dict[Slot | None, int] = {None: PROMPT}
    for step, before in zip(trellis.steps, trellis.moments, strict=False):
        rows: tuple[Slot | None, ...] = before.frontier.slots or (None,)
        for column, member in enumerate(step.token_set.members):
            slot = member.slot
            if slot is None or slot not in parents or not source.layout.holds(slot):
                continue
            parent = parents[slot]
            if parent in rows and parent in places:
                places[slot] = len(places) - 1
                score = float(step.plain_transitions[rows.index(parent), column])
                yield slot, PathRow(member.token_id, places[parent], score)


def _kind(request: GenerationRequest) -> tuple[object, ...]:
    """Return what two requests must have in common for one to go on from the other's rows."""
    return request.prompt_ids, request.session_rules, request.positions
