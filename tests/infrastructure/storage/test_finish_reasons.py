from typing import get_args

from tempo.domain.stopping import FinishReason
from tempo.infrastructure.storage.finish_reasons import Reason


def test_documents_have_a_word_for_each_reason():
    assert get_args(Reason) == tuple(reason.value for reason in FinishReason)
