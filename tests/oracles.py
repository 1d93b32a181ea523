"""What the engine computes by recursion, computed here by writing every path down."""

import itertools
import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WholePath:
    members: tuple[int, ...]
    probability: float
    plain_score: float
    share: float
    finished: bool


def every_path(tables):
    """Each way through tables [k, m] of log-probabilities as (columns, score)."""
    widths = [table.shape[1] for table in tables]
    for columns in itertools.product(*map(range, widths)):
        rows = (0, *columns)
        score = sum(
            table[row, column] for table, row, column in zip(tables, rows, columns, strict=False)
        )
        yield columns, float(score)


def prefixes(lattice, length):
    """Each way to a member of step `length - 1` as (members, probability, plain score)."""
    found = [((), 1.0, 0.0)]
    for number, step in enumerate(lattice.steps[:length]):
        before = lattice.steps[number - 1].token_set.live_indices if number else ()
        found = [
            (
                (*members, member),
                probability * math.exp(step.transitions[row, member]),
                plain + step.plain_transitions[row, member],
            )
            for members, probability, plain in found
            if not number or members[-1] in before
            for row in [before.index(members[-1]) if number else 0]
            for member in range(step.width)
        ]
    return found


def complete_paths(lattice):
    """Every path that ends, with its share when each step's kept mass is taken as whole."""
    paths, kept = [], 1.0
    going_on = 1.0
    for length, step in enumerate(lattice.steps, start=1):
        reached = prefixes(lattice, length)
        kept *= sum(probability for _, probability, _ in reached) / going_on
        live = step.token_set.live_indices
        going_on = sum(probability for members, probability, _ in reached if members[-1] in live)
        paths += [
            WholePath(members, probability, plain, probability / kept, members[-1] not in live)
            for members, probability, plain in reached
            if length == len(lattice) or members[-1] not in live
        ]
    return paths


def passing_shares(lattice, step):
    """Each member's share of the complete paths that pass through a step."""
    through = [path for path in complete_paths(lattice) if len(path.members) > step]
    shares = np.zeros(lattice.steps[step].width)
    for path in through:
        shares[path.members[step]] += path.share
    return shares / shares.sum()


def passing_everything(lattice, step):
    """Each member's share of all complete paths, those that end before the step among them."""
    shares = np.zeros(lattice.steps[step].width)
    for path in complete_paths(lattice):
        if len(path.members) > step:
            shares[path.members[step]] += path.share
    return shares


def teacher_forced(script, prompt, tokens):
    """The log-probability of `tokens` after `prompt`, asked of the script one by one."""
    seen, score = tuple(prompt), 0.0
    for token in tokens:
        probability = script.next(seen)[token]
        score += math.log(probability) if probability > 0 else -math.inf
        seen += (token,)
    return score
