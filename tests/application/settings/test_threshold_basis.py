"""Two equal rivals dilute each other's tokens; a threshold of the leader's share does not."""

import pytest

from tempo.application.decoding.generate import Generate
from tempo.application.settings.reading import build_request, read_settings
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

SCRIPT = Script.of(
    {
        "": {"p": 1.0},
        "p": {" a": 0.5, " b": 0.5},
        " a": {" c": 0.6, " d": 0.4},
        " b": {" e": 0.6, " f": 0.4},
    }
)
TOKENIZER = ScriptedTokenizer(SCRIPT)


def second_step(basis, superposition="lineage"):
    settings = read_settings(
        {
            "threshold": 0.35,
            "threshold_basis": basis,
            "superposition": superposition,
            "max_steps": 2,
        }
    )
    request = build_request(settings, TOKENIZER.encode("p"))
    steps = Generate(ScriptedBackend(SCRIPT), TOKENIZER).run(request).lattice.steps
    return [member.text for member in steps[1].token_set.members], steps[1].threshold


def test_of_the_total_only_the_most_probable_token_is_left():
    assert second_step("total") == ([" c"], 0.35)


def test_of_the_leader_every_token_that_keeps_up_with_its_rival_stays():
    members, threshold = second_step("leader")
    assert members == [" c", " e", " d", " f"]
    assert threshold == pytest.approx(0.175)


@pytest.mark.parametrize(
    ("superposition", "basis"),
    [("path", "leader"), ("lineage", "total"), ("marginal", "total"), ("uniform", "total")],
)
def test_unnamed_it_is_the_leaders_under_path_and_the_total_otherwise(superposition, basis):
    assert second_step("auto", superposition) == second_step(basis, superposition)
    other = {"leader": "total", "total": "leader"}[basis]
    assert second_step("auto", superposition) != second_step(other, superposition)
