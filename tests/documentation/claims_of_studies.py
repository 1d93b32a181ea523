"""What studies report that was computed from what they left."""

from tests.documentation.claims import (
    COMPARE_README,
    CONSOLIDATE_README,
    PAIRS,
    WINDOW,
    Claim,
    pair,
)
from tests.documentation.results import Said

OF_STUDIES = [
    *(
        Claim(
            COMPARE_README,
            f"| {one}{',' * one.endswith('rescored')} less {other} "
            "| {} [{}, {}] | {} [{}, {}] |",
            both,
        )
        for one, other, both in (
            (one, other, (pair(one, other), pair(one, other, tokens=60))) for one, other in PAIRS
        )
    ),
    Claim(
        COMPARE_README,
        "10 beams (310 rows) are better by {} [{}, {}] at 0.05 and {} [{}, {}] at 0.02, entropy "
        "forking (294 rows) by {} [{}, {}] at 0.05",
        (
            pair("beam 4", "path 0.05, not rescored", texts=10),
            pair("beam 4", "path 0.02, not rescored", texts=10),
            pair("entropy forking", "path 0.05, not rescored", texts=10),
        ),
    ),
    Claim(
        COMPARE_README,
        "With one text rescoring gains {} [{}, {}] nats a token",
        (pair("path 0.05", "path 0.05, not rescored"),),
    ),
    Claim(
        CONSOLIDATE_README,
        "lowers it by {} % [{}, {}]",
        tuple(
            Said(WINDOW, rf"change of the perplexity of held-out passages, .*?: {pattern} %")
            for pattern in (
                r"-([\d.]+), -[\d.]+, -[\d.]+",
                r"-[\d.]+, -[\d.]+, -([\d.]+)",
                r"-[\d.]+, -([\d.]+), -[\d.]+",
            )
        ),
    ),
]
