"""What a record's settings say of its scores."""

import pytest

from tempo.application.records.record import Provenance
from tempo.domain.exact_paths import Histories

PATH = {"superposition": "path", "visibility": "isolated", "positions": "shared"}


@pytest.mark.parametrize(
    "settings", [PATH, PATH | {"superposition": "lineage", "window": 0}], ids=["path", "window 0"]
)
def test_rows_saw_chains_by_the_settings(settings):
    assert Provenance(settings=settings).histories is Histories.CHAINS


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        PATH | {"superposition": "lineage", "window": 2},
        PATH | {"superposition": "uniform", "window": 0},
        PATH | {"visibility": "visible"},
        PATH | {"positions": "consecutive"},
        {"superposition": "path"},
    ],
)
def test_nothing_is_claimed_where_they_do_not_say_so(settings):
    assert Provenance(settings=settings).histories is Histories.MIXED
