"""`tempo config curve`."""

import io
import json
import sys

import pytest

from tempo.interfaces.cli import curve_command
from tempo.interfaces.cli.main import main


@pytest.fixture
def terminal(monkeypatch):
    """Run the command on a terminal of 70 columns with an encoding; return what it wrote."""

    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    def command(*arguments, encoding="utf-8"):
        stream = Terminal(io.BytesIO(), encoding=encoding, newline="")
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setenv("COLUMNS", "70")
        monkeypatch.setenv("TERM", "xterm")
        with pytest.raises(SystemExit) as caught:
            main(["config", "curve", *arguments])
        assert caught.value.code == 0
        return stream.buffer.getvalue().decode(encoding)

    return command


def test_a_pipe_gets_step_and_threshold_and_nothing_else(run):
    ended = run("config", "curve", "--threshold-curve", "linear", "--steps", "4")
    assert ended.text == "0\t0.1\n1\t0.4\n2\t0.7\n3\t1\n"


def test_without_a_curve_the_threshold_is_constant(run):
    assert run("config", "curve", "--steps", "2", "--threshold", "0.3").text == "0\t0.3\n1\t0.3\n"


def test_the_length_of_the_run_is_its_settings_own(run):
    assert len(run("config", "curve").text.splitlines()) == 100
    assert len(run("config", "curve", "--max-tokens", "7").text.splitlines()) == 7


def test_a_terminal_gets_a_drawing_that_says_what_moves(terminal):
    lines = terminal("--use-retroactive-pruning", "--final-threshold", "0.2").splitlines()
    assert lines[0] == (
        "posterior_floor goes from 0.02 at step 0 to 0.2 at step 99: bezier 0.2, 0.8"
    )
    assert lines[3].strip().startswith("0.2 |")
    assert "\u2809" in "".join(lines)
    assert lines[-2].endswith("(step)")


def test_a_terminal_without_such_dots_gets_numbers(terminal):
    assert terminal("--steps", "2", encoding="ascii") == "0\t0.1\n1\t0.1\n"


def test_json_names_the_threshold_and_its_curve(run):
    ended = run("config", "curve", "--output-json", "--steps", "3", "--use-lci-dynamic-threshold")
    assert json.loads(ended.text) == {
        "setting": "selection_threshold",
        "curve": "lci",
        "thresholds": pytest.approx([0.1, 0.1 + 0.9 * 6 / 7, 1.0]),
    }


def test_a_picture_is_written_beside_what_is_printed(run, tmp_path):
    path = tmp_path / "curve.svg"
    assert run("config", "curve", "--steps", "1", "--svg", str(path)).text == "0\t0.1\n"
    assert "<svg" in path.read_text(encoding="utf-8")


def test_adapters_come_from_the_container(run, tmp_path, monkeypatch):
    seen = []
    container = curve_command.Documents
    monkeypatch.setattr(curve_command, "save_figure", lambda figure, _: seen.append(figure))
    with container.curve_plotter.override(lambda preview: preview.setting):
        run("config", "curve", "--svg", str(tmp_path / "curve.svg"))
    assert seen == ["selection_threshold"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--steps", "0"], "--steps is 0; it must be 1 or more"),
        (
            ["--steps", "3", "--max-steps", "3"],
            "--steps and --max-steps say the same; leave one of them out",
        ),
        (
            ["--steps", "3", "--max-tokens", "4"],
            "--steps and --max-tokens say the same; leave one of them out",
        ),
        (["--svg", "x.png"], "--svg is 'x.png'; its name must end in .svg"),
        (["--final-threshold", "2"], "final_threshold is 2.0; it must be in [0, 1]"),
        (
            ["--retroactive-pruning", "attention", "--attention-threshold", "2"],
            "attention_threshold is 2.0; it must be in [0, 1]",
        ),
        (
            ["--relu-activation-point", "0.4"],
            (
                "relu_activation_point 0.4 would have no effect: "
                "it needs use_relu or threshold_curve relu"
            ),
        ),
        (
            ["--default-mode"],
            "default_mode keeps the most probable token whatever the threshold; leave it out",
        ),
    ],
)
def test_bad_input_gets_one_sentence(run, arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("config", "curve", *arguments).sentence == sentence


def test_a_place_that_is_not_there_is_refused(run, tmp_path):
    sentence = run("config", "curve", "--svg", str(tmp_path / "no" / "x.svg")).sentence
    assert sentence.endswith(f"cannot be written: there is no folder {tmp_path / 'no'}")


def test_a_picture_that_could_not_be_written_is_refused_before_anything_is_printed(
    run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert run("config", "curve", "--svg", "x.png").out == ""


def test_the_group_shows_its_commands(run):
    assert "curve" in run("config", "--help").text
