"""Which candidates a step keeps."""

import numpy as np
import pytest

from tempo.application.decoding.selecting import Wanted
from tempo.domain.errors import ChoiceError
from tempo.domain.proposal import Proposal

PROPOSAL = Proposal(token_ids=(7, 3, 9, 4), log_probabilities=np.log([0.4, 0.3, 0.2, 0.1]))


@pytest.mark.parametrize(
    ("dropped", "kept", "members"),
    [
        ((), 2, (0, 1)),
        ((3,), 3, (0, 2)),
        ((7, 3), 2, (2,)),
        ((7, 3, 9), 1, (3,)),
        ((7, 3, 9, 4), 2, (0,)),
    ],
)
def test_what_was_dropped_stays_out_while_anything_else_is_there(dropped, kept, members):
    assert Wanted(None, dict.fromkeys(dropped, "pruned")).among(PROPOSAL, kept) == members


def test_what_a_person_wants_is_kept_whatever_was_dropped():
    assert Wanted(9, {9: "pruned"}).among(PROPOSAL, 1) == (2,)
    with pytest.raises(ChoiceError, match="token 5 is not among the 4 candidates considered"):
        Wanted(5, {}).among(PROPOSAL, 1)
