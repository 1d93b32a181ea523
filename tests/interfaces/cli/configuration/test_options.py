"""A command takes what its line leaves out from the environment, and then from the file."""

from inspect import signature

import pytest

from tempo.application.configuration.keys import Kind
from tempo.application.serving.service_settings import ServiceSettings
from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.configuration.keys import keys_of
from tempo.interfaces.cli.generate_command import generate
from tempo.interfaces.http import running
from tests.interfaces.scripted_engine import STORY, scripted_engine


@pytest.fixture
def steps(run):
    """The steps that a curve has, and so the run."""
    return lambda *arguments: len(run("config", "curve", *arguments).text.splitlines())


def test_line_environment_file_and_default_in_this_order(steps, written, monkeypatch):
    named = ("--config", written("max_steps = 5\n"))
    assert steps() == 100
    assert steps(*named) == 5
    monkeypatch.setenv("TEMPO_MAX_STEPS", "4")
    assert steps(*named) == 4
    assert steps(*named, "--max-tokens", "3") == 3


def test_a_profile_goes_over_its_file_and_under_the_environment(steps, written, monkeypatch):
    file = written("max_steps = 5\n[profiles.quick]\nmax_tokens = 2\n")
    assert steps("--config", file, "--config-profile", "quick") == 2
    monkeypatch.setenv("TEMPO_MAX_TOKENS", "3")
    assert steps("--config", file, "--config-profile", "quick") == 3


def test_the_environment_names_the_file_and_the_profile(steps, written, monkeypatch):
    monkeypatch.setenv("TEMPO_CONFIG", written("[profiles.quick]\nmax_steps = 2\n"))
    assert steps() == 100
    monkeypatch.setenv("TEMPO_CONFIG_PROFILE", "quick")
    assert steps() == 2
    # The profile belongs to the environment's file, not to another.
    assert steps("--config", written("max_steps = 7\n", "other.toml")) == 7


def test_a_profile_of_no_file_is_refused(run):
    assert run("config", "curve", "--config-profile", "quick").sentence == (
        "--config-profile quick is of no file; name one by --config or TEMPO_CONFIG"
    )


def test_a_file_without_a_name_is_refused(run):
    assert run("config", "curve", "--config", "").sentence == (
        "--config is ''; name a place, or leave the option out"
    )


@pytest.fixture
def loaded(run, monkeypatch):
    """Run `tempo generate`, and return what was asked of loading and what was printed."""
    asked = []

    def load(*arguments):
        asked[:] = arguments
        return scripted_engine(STORY)

    monkeypatch.setattr(engine_loading, "loaded_engine", load)

    def generate(*arguments):
        printed = run("generate", *arguments).text
        return tuple(asked), printed

    return generate


def test_a_file_chooses_the_model_the_prompt_and_what_is_printed(loaded, written):
    file = written(
        'model = "here"\ndevice = "cpu"\nprompt = "Once"\necho = true\nformat = "bracketed"\n'
        "threshold = 0.05\n"
    )
    asked, printed = loaded("--config", file)
    assert asked == ("here", "cpu", "auto", "auto", "")
    assert (asked, printed) == loaded(
        *("--prompt", "Once", "--model", "here", "--device", "cpu"),
        *("--echo", "--format", "bracketed", "--threshold", "0.05"),
    )
    assert loaded("--config", file, "--device", "mps")[0][1] == "mps"


def test_a_prompt_on_the_line_is_the_one_prompt(loaded, written):
    file = written('prompt_file = "nowhere.txt"\necho = true\n')
    assert loaded("--config", file, "Once")[1].startswith("Once")


def test_what_the_line_excludes_of_the_file_is_set_aside(loaded, written):
    file = written('prompt = "Once"\necho = true\nformat = "all"\n')
    assert loaded("--config", file, "--output-json")[1].startswith("{")


