"""The laws of engines of work, on those that need nothing but the code; Ray's are a cluster's."""

import pytest

from tempo.application.workers.attempts import Retries
from tempo.application.workers.local import LocalEngine
from tests.contracts.work_engines import LAWS
from tests.fakes.work_engines import BackwardsEngine


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("make", [LocalEngine, BackwardsEngine])
def test_law(law, make, tmp_path):
    law(make(Retries(2)), tmp_path)
