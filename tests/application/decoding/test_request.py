import pytest

from tempo.application.decoding.request import GenerationRequest
from tempo.domain.errors import InvalidValueError
from tempo.domain.exact_paths import Histories
from tempo.domain.layout import PositionScheme
from tempo.domain.selection import Selection
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.tokens import TokenId
from tempo.domain.visibility import Visibility


def test_the_defaults_are_those_of_the_design():
    request = GenerationRequest((TokenId(1),))
    assert request.superposition == Lineage(sharpness=2.0, soft_steps=1)
    assert request.selection == Selection(max_width=8, considered=16)
    assert request.selection.threshold.at(0, 10) == 0.1
    assert (request.max_steps, request.readout, request.visibility) == (100, "mixture", "isolated")
    assert (request.positions, request.stopping.stop_on) == ("shared", "mass")
    assert (request.stopping.stop_mass, request.stopping.min_steps) == (0.5, 0)
    assert request.rules.is_plain
    assert request.release


def test_a_run_has_at_least_one_step():
    assert GenerationRequest((TokenId(1),), max_steps=1).max_steps == 1
    with pytest.raises(InvalidValueError, match="max_steps is 0; it must be 1 or more"):
        GenerationRequest((TokenId(1),), max_steps=0)


@pytest.mark.parametrize(
    ("fields", "histories"),
    [
        ({}, Histories.CHAINS),
        ({"superposition": Lineage(sharpness=2.0, soft_steps=0)}, Histories.CHAINS),
        ({"superposition": Lineage()}, Histories.MIXED),
        ({"superposition": Marginal()}, Histories.MIXED),
        ({"superposition": Uniform()}, Histories.MIXED),
        ({"visibility": Visibility.VISIBLE}, Histories.MIXED),
        ({"positions": PositionScheme.CONSECUTIVE}, Histories.MIXED),
    ],
)
def test_rows_see_chains_as_plain_text_under_path_alone(fields, histories):
    given = {"superposition": path_superposition()} | fields
    assert GenerationRequest((TokenId(1),), **given).histories is histories
