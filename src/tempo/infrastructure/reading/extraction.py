"""Rows of logits to a proposal: everything on the device, then one copy to the host.

Shapes: `k` rows, `v` vocabulary, `c` candidates, `p` pairs, `q` mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.errors import SessionError
from tempo.domain.proposal import Combination, Proposal
from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor
    from transformers import LogitsProcessorList

    from tempo.domain.proposal import Reading

HEAD = 4
"""Scalars that lead the packed copy: finite, entropy, count and mass at the threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one pass.

    Attributes:
        logits: [k, v], float32 or float64.
        paths: for each row, the tokens of its best path from the prompt on; empty if no processor
            looks at them.
    """

    logits: Tensor
    paths: tuple[npt.NDArray[np.int64], ...] = ()


def read(rows: Rows, reading: Reading, processors: LogitsProcessorList) -> Proposal:
    """Answer one reading with one copy to the host.

    Raises:
        SessionError: if the reading's weights, mixtures or pairs are not for these rows.
    """
    _check(reading, len(rows.logits))
    if not (reading.weights or reading.mixtures or reading.barred or processors):
        return _scored_pairs(rows.logits, reading)
    plain = rows.logits.log_softmax(-1)
    head = [plain[:, 0].isnan().logical_not().all().to(plain.dtype)]
    body: list[Tensor] = []
    processed = plain if _is_empty(reading) else _processed(rows, plain, reading, processors)
    if reading.weights:
        readout = _combined(processed, reading)
        head[0] = head[0] * (readout.amax() > -torch.inf)
        head += _summary(readout, reading.log_threshold)
        body = _candidates(readout, processed, plain, reading.considered)
    else:
        head += [head[0]] * (HEAD - 1)
    if reading.mixtures:
        shares = torch.tensor(reading.mixtures, dtype=plain.dtype, device=plain.device)
        body.append(shares @ processed.exp())
    if reading.pairs:
        row, token = torch.tensor(reading.pairs, device=plain.device).T
        body += [plain[row, token], processed[row, token]]
    packed = torch.cat([torch.stack(head), *(part.reshape(-1) for part in body)])
    return _unpacked(to_host(packed), reading, *plain.shape)


def _scored_pairs(logits: Tensor, reading: Reading) -> Proposal:
    """Answer a reading that asks for nothing but plain scores: no whole row is normalised."""
    totals = logits.logsumexp(-1)
    finite = torch.isfinite(totals).all().to(logits.dtype)
    row, token = torch.tensor(reading.pairs, device=logits.device).reshape(-1, 2).long().T
    scores = logits[row, token] - totals[row]
    packed = torch.cat([finite.expand(HEAD), scores, scores])
    return _unpacked(to_host(packed), reading, *logits.shape)


def _is_empty(reading: Reading) -> bool:
    return not (reading.weights or reading.mixtures or reading.pairs)


def _check(reading: Reading, rows: int) -> None:
    asked = max((row for row, _ in reading.pairs), default=0)
    weightings = (reading.weights, *reading.mixtures) if reading.weights else reading.mixtures
    wrong = [len(weights) for weights in weightings if len(weights) != rows]
    if wrong or asked >= rows:
        given = wrong[0] if wrong else len(reading.weights)
        message = (
            f"the last pass has {rows} rows; the reading has {given} weights "
            f"and asks for row {asked}"
        )
        raise SessionError(message)


def to_host(packed: Tensor) -> npt.NDArray[np.float64]:
    """Copy to the host: the only place where a step does."""
    return packed.cpu().numpy().astype(np.float64)


def _processed(
    rows: Rows, plain: Tensor, reading: Reading, processors: LogitsProcessorList
) -> Tensor:
    """Return [k, v] log-probabilities after barring and the processors."""
    if not reading.barred and not processors:
        return plain
    scores = rows.logits.clone()
    if reading.barred:
        scores[:, list(reading.barred)] = -torch.inf
    if not processors:
        return _normalised(scores)
    if not rows.paths:
        nothing = torch.empty(len(scores), 0, dtype=torch.long, device=scores.device)
        return _after(processors, nothing, scores)
    return torch.cat(
        [
            _after(processors, torch.from_numpy(path)[None].to(scores.device), scores[[row]])
            for row, path in enumerate(rows.paths)
        ]
    )


def _after(processors: LogitsProcessorList, paths: Tensor, scores: Tensor) -> Tensor:
    processed: Tensor = processors(paths, scores)  # type: ignore[arg-type]
    return _normalised(processed)


def _normalised(scores: Tensor) -> Tensor:
    """Return log-probabilities; a row that excludes every token stays -inf."""
    return scores.log_softmax(-1).nan_to_num_(nan=-torch.inf, neginf=-torch.inf)


def _combined(processed: Tensor, reading: Reading) -> Tensor:
    """Return [v] log of the readout."""
    if len(reading.weights) == 1:
        return processed[0]
    weights = torch.tensor(reading.weights, dtype=processed.dtype, device=processed.device)
    mixture = (processed + weights.log()[:, None]).logsumexp(0)
    if reading.combination is Combination.ARITHMETIC:
        return mixture
    weighted = torch.where(weights[:, None] > 0, weights[:, None] * processed, 0.0).sum(0)
    return torch.where(weighted.isneginf().all(), mixture, weighted.log_softmax(-1))


def _summary(readout: Tensor, log_threshold: float) -> list[Tensor]:
    """Return entropy in nats, count and mass of the tokens at or above the threshold."""
    probabilities = readout.exp()
    entropy = -torch.where(probabilities > 0, probabilities * readout, 0.0).sum()
    passing = (readout >= log_threshold) & (probabilities > 0)
    return [entropy, passing.sum().to(readout.dtype), (probabilities * passing).sum()]


def _candidates(readout: Tensor, processed: Tensor, plain: Tensor, considered: int) -> list[Tensor]:
    """Return token ids, readout and both tables for the best tokens.

    `topk` does not say which of several equal values it returns, so the lowest ids among those
    equal to the last value come along too: 2c columns, of which the host keeps c.
    """
    count = min(considered, len(readout))
    values, best = readout.topk(count)
    ids = torch.arange(len(readout), 0, -1, device=readout.device)
    ties = torch.where(readout == values[-1], ids, 0).topk(count).indices
    columns = torch.cat([best, ties])
    tables = (
        [processed[:, columns]]
        if processed is plain
        else [processed[:, columns], plain[:, columns]]
    )
    return [columns.to(readout.dtype), readout[columns], *tables]


def _unpacked(
    packed: npt.NDArray[np.float64], reading: Reading, rows: int, vocabulary: int
) -> Proposal:
    """Return the proposal that a packed copy holds."""
    if not packed[0]:
        return Proposal(finite=False)
    plain_scores, processed_scores = packed[len(packed) - 2 * len(reading.pairs) :].reshape(2, -1)
    spread = len(packed) - 2 * len(reading.pairs) - len(reading.mixtures) * vocabulary
    body = packed[HEAD:spread]
    mixtures = packed[spread:][: len(reading.mixtures) * vocabulary].reshape(-1, vocabulary)
    if not reading.weights:
        return Proposal(
            pair_scores=plain_scores, processed_scores=processed_scores, mixtures=mixtures
        )
    columns = 2 * min(reading.considered, vocabulary)
    parts = body.reshape(-1, columns)  # token ids, readout, then one or two tables of `rows`
    token_ids = parts[0].astype(np.int64)
    keep = _ranked(token_ids, parts[1], columns // 2)
    processed = parts[2 : 2 + rows, keep]
    return Proposal(
        token_ids=tuple(map(TokenId, token_ids[keep].tolist())),
        log_probabilities=np.minimum(parts[1, keep], 0.0),
        rows=processed,
        plain_rows=parts[2 + rows :, keep] if len(parts) > 2 + rows else processed,
        entropy=float(packed[1]),
        passing=int(packed[2]),
        passing_mass=min(1.0, float(packed[3])),
        pair_scores=plain_scores,
        processed_scores=processed_scores,
        mixtures=mixtures,
    )


def _ranked(
    token_ids: npt.NDArray[np.int64], values: npt.NDArray[np.float64], count: int
) -> npt.NDArray[np.intp]:
    """Return columns by falling value, then rising token id, each token once, none impossible."""
    order = np.lexsort((token_ids, -values))
    ids = token_ids[order]
    first = np.append(True, ids[1:] != ids[:-1])
    return order[first & ~np.isneginf(values[order])][:count]
