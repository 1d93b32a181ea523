"""Every Hypothesis strategy of the tests."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.steering import SteeredRun
from tempo.application.records.answers import replayed
from tempo.application.records.record import Provenance, record_of
from tempo.application.studies.comparison.figures import AskedPrompt, Cell, Setting
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.consolidation.ledger import Ledger
from tempo.application.studies.early_exit.figures import HeldOutText
from tempo.domain.capture import LayerWeights
from tempo.domain.early_exit import LayerReading
from tempo.domain.frontier import Frontier
from tempo.domain.lattice import Lattice, LatticeStep
from tempo.domain.measures.predictive import ScoredText
from tempo.domain.model_identity import ModelIdentity
from tempo.domain.proposal import Proposal
from tempo.domain.pruning.attention import AttentionPruning, Sigmoid
from tempo.domain.pruning.coherence import CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode, RetroactivePruning
from tempo.domain.readout import Readout
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection, log_threshold
from tempo.domain.stopping import FinishReason, StopOn, Stopping
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, Slot, TokenId, TokenSet
from tempo.domain.visibility import Visibility
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.clustering import LeaderClustering
from tests.fakes.tokenizers import ByteTokenizer

seeds = st.integers(0, 2**32 - 1)
units = st.floats(0.0, 1.0)
pieces = st.text(alphabet="ab é.", min_size=1, max_size=2)
contents = st.binary(max_size=4) | st.text(max_size=3).map(str.encode)
"""The bytes of a token: whole characters, parts of one, and what was never UTF-8."""
park = st.just(b" park")

# Distributions ----------------------------------------------------------------------------------


def distribution(rng, size, *, sharpness=1.5):
    weights = np.exp(sharpness * rng.normal(size=size))
    return weights / weights.sum()


@st.composite
def distributions(draw, size):
    """Probabilities [size], many of them equal and some zero."""
    counts = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
    return np.array(counts) / sum(counts)


@st.composite
def logits(draw, max_rows=3, max_vocabulary=24):
    """Rows [k, v] of few distinct values, so that many are equal."""
    shape = draw(st.integers(1, max_rows)), draw(st.integers(1, max_vocabulary))
    rng = np.random.default_rng(draw(seeds))
    levels = draw(st.integers(1, 6))
    return rng.integers(0, levels, size=shape) * draw(st.sampled_from([0.25, 1.0, 3.0]))


@st.composite
def row_weights(draw, rows):
    """Weights [rows] that sum to 1, some of them zero."""
    return tuple(draw(distributions(rows)).tolist())


# Domain -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A whole distribution, and the proposal that shows its best candidates."""

    probabilities: np.ndarray
    threshold: float
    proposal: Proposal


@st.composite
def offers(draw, max_vocabulary=20, considered=8):
    size = draw(st.integers(1, max_vocabulary))
    probabilities = draw(distributions(size))
    threshold = draw(st.just(0.0) | st.sampled_from(probabilities.tolist()) | units)
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities)
    order = np.argsort(-probabilities, kind="stable")
    order = order[probabilities[order] > 0][:considered]
    passing = (logs >= log_threshold(threshold)) & (probabilities > 0)
    proposal = Proposal(
        token_ids=tuple(map(TokenId, order.tolist())),
        log_probabilities=logs[order],
        passing=int(passing.sum()),
        passing_mass=float(probabilities[passing].sum()),
    )
    return Offer(probabilities, threshold, proposal)


@st.composite
def log_rows(draw, rows, columns, *, impossible=True):
    """Log-probabilities [rows, columns], each row's mass under 1; some of them -inf."""
    rng = np.random.default_rng(draw(seeds))
    table = np.log([distribution(rng, columns + 1)[:-1] for _ in range(rows)])
    if impossible and draw(st.booleans()):
        table[rng.random(table.shape) < 0.2] = -math.inf
    return table


@st.composite
def transition_tables(draw, max_steps=4, max_width=4, *, impossible=True):
    """Several steps of rows [k, m], each step's `k` the `m` of the step before."""
    widths = draw(st.lists(st.integers(1, max_width), min_size=1, max_size=max_steps))
    return [
        draw(log_rows(before, width, impossible=impossible))
        for before, width in zip([1, *widths], widths, strict=False)
    ]


