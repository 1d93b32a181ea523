"""Figures that pages report are those of the committed results, and none stands without them."""

import re

import pytest

from tests.documentation.claims import README, RESULTS, Claim, beam, cost, text
from tests.documentation.claims_of_docs import OF_DOCS
from tests.documentation.claims_of_readme import OF_README
from tests.documentation.claims_of_results import OF_RESULTS
from tests.documentation.claims_of_studies import OF_STUDIES
from tests.documentation.results import FIGURE, NUMBER, PROJECT, agrees, intervals, result

CLAIMS = [*OF_README, *OF_RESULTS, *OF_DOCS, *OF_STUDIES]

CODE = [
    re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL),
    re.compile(r"`[^`\n]*`"),
    re.compile(r"\]\([^)\s]*\)"),
]
EXEMPT = {
    r"^\| (superposition|method|milliseconds after) \|.*": "the names of columns",
    r"95 % intervals": "which intervals they are, as every result says",
    r"between 4 and 8 beams in": "methods' names; tested below",
    r"at the time of 4 beams": "a method's name; tested below",
    r"than that of 4 beams and less than that of 8": "methods' names; tested below",
}
"""What no result says: expressions, and why."""


def expression(quote):
    """What a quote is met by: any figures where it leaves them out, any blanks where it has one."""
    parts = [re.sub(r"(\\ )+", r"\\s+", re.escape(part)) for part in quote.split("{}")]
    return re.compile(f"({NUMBER})".join(parts))


def without(page, spans):
    """A page without some parts of it; what is left stands where it stood."""
    for start, end in spans:
        page = page[:start] + re.sub(r"[^\n]", " ", page[start:end]) + page[end:]
    return page


def unexplained(page, claims, exempt):
    """The figures of a page that no claim quotes, each with the line that it stands in."""
    expressions = [*CODE, *(re.compile(one, re.MULTILINE) for one in exempt)]
    claimed = [match.span() for claim in claims for match in expression(claim.quote).finditer(page)]
    rest = without(page, claimed)
    for one in expressions:
        rest = without(rest, [match.span() for match in one.finditer(rest)])
    lines = page.splitlines()
    return [
        f"{match[0]}: {lines[rest.count(chr(10), 0, match.start())]}"
        for match in FIGURE.finditer(rest)
    ]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.page}: {claim.quote[:60]}")
def test_a_claim_is_what_the_results_say(claim):
    quoted = [match.groups() for match in expression(claim.quote).finditer(result(claim.page))]
    assert len(quoted) == 1, "the page holds this once"
    measured = [figure for source in claim.sources for figure in source.figures]
    assert len(quoted[0]) == len(measured)
    assert [
        f"{printed} on the page, {figure} in the results"
        for printed, figure in zip(quoted[0], measured, strict=True)
        if not agrees(printed, figure)
    ] == []


@pytest.mark.parametrize("page", [README, RESULTS])
def test_no_figure_stands_on_a_page_without_a_result(page):
    assert (
        unexplained(result(page), [claim for claim in CLAIMS if claim.page == page], EXEMPT) == []
    )


def test_each_exemption_is_met():
    pages = result(README) + result(RESULTS)
    assert [one for one in EXEMPT if not re.search(one, pages, re.MULTILINE)] == []


STUDIES = sorted(
    page.relative_to(PROJECT).as_posix() for page in (PROJECT / "experiments").glob("*/README.md")
)


@pytest.mark.parametrize("page", STUDIES)
def test_intervals_of_a_study_are_in_its_results(page):
    claimed = {
        at
        for claim in CLAIMS
        if claim.page == page
        for match in expression(claim.quote).finditer(result(page))
        for at in range(*match.span())
    }
    found = [
        interval
        for file in (PROJECT / page).parent.glob("*.txt")
        for _, interval in intervals(result(file))
    ]
    assert [
        interval
        for (start, _), interval in intervals(result(page))
        if start not in claimed and not interval.is_in(found)
    ] == []


def test_studies_report_intervals():
    assert sum(1 for page in STUDIES for _ in intervals(result(page))) > 200


# What pages say of the results in words ---------------------------------------------------------


def one(source):
    (figure,) = source.figures
    return figure


def test_path_lies_between_four_and_eight_beams():
    path, four, eight = "tempo path 0.05 unrescored", "beam 4", "beam 8"
    assert one(text(four)) < one(text(path)) < one(text(eight))
    milliseconds = one(cost(path, "milliseconds")) / one(cost(four, "milliseconds"))
    assert agrees("1.0", milliseconds)
    megabytes = one(cost(path, "peak memory, MB")) / one(cost(four, "peak memory, MB"))
    assert agrees("0.7", megabytes)
    assert one(text("tempo lineage 0.05")) > one(text("greedy"))
    assert one(text("entropy-forking 1")) > one(text("tempo path 0.1 unrescored"))


def test_a_share_of_the_total_keeps_half_as_many_tokens_and_stays_below_four_beams():
    widths = [
        one(beam(f"path, threshold 0.05{basis}", "mean width")) for basis in (" of the total", "")
    ]
    assert agrees("0.5", widths[0] / widths[1])
    *_, high = beam("path, threshold 0.05 of the total", "minus beam 4").figures
    assert high < 0


# The rules themselves ----------------------------------------------------------------------------

PAGE = """\
Of 300 openings `beam 4` ([64](64.txt)) has -0.633
nats, at most 5 wide.

```console
$ tempo compare --count 20
```
"""
CLAIM = Claim("page.md", "Of {} openings `beam 4` ([64](64.txt)) has {} nats", ())


def test_a_quote_is_met_across_lines_and_with_any_figures():
    assert expression(CLAIM.quote).findall(PAGE) == [("300", "-0.633")]
    assert expression(CLAIM.quote).findall(PAGE.replace("-0.633", "+1,000.5")) == [
        ("300", "+1,000.5")
    ]


def test_a_figure_without_a_claim_is_told_with_its_line():
    assert unexplained(PAGE, [CLAIM], {r"at most 5 wide": "a setting"}) == []
    assert unexplained(PAGE, [CLAIM], {}) == ["5: nats, at most 5 wide."]
    assert unexplained(PAGE.replace("has", "had"), [CLAIM], {r"at most 5": ""}) == [
        "300: Of 300 openings `beam 4` ([64](64.txt)) had -0.633",
        "64: Of 300 openings `beam 4` ([64](64.txt)) had -0.633",
        "-0.633: Of 300 openings `beam 4` ([64](64.txt)) had -0.633",
    ]
