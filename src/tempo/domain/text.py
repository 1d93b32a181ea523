"""Lattices and paths as text. Tokens are joined as bytes, so that no character breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.stopping import stop_position
from tempo.domain.tokens import CandidateState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Candidate

END_MARK = "<end>"
"""Stands for an end token among the alternatives of a step."""

PRUNED_MARK = "~"
"""Stands before an alternative that was pruned."""

UNATTENDED_MARK = "^"
"""Stands before one that stays although no later token sees it."""


def decoded(content: bytes) -> str:
    """Return bytes as text; what is no UTF-8 shows as U+FFFD."""
    return content.decode("utf-8", errors="replace")


def cut_at_stop(content: bytes, stops: tuple[bytes, ...]) -> bytes:
    """Return what comes before the first stop string."""
    position = stop_position(content, stops)
    return content if position is None else content[:position]


def raw_text(steps: Iterable[LatticeStep]) -> str:
    """Return all physical tokens in order, siblings one after another."""
    return decoded(b"".join(member.content for step in steps for member in step.token_set.members))


def escaped(content: bytes, special: str) -> str:
    r"""Return bytes as text in which `special` characters and the backslash carry a backslash.

    Bytes that are no UTF-8 by themselves show as `\xe2`.
    """
    text = content.replace(b"\\", b"\\\\").decode("utf-8", errors="backslashreplace")
    for character in special:
        text = text.replace(character, "\\" + character)
    return text


def alternatives(step: LatticeStep, *, pruned: bool) -> tuple[Candidate, ...]:
    """Return what stands between a step's brackets, by rank; with `pruned`, also what fell."""
    return tuple(
        candidate
        for candidate in step.candidates
        if candidate.state.is_member or (pruned and candidate.state is CandidateState.PRUNED)
    )


def alternative_text(candidate: Candidate) -> str:
    r"""Return one alternative as it stands between brackets, without its leading space.

    Characters that mark something there carry a backslash; newlines and tabs are written as `\n`
    and `\t`.
    """
    mark = _mark(candidate)
    if not candidate.content and candidate.state is not CandidateState.KEPT:
        return mark + END_MARK
    spelled = escaped(candidate.content.removeprefix(b" "), "[]/~^<")
    return mark + spelled.replace("\n", "\\n").replace("\t", "\\t")


def _mark(candidate: Candidate) -> str:
    if candidate.state is CandidateState.PRUNED:
        return PRUNED_MARK
    return UNATTENDED_MARK if is_unattended(candidate) else ""


def is_unattended(candidate: Candidate) -> bool:
    """Whether a member stays although no later token sees it."""
    return candidate.state.is_member and candidate.attention == 0.0


def needs_brackets(shown: Sequence[Candidate]) -> bool:
    """Whether a step's alternatives stand between brackets: several, or one that is marked."""
    return len(shown) != 1 or is_unattended(shown[0])


def shares_space(shown: Sequence[Candidate]) -> bool:
    """Whether all alternatives with text start with a space, so that it can stand outside."""
    contents = [candidate.content for candidate in shown if candidate.content]
    return bool(contents) and all(content.startswith(b" ") for content in contents)


def set_text(shown: Sequence[Candidate]) -> tuple[str, tuple[str, ...]]:
    """Return the space before a step's bracket, and the alternatives between its slashes."""
    if shares_space(shown):
        return " ", tuple(alternative_text(candidate) for candidate in shown)
    return "", tuple(
        " " * candidate.content.startswith(b" ") + alternative_text(candidate)
        for candidate in shown
    )


def bracketed_text(steps: Iterable[LatticeStep], *, pruned: bool = True) -> str:
    """Return the steps' text with every step of several tokens as `[park/garden]`.

    A pruned token carries `~`, one that no later token sees `^`.

    Literal brackets carry a backslash everywhere, slashes between brackets, so that the text can
    be read back. A space that all alternatives begin with stands before the bracket. Runs of
    steps with one token are joined as bytes first.
    """
    parts: list[str] = []
    single = b""
    for step in steps:
        shown = alternatives(step, pruned=pruned)
        if not needs_brackets(shown):
            single += shown[0].content
            continue
        space, texts = set_text(shown)
        parts.append(f"{escaped(single, '[]')}{space}[{'/'.join(texts)}]")
        single = b""
    return "".join(parts) + escaped(single, "[]")