@st.composite
def frontiers(draw, width):
    """A frontier of `width` rows with slots from 10 on."""
    rng = np.random.default_rng(draw(seeds))
    scores = np.log(distribution(rng, width))
    slots = tuple(Slot(10 + row) for row in range(width))
    return Frontier(slots, distribution(rng, width), scores, 1.5 * scores)


def candidate(index, content=b" x", state=CandidateState.KEPT, **fields):
    fields = {"token_id": TokenId(index), "rank": index, "probability": 0.5} | fields
    return Candidate(content=content, state=state, **fields)


def lattice_step(number, members, rows, plain_rows=None, others=()):
    return LatticeStep(
        step=LogicalStep(number),
        token_set=TokenSet(LogicalStep(number), tuple(members)),
        others=tuple(others),
        transitions=rows,
        plain_transitions=rows if plain_rows is None else plain_rows,
        entropy=0.0,
        threshold=0.1,
        kept_mass=1.0,
        finished_mass=0.0,
    )


@st.composite
def lattices(draw, max_steps=4, max_width=3, *, content=park, impossible=False):
    """Lattices whose members may be finished, of steps that may all end at the last one.

    Where some transitions are impossible, those of each first row are not.
    """
    steps, live_before = [], 1
    count = draw(st.integers(1, max_steps))
    for number in range(count):
        width = draw(st.integers(1, max_width))
        live = draw(st.lists(st.booleans(), min_size=width, max_size=width))
        if not any(live) and number < count - 1:
            live[draw(st.integers(0, width - 1))] = True
        members = [
            candidate(
                index, draw(content), CandidateState.KEPT if lives else CandidateState.FINISHED
            )
            for index, lives in enumerate(live)
        ]
        rows, plain = (draw(log_rows(live_before, width, impossible=False)) for _ in range(2))
        if impossible:
            rng = np.random.default_rng(draw(seeds))
            rows[1:][rng.random(rows[1:].shape) < 0.3] = -math.inf
        steps.append(lattice_step(number, members, rows, plain))
        live_before = sum(live)
    return Lattice((TokenId(1),), tuple(steps))


@st.composite
def with_gaps(draw, whole):
    """Lattices that whole steps left, some members of which later tokens see less or not at all."""
    lattice = draw(whole)
    number, steps = -1, []
    for step in lattice.steps:
        number += draw(st.integers(1, 3))
        members = tuple(
            replace(one, attention=draw(st.sampled_from([0.0, 0.25, 1.0])))
            for one in step.token_set.members
        )
        steps.append(replace(step, step=number, token_set=TokenSet(LogicalStep(number), members)))
    return replace(lattice, steps=tuple(steps))


scored_texts = st.lists(
    st.builds(ScoredText, pieces, st.floats(-60.0, -1e-3), st.integers(1, 9)),
    min_size=1,
    max_size=6,
)
"""Texts of one or two letters with their log-probabilities, some of them equal."""


@st.composite
def texts_in_brackets(draw, content):
    """Steps of members alone, one to three a step, each with its own content."""
    steps = draw(
        st.lists(st.lists(content, min_size=1, max_size=3, unique=True), min_size=1, max_size=4)
    )
    return [
        lattice_step(
            number,
            [candidate(index, text) for index, text in enumerate(step)],
            np.zeros((1, len(step))),
        )
        for number, step in enumerate(steps)
    ]


@st.composite
def forests(draw, max_steps=7, max_width=4):
    """For each step, each candidate's parent as an index into the step before; None at first."""
    widths = draw(st.lists(st.integers(1, max_width), min_size=1, max_size=max_steps))
    steps = [[None] * widths[0]]
    for before, width in pairwise(widths):
        parents = st.integers(0, before - 1)
        steps.append(draw(st.lists(parents, min_size=width, max_size=width)))
    return steps


# Scripts and requests ---------------------------------------------------------------------------


