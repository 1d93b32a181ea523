"""Passes on a processor whose rows may leave before the last layer, and whose layers then stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.early_exit import RowExit
from tempo.domain.errors import SessionError, UnsupportedModelError
from tempo.infrastructure.fused_llama.plain_decoder import owned
from tempo.infrastructure.fused_llama.processor.carrying import Carried, KeyValueLayer
from tempo.infrastructure.fused_llama.processor.compiling import share_threads
from tempo.infrastructure.fused_llama.processor.decoder import (
    NARROW,
    HostPart,
    ProcessorDecoder,
    runs_kernels,
)
from tempo.infrastructure.fused_llama.processor.judging import Judge
from tempo.infrastructure.fused_llama.processor.layers import normalised
from tempo.infrastructure.fused_llama.processor.products import product
from tempo.infrastructure.fused_llama.processor.steps import PassState, Scratch

if TYPE_CHECKING:
    import numpy.typing as npt

    from tempo.domain.early_exit import ExitRule
    from tempo.infrastructure.capture.captured import Captured
    from tempo.infrastructure.fused_llama.plain_decoder import Pass
    from tempo.infrastructure.fused_llama.processor.compiling import Floats, Integers
    from tempo.infrastructure.fused_llama.weights import Weights
    from tempo.infrastructure.reading.extraction import Rows

Heard = Callable[[Sequence[RowExit]], None]
"""Is told of each pass how its rows left, in their order."""


def _told_nobody(_exits: Sequence[RowExit]) -> None:
    """Nobody listens."""


@dataclass(slots=True, eq=False)
class Journey:
    """The rows of a pass on their way through the layers.

    Attributes:
        passes: those of the rows that are on their way.
        rows: their places in the whole pass.
        state: what they are, between two layers.
        parts: how they attend.
        carried: the rows that have left.
        judge: what decides who leaves.
        normed: [row, hidden] what the head read of each row of the whole pass.
        logits: [row, vocab] what it said.
    """

    passes: Sequence[Pass]
    rows: Integers
    state: PassState
    parts: Sequence[HostPart]
    carried: Carried
    judge: Judge
    normed: Floats
    logits: Floats


class ExitingDecoder(ProcessorDecoder):
    """The processor's decoder under an exit rule. All of a prompt but its last row runs in full."""

    def __init__(self, weights: Weights, rule: ExitRule, heard: Heard = _told_nobody) -> None:
        """Serve merged weights.

        Raises:
            InvalidValueError: for an exit layer that the model does not have.
        """
        super().__init__(weights)
        shape = weights.architecture
        rule.require_within(shape.layers)
        self._rule, self._heard, self._depth = rule, heard, shape.layers
        self._carrying = tuple(KeyValueLayer(layer, shape) for layer in self._matrices)

    def decode(self, passes: Sequence[Pass]) -> list[tuple[Rows, Captured]]:
        """Feed what several sessions have, in one pass; return each one's rows and capture.

        Raises:
            UnsupportedModelError: if attention is to be captured where rows may skip layers.
            SessionError: in a fork, which has no kernels.
        """
        self._require_kernels(passes)
        share_threads(self._most_threads)
        journey = self._begun(passes)
        whole = journey.parts
        for number in range(self._depth):
            journey.carried.write(number)
            if len(journey.rows):
                self._pass_through(journey, number)
        self._heard(journey.judge.exits())
        return [part.result(journey.logits, journey.normed) for part in whole]

    def _require_kernels(self, passes: Sequence[Pass]) -> None:
        if not runs_kernels():
            message = (
                "early exit needs kernels, and a fork of a process that decoded already has none; "
                "start processes by spawn (multiprocessing.get_context('spawn'))"
            )
            raise SessionError(message)
        if self._rule.skips_layers_of(self._depth) and any(one.plan.attends for one in passes):
            message = (
                "attention cannot be captured where rows leave before the last layer; "
                "prune by another rule, or decode without early exit"
            )
            raise UnsupportedModelError(message)

    def _begun(self, passes: Sequence[Pass]) -> Journey:
        shape = self.weights.architecture
        tokens = [token for given in passes for token in given.tokens]
        state, parts = self._resumed(passes, self._embedding.rows(tokens))
        tells = self._heard is not _told_nobody
        return Journey(
            passes=passes,
            rows=np.arange(len(tokens)),
            state=state,
            parts=parts,
            carried=Carried(self._carrying, shape),
            judge=Judge(self._rule, [own for _, own in owned(passes)], tells=tells),
            normed=np.empty((len(tokens), shape.hidden), dtype=np.float32),
            logits=np.empty((len(tokens), shape.vocabulary), dtype=np.float32),
        )

    def _resumed(
        self, passes: Sequence[Pass], hidden: Floats
    ) -> tuple[PassState, Sequence[HostPart]]:
        """Return the state of rows [row, hidden], and how they attend."""
        shape, count = self.weights.architecture, len(hidden)
        positions = [position for given in passes for position in given.positions]
        scratch = self._scratch.pop(count, None) or Scratch(count, shape)
        parts = [HostPart(given, own, scratch, shape) for given, own in owned(passes)]
        return PassState(self.weights, hidden, positions, scratch), parts

    def _pass_through(self, journey: Journey, number: int) -> None:
        """Run a layer for the rows that are on their way, and let go of those that leave then."""
        state, judge, after = journey.state, journey.judge, number + 1
        threshold = judge.threshold(after)
        before = None if threshold is None else state.hidden.copy()
        layer = (self._narrow if len(state.hidden) <= NARROW else self._wide)[number]
        layer.begin(state)
        for part in journey.parts:
            part.attend(number)
        layer.end(state)
        if before is not None:
            judge.compare(journey.rows, before, state.hidden)
        if after == self._depth:
            self._finish(journey, threshold)
        elif threshold is not None:
            self._let_go(journey, after, threshold)

    def _let_go(self, journey: Journey, after: int, threshold: float) -> None:
        """Read rows out, where the criterion asks for it, and let those go that are sure enough."""
        judge, rows = journey.judge, journey.rows
        if self._rule.criterion.reads_head:
            judge.survey(rows, self._read_out(journey, rows, journey.state.hidden))
        leaving = judge.leaving(rows, after, threshold)
        if not leaving.any():
            return
        gone, hidden = rows[leaving], journey.state.hidden[leaving]
        if not self._rule.criterion.reads_head:
            self._read_out(journey, gone, hidden)
        judge.leave(gone, after)
        self._part(journey, leaving, hidden)

    def _finish(self, journey: Journey, threshold: float | None) -> None:
        """Read out the rows that went all the way."""
        judge, rows = journey.judge, journey.rows
        logits = self._read_out(journey, rows, journey.state.hidden)
        if judge.tells and threshold is not None and self._rule.criterion.reads_head:
            judge.survey(rows, logits)
            judge.leaving(rows, self._depth, threshold)
        judge.leave(rows, self._depth)
        self._keep(journey.state.scratch)

    def _read_out(self, journey: Journey, rows: Integers, hidden: Floats) -> Floats:
        """Return [row, vocab] what the head says of rows [row, hidden]; the journey keeps it.

        What rows that stay said is written over by what they say later.
        """
        shape, every = self.weights.architecture, len(rows) == len(journey.logits)
        normed = journey.normed if every else np.empty((len(rows), shape.hidden), np.float32)
        normalised(hidden, self._norm, shape.epsilon, normed)
        logits = journey.logits if every else np.empty((len(rows), shape.vocabulary), np.float32)
        if len(rows) <= NARROW:
            product(normed, self._head.pair, logits)
        else:
            logits[:] = self._scored(torch.from_numpy(normed)).numpy()
        if not every:
            journey.normed[rows], journey.logits[rows] = normed, logits
        return logits

    def _part(self, journey: Journey, leaving: npt.NDArray[np.bool_], hidden: Floats) -> None:
        """Carry the rows [row, hidden] that leave; the others go on without them."""
        state, staying = journey.state, ~leaving
        cosines, sines = state.angles
        gone = _chosen(journey.passes, leaving)
        journey.carried.add(gone, hidden, (cosines[leaving], sines[leaving]))
        journey.rows = journey.rows[staying]
        rest = state.hidden[staying]
        self._keep(state.scratch)
        if len(rest):
            journey.passes = _chosen(journey.passes, staying)
            journey.state, journey.parts = self._resumed(journey.passes, rest)

    def _keep(self, scratch: Scratch) -> None:
        """Keep scratch for the next pass of as many rows."""
        if len(scratch.normed) <= NARROW:
            self._scratch[len(scratch.normed)] = scratch


def _chosen(passes: Sequence[Pass], chosen: npt.NDArray[np.bool_]) -> list[Pass]:
    """Return passes of the chosen rows alone; sessions that have none are not among them."""
    found = []
    for given, own in owned(passes):
        places = np.flatnonzero(chosen[own]).tolist()
        if places:
            part = replace(
                given,
                tokens=[given.tokens[place] for place in places],
                positions=[given.positions[place] for place in places],
                rows=[given.rows[place] for place in places],
                weights=given.weights[places],
            )
            found.append(part)
    return found
