"""The two continuations of a context as tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tempo.application.studies.ambiguity.plan import Injection
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tempo.application.studies.tasks.item import TaskItem
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId

Tokens = tuple["TokenId", ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ways to go on from a prompt.

    Attributes:
        text: the prompt.
        prompt: its tokens.
        ways: the two continuations' tokens, as long as each other and different at every place.
        shared: the tokens that follow the first token of either way where they rejoin.
    """

    text: str
    prompt: Tokens
    ways: tuple[Tokens, Tokens]
    shared: Tokens

    def __post_init__(self) -> None:
        one, other = self.ways
        if not one or any(a == b for a, b in zip(one, other, strict=True)):
            message = f"the continuations {self.ways} of {self.text!r} must differ at every token"
            raise InvalidValueError(message)

    @property
    def words(self) -> tuple[TokenId, TokenId]:
        """The first tokens of the two ways, which are the answers where they rejoin."""
        return self.ways[0][0], self.ways[1][0]

    def sequences(self, injection: Injection) -> tuple[Tokens, Tokens]:
        """Return the tokens behind the prompt, one sequence for each of two separate runs."""
        if injection is Injection.REJOINED:
            one, other = self.words
            return (one, *self.shared), (other, *self.shared)
        return self.ways

    def sets(self, injection: Injection) -> tuple[Tokens, ...]:
        """Return what is injected step by step: a token of each sequence, or one of both."""
        together = zip(*self.sequences(injection), strict=True)
        return tuple(tuple(dict.fromkeys(tokens)) for tokens in together)

    def cut(self, length: int) -> Pair:
        """Return the same with ways of so many tokens at most."""
        one, other = self.ways
        return Pair(self.text, self.prompt, (one[:length], other[:length]), self.shared)

    def dealt(self, other: Pair) -> Pair:
        """Return this context with the words of another one; ways stay as long as both have."""
        length = min(len(self.ways[0]), len(other.ways[0]))
        one, two = other.ways
        return Pair(self.text, self.prompt, (one[:length], two[:length]), self.shared)


def pairs_of(items: Iterable[TaskItem], tokenizer: Tokenizer) -> tuple[Pair, ...]:
    """Return the items of the task `ambiguity` whose words are one token each.

    Others cannot be injected as one set, and are left out.
    """
    found = (_pair(item, tokenizer) for item in items)
    return tuple(pair for pair in found if pair is not None)


def deal(pairs: Sequence[Pair], order: Sequence[int]) -> tuple[Pair, ...]:
    """Return, for each context, the words of another one that has neither of its own.

    `order` ranks the contexts; each takes the next one that will do.

    Raises:
        InvalidValueError: if there is none for a context.
    """
    dealt = []
    for place, number in enumerate(order):
        mine = pairs[number]
        round_trip = (*order[place + 1 :], *order[:place])
        others = (pairs[other] for other in round_trip)
        found = next((one for one in others if not set(one.words) & set(mine.words)), None)
        if found is None:
            message = f"no other context has other words than {mine.text!r}; give more of them"
            raise InvalidValueError(message)
        dealt.append((number, mine.dealt(found)))
    return tuple(pair for _, pair in sorted(dealt, key=lambda one: one[0]))


def _pair(item: TaskItem, tokenizer: Tokenizer) -> Pair | None:
    prompt = tokenizer.encode(item.prompt)
    ways = cast("Sequence[str]", item.facts["continuations"])
    shared = str(item.facts["shared"])
    one, other = (_behind(prompt, item.prompt + way, tokenizer) for way in ways)
    joined = [_behind(prompt, item.prompt + word + shared, tokenizer) for word in item.references]
    words = [_behind(prompt, item.prompt + word, tokenizer) for word in item.references]
    length = _apart(one, other)
    fits = (
        length > 0
        and [len(word) for word in words] == [1, 1]
        and words == [one[:1], other[:1]] == [text[:1] for text in joined]
        and joined[0][1:] == joined[1][1:]
    )
    if not fits:
        return None
    return Pair(item.prompt, prompt, (one[:length], other[:length]), joined[0][1:])


def _behind(prompt: Tokens, text: str, tokenizer: Tokenizer) -> Tokens:
    """Return the tokens of a text behind its prompt; none where they do not join there."""
    tokens = tokenizer.encode(text)
    return tokens[len(prompt) :] if tokens[: len(prompt)] == prompt else ()


def _apart(one: Tokens, other: Tokens) -> int:
    """Return how many leading tokens differ."""
    together = list(zip(one, other, strict=False))
    return next((at for at, (a, b) in enumerate(together) if a == b), len(together))
