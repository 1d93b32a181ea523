"""The adapters that every test of the contract runs against."""

import pytest

from tests.contracts import adapters
from tests.contracts.passes import PROMPT


@pytest.fixture(scope="session", params=adapters.NAMES)
def adapter(request):
    return adapters.adapter(request.param)


@pytest.fixture(scope="session", params=adapters.NAMES)
def undecided(request):
    """An adapter whose model finds its most probable tokens alike, and these tokens."""
    return adapters.with_equal_tokens(request.param, PROMPT)