def drawn_script(vocabulary, order, seed, *, end_weight, sharpness=1.5):
    """A script whose every context of up to `order` tokens has its own distribution."""
    rng = np.random.default_rng(seed)
    table, contexts = {}, [()]
    for _ in range(order + 1):
        for context in contexts:
            weights = np.exp(sharpness * rng.normal(size=len(vocabulary)))
            weights[0] *= end_weight
            table[context] = weights / weights.sum()
        contexts = [
            (TokenId(token), *context)
            for context in contexts
            for token in range(1, len(vocabulary))
        ]
    return Script((END, *vocabulary[1:]), table, order)


@st.composite
def scripts(draw, max_order=2, end_weights=(0.0, 0.3, 1.0)):
    """Scripts over short texts of the letters "ab é.", which stop strings can cross."""
    names = draw(st.lists(pieces, min_size=2, max_size=4, unique=True))
    return drawn_script(
        (END, *names),
        draw(st.integers(0, max_order)),
        draw(seeds),
        end_weight=draw(st.sampled_from(end_weights)),
    )


finite_lineages = st.builds(
    Lineage, sharpness=st.sampled_from([0.5, 1.0, 2.0]), soft_steps=st.integers(0, 3)
)
superpositions = (
    finite_lineages
    | st.just(path_superposition())
    | st.builds(Lineage, sharpness=st.sampled_from([1.0, 2.0]), soft_steps=st.just(math.inf))
    | st.builds(Marginal)
    | st.builds(Uniform)
)
selections = st.builds(
    lambda threshold, width: Selection(ConstantThreshold(threshold), width, max(width, 5)),
    st.sampled_from([0.0, 0.05, 0.15, 0.3]),
    st.integers(1, 4),
)
stoppings = st.builds(
    Stopping,
    stop_on=st.sampled_from(StopOn),
    stop_mass=st.sampled_from([0.2, 0.5, 1.0]),
    min_steps=st.integers(0, 2),
    stop=st.lists(pieces, max_size=2, unique=True).map(tuple),
)


@st.composite
def prompts(draw, script):
    tokens = st.integers(1, len(script.vocabulary) - 1).map(TokenId)
    return tuple(draw(st.lists(tokens, min_size=1, max_size=3)))


@st.composite
def requests(draw, script, **fixed):
    """Requests of a few steps over a script; `fixed` fields hold a value or a strategy."""
    fields = {
        "prompt_ids": prompts(script),
        "max_steps": st.integers(1, 6),
        "selection": selections,
        "superposition": superpositions,
        "readout": st.sampled_from(Readout),
        "visibility": st.sampled_from(Visibility),
        "stopping": stoppings,
        "release": st.booleans(),
    } | fixed
    return GenerationRequest(
        **{
            name: draw(value) if isinstance(value, st.SearchStrategy) else value
            for name, value in fields.items()
        }
    )


# Pruning ----------------------------------------------------------------------------------------

levels = st.sampled_from([0.01, 0.1, 0.3, 0.6, 1.0]).map(ConstantThreshold)
posterior_rules = st.builds(PosteriorPruning, st.sampled_from([0.5, 0.9, 0.98, 1.0]), levels)
attention_rules = st.builds(
    AttentionPruning,
    absolute=levels,
    relative=st.none() | st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    sigmoid=st.none() | st.builds(Sigmoid, st.sampled_from([1.0, 10.0, 100.0])),
    layers=st.builds(LayerWeights, st.booleans()),
    decay=st.sampled_from([0.0, 0.5, 1.0]),
)

candidate_strategies = st.builds(DiversityPruning, st.integers(1, 3)) | st.builds(
    CoherencePruning, levels
)


@st.composite
def retroactives(draw, window, **fixed):
    """Retroactive pruning that fits a window."""
    rule = draw(fixed.pop("rule", posterior_rules | attention_rules))
    mode = draw(fixed.pop("complete_mode", st.sampled_from(CompleteMode)))
    after = draw(fixed.pop("after", st.sampled_from(AfterPruning)))
    if mode is not CompleteMode.KEEP_TOKEN:
        after = AfterPruning.KEEP
    soft = 1 if math.isinf(window) else int(window)
    shortest = 1 if mode is CompleteMode.KEEP_TOKEN and not rule.capture.received else 2
    shortest = shortest if mode is CompleteMode.KEEP_TOKEN else max(shortest, soft + 1)
    return RetroactivePruning(
        rule=rule,
        complete_mode=mode,
        lag=draw(st.integers(shortest, shortest + 2)),
        comprehensive=draw(st.booleans()),
        monotone=draw(st.booleans()),
        after=after,
        **fixed,
    )


