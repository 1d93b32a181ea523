"""What other pages of the documentation report."""

from tests.documentation.claims import (
    BEAMS,
    H100,
    SERVING,
    WEIGHTS,
    WHOLE,
    Claim,
    beam,
    best,
    drawn,
    exact,
    milliseconds,
    percent,
    timed_row,
)
from tests.documentation.results import Cell, Derived, First, Last, Said

SPEED = "docs/how-to/measure-speed.md"
SEARCH = "experiments/fidelity/search/text_seed_7.txt"
CONTEXTS = ("128", "512", "2,048", "8,192")
ON_H100 = (
    "transformers, greedy",
    "transformers, compiled static cache",
    "transformers, beam 8",
    "width 1",
    "width 4",
    "width 8",
    "width 32",
)


def loaded(weights):
    """What weights of a type take, and the ratios of a step's time at three widths."""
    under = ("== types of weights",)
    widths = [Last(Cell(WEIGHTS, weights, f"width {width}", under)) for width in (1, 4, 8)]
    return (Cell(WEIGHTS, weights, "MiB", under), *widths)


def lost(weights, *columns):
    return tuple(Cell(WEIGHTS, weights, column, ("== what they lose",)) for column in columns)


def searched(rule):
    return Cell(SEARCH, rule, "log-probability/token")


def at_once(prompts):
    return Cell(H100, prompts, "of the first", ("== prompts at once",))


def timed(method, contexts=CONTEXTS):
    return Claim(
        SPEED, timed_row(method, contexts), tuple(milliseconds(method, one) for one in contexts)
    )


def on_h100(method):
    columns = ("median ms", "of greedy", "of the memory floor")
    name = method.replace("width", "TEMPO, width")
    return Claim(
        SPEED,
        f"| {name} | {{}} | {{}} | {{}} |\n",
        tuple(Cell(H100, method, column, ("== after 512 tokens",)) for column in columns),
    )


OF_DOCS = [
    Claim(SPEED, "| `float32` | {} | {} | {} | {} | | | |", loaded("float32")),
    Claim(
        SPEED,
        "| `bfloat16` | {} | {} | {} | {} | {} | {} | {} % |",
        (
            *loaded("bfloat16"),
            *lost("bfloat16", "mean loss", "worst", "same greedy token"),
        ),
    ),
    Claim(
        SPEED,
        "| `int8` | {} | {} | {} | {} | {} ± {} | {} | {} % |",
        (
            *loaded("int8"),
            *lost("int8", "mean loss", "standard error", "worst", "same greedy token"),
        ),
    ),
    timed("transformers, beam 8", CONTEXTS[:2]),
    timed("transformers, greedy"),
    *(timed(f"width {width}") for width in (1, 4, 8, 16)),
    *(on_h100(method) for method in ON_H100),
    Claim(
        SPEED,
        "8 prompts of width 4 at once gave {} times the steps a second of one, 32 gave {}.",
        (at_once("8"), at_once("32")),
    ),
    Claim(
        "docs/limits.md",
        "Many prompts at once reach {} times the throughput",
        (Said(SERVING, r"0 best texts[^:]*throughput .*: ([\d.]+) \(bar"),),
    ),
    Claim(
        "docs/method.md",
        "a set of two drew {} times the attention of one token and a set of five {} times",
        (drawn("uniform", 2), drawn("uniform", 5)),
    ),
    Claim(
        "docs/method.md",
        "Under `lineage` it does so in {} of sets, and the posterior, which needs no "
        "attention, in {}.",
        (best("attention", "lineage"), best("posterior", "lineage")),
    ),
    Claim(
        "docs/how-to/prune.md",
        "the truly best in {} % of the sets under `superposition lineage`, the one that received "
        "most attention in {} %, and under `uniform` in {} %",
        (
            percent(best("posterior", "lineage")),
            percent(best("attention", "lineage")),
            percent(best("attention", "uniform")),
        ),
    ),
    Claim(
        "docs/decisions/0002-weigh-history-by-lineage.md",
        "has the better next-token distribution ({} against {} nats at depth 6), one step the "
        "better texts ({} nats a token)",
        (
            exact("lineage, window 2"),
            exact("lineage"),
            Derived(lambda one, two: one - two, (searched("lineage 2 1"), searched("lineage 2 2"))),
        ),
    ),
    Claim(
        "docs/decisions/0006-threshold-of-the-leader.md",
        "{} openings of {} tokens at 0.05: {} nats a token of the leader against {} of the total, "
        "at {} and {} tokens a step",
        (
            Said(BEAMS, r"means over (\d+) openings"),
            Said(BEAMS, r"texts of (\d+) tokens"),
            *(
                First(beam(f"path, threshold 0.05{basis}", "log-probability/token"))
                for basis in ("", " of the total")
            ),
            *(
                beam(f"path, threshold 0.05{basis}", "mean width")
                for basis in ("", " of the total")
            ),
        ),
    ),
    Claim(
        "docs/decisions/0007-two-decoders.md",
        "A step of eight takes {} of a greedy token of transformers on two cores ({} on its "
        "own modules)",
        (
            Cell(WHOLE, "fused, width 8", "of a greedy token"),
            Cell(WHOLE, "transformers, width 8", "of a greedy token"),
        ),
    ),
]
