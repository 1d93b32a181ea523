"""What README reports."""

from tests.documentation.claims import (
    BEAMS,
    BENCH,
    COMPARE,
    FIDELITY,
    H100,
    H100_LOG,
    KL,
    README,
    RULES,
    SCORED,
    TIMED,
    Claim,
    kl,
    milliseconds,
    scored,
    scored_row,
    timed_row,
)
from tests.documentation.results import Cell, Derived, Said

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
        "Twelve rules on {} openings",
        (Said(FIDELITY, r"== threshold 0\.1,.* (\d+) contexts"),),
    ),
    Claim(
        README,
        "Texts of {} tokens against transformers' greedy and beam search, {} openings",
        (Said(BEAMS, r"texts of (\d+) tokens, means over (\d+) openings"),),
    ),
    *(Claim(README, scored_row(method), scored(method)) for method in SCORED),
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
