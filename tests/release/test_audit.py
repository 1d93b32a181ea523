"""Silence about a package is not taken for its innocence."""

import pytest

from tests.release.audit import verdict

CLEAN = {"name": "rich", "version": "15", "vulns": []}
FLAWED = {
    "name": "torch",
    "version": "2",
    "vulns": [
        {"id": "CVE-1", "fix_versions": ["2.1", "3"]},
        {"id": "CVE-2", "fix_versions": []},
    ],
}
UNKNOWN = {"name": "typer", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "clean", "told"),
    [
        ([CLEAN], True, ["1 of 1 packages audited, 0 vulnerabilities known"]),
        (
            [CLEAN, FLAWED],
            False,
            [
                "2 of 2 packages audited, 2 vulnerabilities known",
                "torch 2: CVE-1, mended in 2.1, 3",
                "torch 2: CVE-2, mended in no version yet",
            ],
        ),
        (
            [CLEAN, UNKNOWN],
            False,
            [
                "1 of 2 packages audited, 0 vulnerabilities known",
                "nothing is known of 1, safe or not: typer",
            ],
        ),
        (
            [UNKNOWN] * 6,
            False,
            [
                "0 of 6 packages audited, 0 vulnerabilities known",
                "nothing is known of 6, safe or not: typer, typer, typer, typer, typer, ...",
            ],
        ),
    ],
)
def test_an_audit_is_clean_if_all_was_looked_at_and_nothing_found(packages, clean, told):
    assert verdict({"dependencies": packages}) == (clean, told)
