"""Every setting has its option, and its option reaches the run."""

import json

import pytest
from typer.main import get_command

from tempo.application.settings.reading import read_settings
from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES
from tempo.interfaces.cli import generate_command
from tempo.interfaces.cli.main import app

FLAGS = {
    "selection_threshold": ("0.25", 0.25),
    "threshold_basis": ("leader", "leader"),
    "max_width": ("4", 4),
    "considered": ("20", 20),
    "max_steps": ("3", 3),
    "superposition": ("path", "path"),
    "sharpness": ("3", 3),
    "window": ("inf", "inf"),
    "visibility": ("visible", "visible"),
    "positions": ("consecutive", "consecutive"),
    "readout": ("product", "product"),
    "temperature": ("0.5", 0.5),
    "top_k": ("3", 3),
    "top_p": ("0.9", 0.9),
    "min_p": ("0.05", 0.05),
    "repetition_penalty": ("1.5", 1.5),
    "min_steps": ("1", 1),
    "stop": ("zz", ["zz"]),
    "stop_on": ("best", "best"),
    "stop_mass": ("0.4", 0.4),
    "max_cache_tokens": ("500", 500),
    "pruning_strategy": ("diversity", "diversity"),
    "coherence_definition": ("embedding", "embedding"),
    "coherence_threshold": ("0.4", 0.4),
    "diversity_clusters": ("2", 2),
    "diversity_steps": ("2", 2),
    "retroactive_pruning": ("true", "posterior"),
    "posterior_mass": ("0.9", 0.9),
    "posterior_floor": ("0.1", 0.1),
    "attention_threshold": ("0.2", 0.2),
    "relative_threshold": ("0.4", 0.4),
    "relative_attention": (False, False),
    "multi_scale_attention": (False, False),
    "num_layers_to_use": ("1", 1),
    "sigmoid_threshold": (False, False),
    "sigmoid_steepness": ("7", 7),
    "attention_decay": ("0.5", 0.5),
    "complete_pruning_mode": ("keep_unattended", "keep_unattended"),
    "pruning_lag": ("5", 5),
    "comprehensive_pruning": (None, True),
    "monotone_pruning": (False, False),
    "after_pruning": ("recompute", "recompute"),
    "dynamic_threshold": (None, True),
    "final_threshold": ("0.4", 0.4),
    "threshold_curve": ("lci", "lci"),
    "threshold_preset": ("s-curve", "s-curve"),
    "bezier_p1": ("0.4", 0.4),
    "bezier_p2": ("0.4", 0.4),
    "use_relu": (None, True),
    "relu_activation_point": ("0.3", 0.3),
    "dynamic_target": ("selection", "selection"),
    "use_mcts": (None, True),
    "mcts_simulations": ("3", 3),
    "mcts_c_puct": ("0.5", 0.5),
    "mcts_depth": ("2", 2),
    "mcts_words": ("dog", ["dog"]),
    "mcts_pattern": ("d.g", ["d.g"]),
    "mcts_rollout": ("greedy", "greedy"),
    "mcts_batch": ("1", 1),
    "mcts_rows": ("500", 500),
    "default_mode": (None, True),
    "seed": ("7", 7),
}
HYBRID = ["--pruning-strategy", "hybrid"]
POSTERIOR = ["--retroactive-pruning", "posterior"]
ATTENTION = ["--retroactive-pruning", "attention"]
SEARCH = ["--use-mcts"]
LISTS = {"stop": [], "mcts_words": [], "mcts_pattern": []}
"""The defaults as JSON holds them."""
BESIDE = {
    "coherence_definition": HYBRID,
    "coherence_threshold": HYBRID,
    "diversity_clusters": HYBRID,
    "diversity_steps": HYBRID,
    "posterior_mass": POSTERIOR,
    "posterior_floor": POSTERIOR,
    "attention_threshold": ATTENTION,
    "relative_threshold": ATTENTION,
    "relative_attention": ATTENTION,
    "multi_scale_attention": ATTENTION,
    "num_layers_to_use": ATTENTION,
    "sigmoid_threshold": ATTENTION,
    "sigmoid_steepness": ATTENTION,
    "attention_decay": ATTENTION,
    "complete_pruning_mode": ATTENTION,
    "pruning_lag": POSTERIOR,
    "comprehensive_pruning": POSTERIOR,
    "monotone_pruning": [*ATTENTION, "--comprehensive-pruning"],
    "after_pruning": POSTERIOR,
    "relu_activation_point": ["--use-relu"],
    "mcts_simulations": SEARCH,
    "mcts_c_puct": SEARCH,
    "mcts_depth": SEARCH,
    "mcts_words": SEARCH,
    "mcts_pattern": SEARCH,
    "mcts_rollout": SEARCH,
    "mcts_batch": SEARCH,
    "mcts_rows": SEARCH,
    "seed": ["--sample", "1"],
}


def option(name, prefix="--"):
    return prefix + name.replace("_", "-")


