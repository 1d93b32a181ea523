import pytest
from hypothesis import given

from tempo.application.recording import with_posteriors
from tests.oracles import passing_shares
from tests.strategies import lattices


@given(lattices())
def test_every_member_gets_its_posterior_and_nothing_else_changes(lattice):
    weighed = with_posteriors(lattice)
    assert weighed.prompt_ids == lattice.prompt_ids
    for number, (before, after) in enumerate(zip(lattice.steps, weighed.steps, strict=True)):
        found = [member.posterior for member in after.token_set.members]
        assert found == pytest.approx(passing_shares(lattice, number), abs=1e-9)
        assert [(one.token_id, one.state) for one in after.token_set.members] == [
            (one.token_id, one.state) for one in before.token_set.members
        ]
        assert after.transitions is before.transitions
