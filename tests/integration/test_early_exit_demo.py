"""The example of early exit, run as a user runs it, with tiny sizes."""

import re
import runpy
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "early_exit_demo.py"


@pytest.fixture
def ran(monkeypatch, capsys):
    """Run the script, and return what it printed."""

    def script(*arguments):
        monkeypatch.setattr(sys, "argv", [str(DEMO), "Once upon a time", *arguments])
        capsys.readouterr()
        runpy.run_path(str(DEMO), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return script


def test_every_row_that_leaves_at_once_is_told_beside_the_full_model(ran):
    lines = ran("--max_length", "6", "--compare", "--layers", "2", "--thresholds", "-1")
    assert lines[0].startswith("Once upon a time")
    assert lines[2] == "left after layer 2 of 8: 100%"
    assert re.fullmatch(r"speed: \d+\.\d\d of the full model's", lines[3])
    assert re.fullmatch(r"the texts differ after \d+ characters:", lines[4])
    assert [line.split()[0] for line in lines[5:]] == ["early", "full"]


def test_thresholds_that_nobody_reaches_give_the_full_models_text(ran):
    lines = ran("--max_length", "4", "--compare", "--layers", "2", "7", "--thresholds", "2", "2")
    assert lines[2] == "left after layer 8 of 8: 100%"
    assert lines[4:] == ["the same text"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layers", "9"), "exit layer 9 does not exist; the model has layers 1 to 8"),
        (("--thresholds", "1"), "5 layers and 1 thresholds; give one for each"),
    ],
)
def test_what_cannot_be_is_one_sentence(ran, capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        ran("--max_length", "2", *arguments)
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (2, "")
    assert told.err.splitlines()[-1].endswith(said)


def test_a_criterion_that_does_not_exist_is_told_those_that_do_by_name_alone(ran, capsys):
    with pytest.raises(SystemExit):
        ran("--criterion", "luck")
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.replace("'", "").endswith(
        "luck (choose from margin, entropy, agreement, similarity)"
    )