class Asked:
    """An engine that takes down what it is asked for, and decodes nothing."""

    def __init__(self):
        self.settings = {}

    def stream(self, text, *, system, chat, enable_thinking, **settings):
        self.settings = read_settings(settings).as_mapping()


@pytest.fixture
def settings_of(run, monkeypatch):
    """The settings that a command line asks the engine for."""
    engine = Asked()

    def decode(stream, chosen, shown, *, prompt):
        stream(engine)
        return 0

    monkeypatch.setattr(generate_command, "decode", decode)

    def asked(*arguments):
        assert run("generate", "Once", *arguments).text == ""
        return engine.settings

    return asked


def test_the_table_of_options_knows_every_setting():
    assert list(FLAGS) == list(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_a_setting_has_its_option(settings_of, name):
    text, value = FLAGS[name]
    assert value != DEFAULTS[name]
    given = [option(name, "--no-")] if text is False else [option(name)]
    given += [text] if text else []
    assert settings_of(*given, *BESIDE.get(name, []))[name] == value


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_an_option_too(settings_of, alias, name):
    text, value = FLAGS[name]
    assert settings_of(option(alias), text, *BESIDE.get(name, []))[name] == value


def test_both_points_of_a_curve_are_one_option(settings_of):
    settings = settings_of("--bezier-points", "0.3,0.6")
    assert (settings["bezier_p1"], settings["bezier_p2"]) == (0.3, 0.6)
    assert list(PAIRS) == ["bezier_points"]


@pytest.mark.parametrize(("switch", "meant"), SWITCHES.items())
def test_an_older_switch_is_a_flag(settings_of, switch, meant):
    name, on, _ = meant
    assert settings_of(option(switch), *BESIDE.get(name, []))[name] == on


@pytest.mark.parametrize(
    ("switch", "name", "value"),
    [
        ("use_pruning", "pruning_strategy", "coherence"),
        ("use_retroactive_pruning", "retroactive_pruning", "posterior"),
        ("use_retroactive_removal", "retroactive_pruning", "posterior"),
        ("use_lci_dynamic_threshold", "threshold_curve", "lci"),
        ("no_lci_dynamic_threshold", "threshold_curve", "bezier"),
    ],
)
def test_a_switch_that_leaves_a_rule_open_is_a_flag(settings_of, switch, name, value):
    assert switch in WISHES
    assert settings_of(option(switch))[name] == value


@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.kind is bool])
def test_a_switch_can_be_left_out_by_name(settings_of, name):
    beside = BESIDE.get(name, []) if DEFAULTS[name] else []
    assert settings_of(option(name, "--no-"), *beside)[name] is False


def test_stop_strings_may_be_repeated(settings_of):
    assert settings_of("--stop", "x", "--stop", "y")["stop"] == ["x", "y"]


def test_no_option_leaves_every_default(settings_of):
    assert settings_of() == DEFAULTS | LISTS


def test_the_run_has_the_settings_of_the_command_line(scripted):
    document = json.loads(scripted("--output-json", "--max-steps", "3", "--top-k", "2").out)
    assert document["settings"] == DEFAULTS | LISTS | {"max_steps": 3, "top_k": 2}


def test_settings_change_what_is_printed(scripted):
    assert scripted("--max-steps", "2").text == " upon a\n"
    assert scripted("--stop", "ark").text == " upon a p\n"
    assert scripted("--format", "bracketed", "--threshold", "0.5").text == " upon a park.\n"
    assert scripted("--format", "bracketed", "--default-mode").text == " upon a park.\n"


def test_help_names_every_setting_with_its_default(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    page = run("generate", "--help").text
    for name in SPECS:
        assert option(name) in page
    for alias in (*ALIASES, *PAIRS):
        assert option(alias) in page
    assert "Default: 0.1." in page
    assert "Default: lineage." in page
    assert "Default: off." in page


def test_help_keeps_older_switches_out(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    page = run("generate", "--help").text
    own = [option(name, "--no-") for name, spec in SPECS.items() if spec.kind is bool]
    older = [option(switch) for switch in (*SWITCHES, *WISHES)]
    assert not any(f"{switch} " in page for switch in older if switch not in own)


@pytest.mark.parametrize("command", ["generate", "resume"])
def test_no_two_options_have_one_name(command):
    options = [
        name for one in get_command(app).commands[command].loaded.params for name in one.opts
    ]
    options += [
        name
        for one in get_command(app).commands[command].loaded.params
        for name in one.secondary_opts
    ]
    assert sorted(options) == sorted(set(options))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["generate", "--help"], ["doctor", "--help"], ["--version"]]
)
def test_help_and_version_end_well(run, arguments):
    assert run(*arguments).text


def test_the_version_is_that_of_the_distribution(run):
    from importlib.metadata import version

    assert run("--version").text == f"tempo-decoding {version('tempo-decoding')}\n"


def test_no_arguments_show_the_help_and_no_empty_sentence(run):
    ended = run()
    assert "generate" in ended.out + ended.err
    assert ended.err.strip() != "tempo:"


def test_an_unknown_command_is_one_sentence(run):
    assert "No such command 'generat'" in run("generat").sentence
