"""What docs/results.md reports."""

from tests.documentation.claims import (
    AMBIGUITY,
    BEAMS,
    BRACKETS,
    COMPARE,
    FORKS,
    H100_LOG,
    ISOLATION,
    LONG,
    OVERHEAD,
    PRUNING_COST,
    QUERIES,
    RESULTS,
    SERVING,
    STORIES,
    STORIES_TOLD,
    WHOLE,
    Claim,
    beam,
    best,
    drawn,
    exact,
    kl,
    left,
    nats,
    percent,
    solved,
    text,
)
from tests.documentation.results import Cell, Derived, First, Said

OF_RESULTS = [
    Claim(
        RESULTS,
        "threshold 0.1, depth 6, in nats: `lineage` {}, `path` {}, an exact beam of "
        "the same rows {}, `marginal` {}, `uniform` {}",
        (
            exact("lineage"),
            exact("path"),
            exact("lineage", "baseline: KL of an exact beam of the same rows"),
            exact("marginal"),
            exact("uniform"),
        ),
    ),
    Claim(
        RESULTS,
        "one text of {} tokens, nats a token: greedy {}, beam 4 {}, beam 8 {}, `path` at 0.05 {}, "
        "`lineage` {}, `uniform` {}",
        (
            Said(COMPARE, r"== 1 text of at most (\d+) tokens"),
            text("greedy"),
            text("beam 4"),
            text("beam 8"),
            text("tempo path 0.05 unrescored"),
            text("tempo lineage 0.05"),
            text("tempo uniform 0.05"),
        ),
    ),
    Claim(
        RESULTS,
        "best candidate found, chance {}: attention under `uniform` {}, under `lineage` {}; "
        "the posterior {}",
        (
            best("chance", "lineage"),
            best("attention", "uniform"),
            best("attention", "lineage"),
            best("posterior", "lineage"),
        ),
    ),
    Claim(
        RESULTS,
        "a mixture of embeddings is {} nats off after four sets of equal weights",
        (
            First(
                Cell(
                    AMBIGUITY,
                    "embedding mixture",
                    "depth 4",
                    ("-- apart, weights 0.5 and 0.5", "KL(exact mixture || readout), nats"),
                )
            ),
        ),
    ),
    Claim(
        RESULTS,
        "balancing brackets at 400 rows {} % against {} % of best-of-n, at 100 rows behind it",
        (percent(solved(BRACKETS, "mcts", 400)), percent(solved(BRACKETS, "best of n", 400))),
    ),
    Claim(
        RESULTS,
        "stories with three given words {} of {} against {}",
        (
            Derived(
                lambda share, tasks: share * tasks, (solved(STORIES, "mcts", 400), STORIES_TOLD)
            ),
            STORIES_TOLD,
            solved(STORIES, "best of n", 400),
        ),
    ),
    Claim(
        RESULTS,
        "calibrated to an agreement of .95 it has {} to {} of the full model's speed",
        (left("margin"), left("entropy")),
    ),
    Claim(
        RESULTS,
        "a bank of keys and values brings back {} % of what the window costs",
        (
            Derived(
                lambda window, bank, full: 100 * (window - bank) / (window - full),
                (nats("attention"), nats("bank, top 8"), nats("full context")),
            ),
        ),
    ),
    Claim(
        RESULTS,
        "under `uniform` a set draws {} to {} times what one token does, shared evenly; "
        "under `lineage` {} to {} times",
        (drawn("uniform", 2), drawn("uniform", 5), drawn("lineage", 2), drawn("lineage", 3)),
    ),
    Claim(
        RESULTS,
        "the readout moves by {} nats from the first set on, and texts under `lineage` "
        "lose {} nats a token",
        (
            First(Cell(ISOLATION, "lineage: visible", "1", ("-- KL(isolated || other), nats",))),
            Derived(
                abs,
                (
                    First(
                        Cell(ISOLATION, "lineage", "40", ("-- runs of their own: log-probability",))
                    ),
                ),
            ),
        ),
    ),
    Claim(
        RESULTS,
        "Texts of {} tokens beside transformers' beams | `path` at 0.05 less beam 4: {} [{}, {}] "
        "nats a token; beam 8 less beam 4: {} |",
        (
            Said(BEAMS, r"texts of (\d+) tokens"),
            beam("path, threshold 0.05", "minus beam 4"),
            First(beam("beam 8", "minus beam 4")),
        ),
    ),
    Claim(
        RESULTS,
        "`lineage` {} at depth 2 to {} at depth 5; `uniform` {} to {}",
        (kl("lineage", 2), kl("lineage", 5), kl("uniform", 2), kl("uniform", 5)),
    ),
    Claim(
        RESULTS,
        "on transformers' modules {} times at width 1, {} at width 8; fused {} and {}",
        tuple(
            Cell(WHOLE, f"{decoder}, width {width}", "of a greedy token")
            for decoder in ("transformers", "fused")
            for width in (1, 8)
        ),
    ),
    Claim(
        RESULTS,
        "width {}: the model {} ms, the engine {} ms",
        (
            Said(OVERHEAD, r"mean width ([\d.]+)"),
            Cell(OVERHEAD, "model", "median"),
            Cell(OVERHEAD, "engine", "median"),
        ),
    ),
    Claim(
        RESULTS,
        "no wrong answer in two rounds of {} requests; {} times the throughput of one at a time "
        "(the bar of {} was missed)",
        (
            Said(SERVING, r"(\d+) requests a round"),
            Said(
                SERVING, r"0 best texts[^:]*throughput .*: ([\d.]+) \(bar: at least (\d+)\): MISSED"
            ),
        ),
    ),
    Claim(
        RESULTS,
        "the rescored five hold the exact best in {} % [{} %, {} %] of {} lattices",
        (
            Cell(QUERIES, "rescored", "among 5"),
            Cell(QUERIES, "rescored", "95 % interval"),
            Said(QUERIES, r"(\d+) lattices of"),
        ),
    ),
    Claim(
        RESULTS,
        "{} times as fast as a prefill under `lineage`, {} under `path`",
        (
            First(Cell(FORKS, "lineage", "prefill/state")),
            First(Cell(FORKS, "path", "prefill/state")),
        ),
    ),
    Claim(
        RESULTS,
        "posterior {} ms, attention {} ms of about {}",
        (
            Cell(PRUNING_COST, "posterior", "pruning ms"),
            Cell(PRUNING_COST, "attention", "pruning ms"),
            Cell(PRUNING_COST, "posterior", "step ms"),
        ),
    ),
    Claim(
        RESULTS,
        "the domain's share grows from {} ms to {} ms in {} steps",
        (
            Cell(LONG, "0 to 500", "domain ms"),
            Cell(LONG, "3,500 to 4,000", "domain ms"),
            Said(LONG, r"--steps (\d+)"),
        ),
    ),
    Claim(
        RESULTS,
        "a model of {} billion parameters with random weights",
        (Said(H100_LOG, r"Llama of ([\d.]+) B random parameters"),),
    ),
]
