"""Two names for one setting, and figures that no ranking can use."""

import math

import pytest

from tempo.application.n_best import Ranking
from tempo.domain.errors import InvalidValueError
from tempo.interfaces.cli.main import main


def refused(capsys, *arguments):
    """The one line on standard error."""
    with pytest.raises(SystemExit) as ended:
        main(["generate", "Once", *arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_two_values_for_one_setting_under_two_names_are_refused(capsys):
    error = refused(capsys, "--threshold", "0.1", "--selection-threshold", "0.2")
    assert error.startswith("tempo: selection_threshold was given twice, as ")


@pytest.mark.parametrize("penalty", ["inf", "nan"])
def test_a_length_penalty_without_end_is_refused(capsys, penalty):
    error = refused(capsys, "--n-best", "2", "--length-penalty", penalty)
    assert error == f"tempo: length_penalty is {penalty}; it must be a finite number\n"


def test_a_length_penalty_without_end_is_refused_from_python_too():
    with pytest.raises(InvalidValueError, match="finite"):
        Ranking(length_penalty=math.inf)


def test_a_value_of_the_wrong_kind_is_told_before_its_effect(capsys):
    assert refused(capsys, "--seed", "x").startswith("tempo: seed is 'x'; it must be a whole")