@st.composite
def pruned_requests(draw, script, **fixed):
    """Requests that prune earlier sets; `pruning` fixes some of how."""
    pruning = fixed.pop("pruning", {})
    request = draw(requests(script, **({"max_steps": st.integers(4, 12)} | fixed)))
    retroactive = draw(retroactives(request.superposition.window, **pruning))
    return replace(request, retroactive=retroactive)


# Records ----------------------------------------------------------------------------------------

digests = st.text(alphabet="0123456789abcdef", min_size=64, max_size=64)
names = st.text(max_size=8)
identities = st.builds(ModelIdentity, names, names, digests, digests, names, names)
setting_values = st.none() | st.booleans() | st.integers() | units | names | st.lists(names)
provenances = st.builds(
    Provenance,
    prompt=st.none() | names,
    settings=st.none() | st.dictionaries(names, setting_values, max_size=3),
    stop=st.lists(pieces, max_size=2).map(tuple),
    model=st.none() | identities,
    finish_reason=st.none() | st.sampled_from(FinishReason),
    steered=st.booleans(),
)


@st.composite
def steered_outcomes(draw, backend, tokenizer, request):
    """What a run leaves that a person moved, choosing among all candidates."""
    run = SteeredRun(backend, tokenizer, request, LeaderClustering())
    run.step()
    for _ in range(draw(st.integers(0, 4))):
        newest = run.steps[-1]
        has_room = newest.token_set.live_indices and len(run.steps) < request.max_steps
        if has_room and draw(st.booleans()):
            run.step()
        else:
            run.choose(newest.step, draw(st.sampled_from(newest.candidates)).token_id)
    return run.outcome()


@st.composite
def records(draw):
    """Records of whole runs, some of them steered, over texts or over any bytes."""
    script = draw(scripts())
    strategy = st.none() | candidate_strategies
    request = draw(requests(script, strategy=strategy) | pruned_requests(script, strategy=strategy))
    tokenizer, size = ScriptedTokenizer(script), len(script.vocabulary) - 1
    if draw(st.booleans()):
        tokens = draw(st.lists(contents.filter(bool), min_size=size, max_size=size))
        tokenizer = ByteTokenizer((b"", *tokens))
    backend = ScriptedBackend(script)
    if draw(st.booleans()):
        outcome = draw(steered_outcomes(backend, tokenizer, request))
    else:
        outcome = Generate(backend, tokenizer, LeaderClustering()).run(request)
    after = AfterPruning.RECOMPUTE if request.goes_back else AfterPruning.KEEP
    known = Provenance(
        settings=draw(st.none() | st.just({"after_pruning": after.value})),
        stop=request.stopping.stop,
        finish_reason=outcome.reason,
        steered=outcome.steered,
        settled=outcome.settled,
    )
    return record_of(outcome.lattice, outcome.best, known)


@st.composite
def drawn_records(draw):
    """Records of lattices that no run made, with all that a record can hold."""
    return replayed(draw(lattices()), draw(provenances))


# Points -----------------------------------------------------------------------------------------


def distances_between(points):
    """Return [m, m] the Euclidean distances between points [m, d]."""
    return np.sqrt(((points[:, None] - points) ** 2).sum(axis=-1))


@dataclass(frozen=True)
class GroupedPoints:
    """Points [m, d] and the group of each, numbered by first points; `count` groups."""

    points: np.ndarray
    groups: tuple[int, ...]

    @property
    def count(self):
        return len(set(self.groups))


@st.composite
def separated_points(draw, max_points=8, max_dimensions=12):
    """Groups of points that are much closer to each other than to all other groups."""
    rng = np.random.default_rng(draw(seeds))
    groups = draw(st.lists(st.integers(0, 3), min_size=1, max_size=max_points))
    firsts = list(dict.fromkeys(groups))
    groups = [firsts.index(group) for group in groups]
    dimensions = draw(st.integers(4, max_dimensions))
    size = draw(st.sampled_from([1e-3, 1.0, 1e4]))
    centres = np.eye(4, dimensions)[groups] * rng.uniform(1.0, 2.0)
    points = centres + 0.02 * rng.normal(size=centres.shape) / math.sqrt(dimensions)
    return GroupedPoints(size * points, tuple(groups))


