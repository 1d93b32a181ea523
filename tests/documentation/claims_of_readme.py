"""What README reports."""

from tests.documentation.claims import (
    BENCH,
    COMPARE,
    H100,
    H100_LOG,
    KL,
    README,
    RULES,
    TIMED,
    Claim,
    cost,
    kl,
    milliseconds,
    text,
    timed_row,
)
from tests.documentation.results import Cell, Derived, Said

COMPARED = {
    "greedy": "greedy",
    "beam 4": "beam 4",
    "beam 8": "beam 8",
    "entropy forking": "entropy-forking 1",
    "TEMPO `path`, threshold 0.05": "tempo path 0.05 unrescored",
    "TEMPO `lineage`, threshold 0.05": "tempo lineage 0.05",
}
"""Methods as the table calls them, and as the comparison does."""


def dear(method):
    """What a text costs: milliseconds, and megabytes of cache."""
    return (cost(method, "milliseconds"), cost(method, "peak memory, MB"))


OF_README = [
    Claim(
        README, "Python {} or newer", (Said("pyproject.toml", r'requires-python = ">=([\d.]+)"'),)
    ),
    Claim(
        README, "Node ({} or newer)", (Said("frontend/package.json", r'"node": "[^\d]*(\d+\.\d+)'),)
    ),
    Claim(
        README,
        "threshold {}, at most {} wide, {} openings",
        (
            Said(KL, r"threshold ([\d.]+), at most (\d+) wide"),
            Said(KL, r"mean over (\d+) contexts"),
        ),
    ),
    *(
        Claim(
            README,
            f"| {name} | {{}} | {{}} | {{}} | {{}} |",
            tuple(kl(rule, one) for one in (2, 3, 4, 5)),
        )
        for name, rule in RULES.items()
    ),
    Claim(
        README,
        "A text of {} tokens under `path`, with the small model that ships, on one core: {} ms and "
        "{} MB of cache. Greedy decoding takes {} ms and {} MB, eight beams take {} ms and {} MB.",
        (
            Said(COMPARE, r"== 1 text of at most (\d+) tokens"),
            *dear("tempo path 0.05 unrescored"),
            *dear("greedy"),
            *dear("beam 8"),
        ),
    ),
    *(
        Claim(README, f"| {name} | {{}} | {{}} | {{}} |", (text(method), *dear(method)))
        for name, method in COMPARED.items()
    ),
    *(
        Claim(README, timed_row(method, after), tuple(milliseconds(method, one) for one in after))
        for method, after in TIMED.items()
    ),
    Claim(
        README,
        "Against twelve other ways to decode, {} openings of {} tokens",
        (
            Said(COMPARE, r"== 1 text of at most 30 tokens, (\d+) prompts"),
            Said(COMPARE, r"== 1 text of at most (\d+) tokens"),
        ),
    ),
    Claim(
        README,
        "The model that ships has {} million parameters",
        (Derived(lambda one: one / 1_000_000, (Said(BENCH, r"parameters (\d+)"),)),),
    ),
    Claim(
        README,
        "32 of them gave {} times the steps of one",
        (Cell(H100, "32", "of the first", ("== prompts at once",)),),
    ),
    Claim(
        README,
        "their passes alone {} times",
        (Said(H100_LOG, r"\| times the steps of one .* ([\d.]+) \|"),),
    ),
]
