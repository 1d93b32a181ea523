"""Claims of pages, and where in the committed results their figures are."""

from typing import NamedTuple

from tests.documentation.results import Cell, Derived, First, Pair, Said

README = "README.md"
RESULTS = "docs/results.md"

COMPARE_README = "experiments/compare/README.md"
CONSOLIDATE_README = "experiments/consolidate/README.md"

BEAMS = "benchmarks/results/against_beam.txt"
KL = "benchmarks/results/next_token_fidelity.txt"
BENCH = "benchmarks/results/bench_cpu.txt"
H100 = "benchmarks/results/bench_h100.txt"
WEIGHTS = "benchmarks/results/bench_weights.txt"
H100_LOG = "benchmarks/results/fused_step_log.md"
WHOLE = "benchmarks/results/whole_step.txt"
OVERHEAD = "benchmarks/results/engine_overhead.txt"
SERVING = "benchmarks/results/serving_load.txt"
QUERIES = "benchmarks/results/lattice_queries.txt"
FORKS = "benchmarks/results/fork_latency.txt"
PRUNING_COST = "benchmarks/results/pruning_overhead.txt"
LONG = "benchmarks/results/long_run.txt"
FIDELITY = "experiments/fidelity/fidelity.txt"
COMPARE = "experiments/compare/openings-30.txt"
JUDGED = "experiments/pruning/judged.txt"
AMBIGUITY = "experiments/ambiguity/ambiguity.txt"
BRACKETS = "experiments/mcts/brackets.txt"
STORIES = "experiments/mcts/stories.txt"
WINDOW = "experiments/consolidate/window.txt"
ATTENTION = "experiments/attention/attention.txt"
ISOLATION = "experiments/isolation/isolation.txt"
EXIT = "experiments/early-exit/early-exit.txt"


class Claim(NamedTuple):
    """A sentence of a page, or a part of one, and where its figures come from.

    It quotes its page word for word, with {} for each figure that its sources give, in order. A
    number that stands in a quote is a name: a method's, a depth's.
    """

    page: str
    quote: str
    sources: tuple


def kl(rule, depth):
    return First(Cell(KL, rule, f"depth {depth}"))


def exact(rule, heading="KL(exact || readout), nats"):
    return First(Cell(FIDELITY, rule, "depth 6", ("== threshold 0.1,", heading)))


def text(method, column="best text, nats a token", heading="quality, more is better"):
    return First(Cell(COMPARE, method, column, ("== 1 text of", heading)))


def cost(method, column):
    return text(method, column, "cost of a prompt, mean")


def best(score, rule):
    heading = "the score's best is the truly best candidate"
    return First(Cell(JUDGED, score, rule, ("-- lag 3, sets of 2+", heading)))


def solved(file, method, rows):
    return First(Cell(file, method, f"{rows} rows", ("share of tasks with a text as asked",)))


def percent(share):
    return Derived(lambda one: 100 * one, (share,))


def drawn(rule, size):
    return First(Cell(ATTENTION, rule, str(size), ("-- attention that a whole set is given",)))


def left(criterion):
    return First(Cell(EXIT, f"{criterion}, 0.95", "speed", ("exits at all exit layers",)))


def nats(variant):
    return Cell(WINDOW, variant, "nats a token")


def milliseconds(method, after):
    return Cell(BENCH, method, "median ms", (f"== after {after} tokens",))


def beam(method, column):
    return Cell(BEAMS, method, column)


METHODS = {
    "path 0.05": "tempo path 0.05",
    "path 0.05, not rescored": "tempo path 0.05 unrescored",
    "path 0.02, not rescored": "tempo path 0.02 unrescored",
    "lineage 0.05": "tempo lineage 0.05",
    "entropy forking": "entropy-forking 1",
    "beam 4": "beam 4",
    "beam 8": "beam 8",
}
"""Methods as the page calls them, and as the comparison does."""

PAIRS = [
    ("path 0.05, not rescored", "beam 4"),
    ("path 0.05, not rescored", "beam 8"),
    ("path 0.02, not rescored", "beam 8"),
    ("path 0.05, not rescored", "entropy forking"),
    ("lineage 0.05", "beam 4"),
]


def pair(one, other, tokens=30, texts=1):
    file = f"experiments/compare/openings-{tokens}.json.gz"
    return Pair(file, METHODS[one], METHODS[other], texts)


STORIES_TOLD = Said(STORIES, r"== stories: (\d+) tasks")
TIMED = {
    "transformers, greedy": ("128", "512", "2,048", "8,192"),
    "transformers, beam 8": ("128", "512"),
    "width 4": ("128", "512", "2,048", "8,192"),
    "width 8": ("128", "512", "2,048", "8,192"),
}
RULES = {
    "**lineage** (default)": "lineage",
    "path": "path",
    "marginal": "marginal",
    "uniform": "uniform",
}


def timed_row(method, contexts):
    name = method.replace("width", "TEMPO, width")
    cells = "".join(" {} |" for _ in contexts) + " |" * (4 - len(contexts))
    return f"| {name} |{cells}"
