import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.recording import with_posteriors
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.oracles import passing_shares
from tests.strategies import lattices, requests, scripts


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


@given(st.data())
def test_what_a_run_recorded_is_what_its_lattice_tells(data):
    script = data.draw(scripts())
    request = data.draw(requests(script))
    outcome = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).run(request)
    lattice = outcome.lattice
    assert lattice.finished_mass == pytest.approx(outcome.finished_mass, abs=1e-9)
    for step, weights in zip(lattice.steps, lattice.forward_weights(), strict=True):
        recorded = [member.weight for member in step.token_set.members]
        assert weights == pytest.approx(recorded, abs=1e-9)