# Comparisons ------------------------------------------------------------------------------------

word_lists = st.lists(st.sampled_from(["a", "the", "Dog", "ran", "."]), max_size=12).map(tuple)
answers = st.text(alphabet="aAThe .,!_dog", max_size=12)

p_values = st.lists(units | st.just(math.nan) | st.sampled_from([0.01, 0.02, 0.5]), max_size=8)


@st.composite
def points(draw):
    """Costs and qualities [points], with ties and undefined ones."""
    size = draw(st.integers(1, 7))
    value = st.integers(0, 4).map(float) | st.just(math.nan)
    column = st.lists(value, min_size=size, max_size=size).map(np.array)
    return draw(column), draw(column)


@st.composite
def method_outcomes(draw, most):
    """At most so many texts of a prompt, and their cost."""
    texts = draw(st.lists(word_lists, max_size=most))
    return MethodOutcome(
        continuations=tuple(
            Continuation(
                token_ids=tuple(TokenId(len(word)) for word in words),
                text=" ".join(words),
                log_probability=-float(len(words)) * draw(st.integers(0, 8)) / 4,
                posterior=draw(st.none() | units),
                is_finished=draw(st.booleans()),
            )
            for words in texts
        ),
        cost=Cost(*(draw(st.integers(1, 9)) for _ in range(5))),
    )


@st.composite
def comparisons(draw):
    """Outcomes of two or three methods at one or two settings, and their prompts."""
    prompts = [
        AskedPrompt(text, tuple(draw(st.lists(answers, max_size=2))))
        for text in draw(st.lists(pieces, min_size=1, max_size=4))
    ]
    methods = draw(st.sampled_from([("greedy", "beam"), ("greedy", "beam", "path")]))
    settings = draw(st.sampled_from([(Setting(1, 4),), (Setting(3, 4), Setting(3, 8))]))
    outcomes = {
        Cell(method, setting): [draw(method_outcomes(setting.count)) for _ in prompts]
        for setting in settings
        for method in methods
    }
    return outcomes, prompts


# Early exit ---------------------------------------------------------------------------------------


@st.composite
def held_out_texts(draw, layers):
    """Texts whose rows said one of three tokens after each layer, sure of it in a few degrees."""
    degrees = st.integers(0, 4).map(lambda degree: degree / 4)
    texts = []
    for _ in range(draw(st.integers(1, 5))):
        readings, final = [], []
        for _ in range(draw(st.integers(1, 6))):
            row, before, agreeing = [], None, -1
            for layer in layers:
                token = draw(st.integers(0, 2))
                agreeing = agreeing + 1 if token == before else 0
                before = token
                numbers = [draw(degrees) for _ in range(3)]
                row.append(
                    LayerReading(
                        layer, TokenId(token), numbers[0], numbers[1], agreeing, numbers[2]
                    )
                )
            readings.append(tuple(row))
            final.append(draw(st.integers(0, 2)))
        texts.append(HeldOutText(tuple(readings), tuple(final)))
    return tuple(texts)


# Consolidation ----------------------------------------------------------------------------------


@st.composite
def attention_given(draw):
    """What rows give to each other [document, row, row]: nothing to later ones, 1 in all."""
    documents, rows = draw(st.integers(1, 3)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    given_attention = np.tril(rng.uniform(0.01, 1.0, size=(documents, rows, rows)))
    return given_attention / given_attention.sum(axis=2, keepdims=True)


@st.composite
def ledgers(draw, documents=2):
    """Ledgers with gaps between positions, and with equal importance now and then."""
    fed = draw(st.integers(0, 12))
    live = draw(st.integers(0, fed))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    positions = [np.sort(rng.permutation(fed)[:live]) for _ in range(documents)]
    importance = rng.integers(0, 5, size=(documents, live)) / 4
    return Ledger(tuple(range(documents)), np.array(positions, dtype=np.int64), importance, fed)
