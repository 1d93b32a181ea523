"""Rules that come as Python objects: who is kept, who is pruned, what a text is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from tempo.application.settings.pruning_rules import retroactive_of, strategy_of
from tempo.application.settings.search_rules import search_of
from tempo.domain.errors import ContradictionError, IneffectiveSettingError, InvalidValueError
from tempo.domain.pruning.retroactive import RetroactivePruning
from tempo.domain.selection import AnyWidth
from tempo.interfaces.python.verifying import verified

if TYPE_CHECKING:
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.settings.settings import Settings
    from tempo.domain.pruning.candidates import CandidateStrategy
    from tempo.domain.pruning.retroactive import RetroactiveRule
    from tempo.domain.selection import SelectionRule

SELECTION = "selection_rule"
STRATEGY = "pruning_strategy"
RETROACTIVE = "retroactive_pruning"

SETTINGS = (STRATEGY, RETROACTIVE)
"""Keywords that name a rule of the library by a word, too."""

WORDS = (str, bool, int, float, type(None))
"""What a setting may be."""

PARTS = {
    SELECTION: ("width",),
    STRATEGY: ("capture", "at"),
    RETROACTIVE: ("capture", "decay", "verdicts"),
}
"""What an object must have to be a rule, by the keyword that takes it."""


@dataclass(frozen=True, slots=True)
class OwnRules:
    """A caller's own rules, None where there is none.

    Attributes:
        selection: how wide each step may be.
        strategy: what refines a set before it is kept.
        retroactive: what refines earlier sets.
        verifier: what values the texts of a search.
    """

    selection: SelectionRule | None = None
    strategy: CandidateStrategy | None = None
    retroactive: RetroactivePruning | None = None
    verifier: object = None

    @classmethod
    def taken_from(cls, names: dict[str, object]) -> OwnRules:
        """Take the objects out of `names`, where words, which are settings, stay.

        Raises:
            InvalidValueError: for an object that is no rule.
        """
        return cls(
            cast("SelectionRule | None", _rule(names, SELECTION)),
            cast("CandidateStrategy | None", _rule(names, STRATEGY)),
            _retroactive(names),
            names.pop("verifier", None),
        )

    def on(self, request: GenerationRequest, settings: Settings) -> GenerationRequest:
        """Return a request that follows these rules in place of those of its settings.

        Raises:
            IneffectiveSettingError: for a rule that could judge nothing.
            ContradictionError: for pruning under a tree search, or too soon for its mode, or two
                ways to value texts.
            InvalidValueError: for a verifier that cannot be called.
        """
        given = {
            SELECTION: self.selection,
            STRATEGY: self.strategy,
            RETROACTIVE: self.retroactive,
        }
        for name, rule in given.items():
            if rule is not None:
                _require_effect(name, request)
        if self.retroactive is not None and self.retroactive.lag >= request.max_steps:
            lag = self.retroactive.lag
            message = (
                f"{RETROACTIVE} would have no effect: its lag of {lag} needs a max_steps above it"
            )
            raise IneffectiveSettingError(message)
        selection = request.selection
        ruled = replace(
            request,
            selection=replace(selection, rule=self.selection) if self.selection else selection,
            strategy=self.strategy or request.strategy,
            retroactive=self.retroactive or request.retroactive,
        )
        return verified(ruled, settings, self.verifier)


def is_repeatable(request: GenerationRequest, settings: Settings) -> bool:
    """Whether the settings say all of a request: functions and objects they do not hold."""
    return (
        request.search == search_of(settings)
        and request.selection.rule == AnyWidth()
        and request.strategy == strategy_of(settings)
        and request.retroactive == retroactive_of(settings)
    )


def _retroactive(names: dict[str, object]) -> RetroactivePruning | None:
    if isinstance(names.get(RETROACTIVE), RetroactivePruning):
        return cast("RetroactivePruning", names.pop(RETROACTIVE))
    rule = _rule(names, RETROACTIVE)
    return None if rule is None else RetroactivePruning(cast("RetroactiveRule", rule))


def _rule(names: dict[str, object], name: str) -> object:
    """Take one keyword's object out of `names`; None if there is a word, or nothing."""
    given = names.get(name)
    if name in SETTINGS and isinstance(given, WORDS):
        return None
    names.pop(name, None)
    if given is None:
        return None
    if isinstance(given, type):
        message = f"{name} is the class {given.__name__}; give an object of it: {given.__name__}()"
        raise InvalidValueError(message)
    missing = [part for part in PARTS[name] if not hasattr(given, part)]
    if missing:
        message = (
            f"{name} is {given!r}, which has no {' and no '.join(missing)}; see docs/examples.md"
        )
        raise InvalidValueError(message)
    return given


def _require_effect(name: str, request: GenerationRequest) -> None:
    if request.selection.max_width == 1:
        message = (
            f"{name} would have no effect: it needs a max_width above 1, so that a step has tokens "
            "to choose from"
        )
        raise IneffectiveSettingError(message)
    if request.search is not None and name != SELECTION:
        message = f"use_mcts searches for one path of rows of its own; leave out {name}"
        raise ContradictionError(message)