def test_a_seed_in_a_file_is_no_error_where_nothing_is_drawn(loaded, written):
    file = written('prompt = "Once"\nseed = 7\n')
    assert loaded("--config", file)[1] == loaded("Once")[1]
    assert loaded("--config", file, "--sample", "2") == loaded("Once", "--sample=2", "--seed=7")


def test_a_file_that_says_what_cannot_be_is_told_with_its_name(run, written):
    file = written("max_width = 99\n")
    assert run("generate", "Once", "--config", file).sentence == (
        "run.toml: max_width is 99; it must be from 1 to 64"
    )


def test_a_setting_that_the_line_names_wrongly_is_told_as_ever(run, written):
    file = written("max_steps = 9\n")
    assert run("generate", "Once", "--config", file, "--max-width", "99").sentence == (
        "max_width is 99; it must be from 1 to 64"
    )


def test_a_misspelt_variable_is_told_and_costs_nothing(run, monkeypatch):
    monkeypatch.setenv("TEMPO_MAX_STEP", "5")
    ended = run("config", "curve")
    assert (ended.code, len(ended.out.splitlines())) == (0, 100)
    assert ended.err == (
        "tempo: TEMPO_MAX_STEP says nothing to any command; did you mean TEMPO_MAX_STEPS?\n"
    )
    assert run("config", "show").err == ended.err


FLAGS = [
    name
    for name, (_, key) in keys_of(signature(generate).parameters.values()).items()
    if key.kind is Kind.TRUTH and name != "output_json"  # which config show has for itself
]


@pytest.mark.parametrize("name", FLAGS)
def test_what_a_file_switches_on_the_line_switches_off(run, written, name):
    file = written(f"{name} = true\n")
    flag = name.replace("_", "-")
    opposite = flag.removeprefix("no-") if flag.startswith("no-") else f"no-{flag}"
    command = ("config", "show", "--named", "--config", file)
    assert f" {name} true run.toml" in " ".join(run(*command).text.split())
    shown = " ".join(run(*command, f"--{opposite}").text.split())
    assert f" {name} false command line" in shown
    assert f" {name} true command line" in " ".join(run(*command, f"--{flag}").text.split())


def test_a_denied_flag_is_as_if_nobody_had_named_it(loaded, written):
    file = written('prompt = "Once"\necho = true\nformat = "bracketed"\n')
    assert loaded("--config", file, "--no-echo") == loaded("Once", "--format", "bracketed")
    file = written('prompt = "Once"\noutput_json = true\n')
    assert loaded("--config", file, "--no-output-json") == loaded("Once")


@pytest.fixture
def served(run, monkeypatch):
    """Run `tempo serve`, and return the settings that it would serve under."""
    found = []
    monkeypatch.setattr(running, "run_service", found.append)
    monkeypatch.setattr(running, "run_reloading", found.append)

    def serve(*arguments):
        assert run("serve", *arguments).text == ""
        return found.pop()

    return serve


SERVICE = 'model = "here"\nmax_steps = 9\n[serve]\nport = 9000\nmax_steps = 50\n'


def test_a_service_takes_its_table_and_the_model(served, written, monkeypatch):
    file = written(SERVICE)
    assert served("--config", file) == ServiceSettings(model="here", port=9000, max_steps=50)
    monkeypatch.setenv("TEMPO_PORT", "9001")
    monkeypatch.setenv("TEMPO_MODEL", "there")
    assert served("--config", file).port == 9001
    assert served("--config", file).model == "there"
    assert served("--config", file, "--port", "9002").port == 9002


def test_a_service_that_is_started_again_is_told_the_same(served, written, monkeypatch):
    monkeypatch.setenv("TEMPO_PORT", "9001")
    environment = {"TEMPO_PORT": "9001"}
    monkeypatch.setattr("tempo.interfaces.cli.serve_command.os.environ", environment)
    served("--reload", "--config", written(SERVICE), "--max-width", "4")
    assert environment == {
        "TEMPO_PORT": "9001",
        "TEMPO_MODEL": "here",
        "TEMPO_MAX_STEPS": "50",
        "TEMPO_MAX_WIDTH": "4",
    }
