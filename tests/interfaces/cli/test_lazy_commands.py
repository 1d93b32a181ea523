"""Commands are known by a line, and loaded when they are called."""

import subprocess
import sys

import pytest
from typer.main import get_command

from tempo.interfaces.cli.main import COMMANDS, app
from tempo.interfaces.cli.studies.experiment_command import STUDIES, experiment

LAZY = [
    command
    for group, table in ((app, COMMANDS), (experiment, STUDIES))
    for name, command in get_command(group).commands.items()
    if name in table
]

ASK = """
import sys
from tempo.interfaces.cli.main import main
try:
    main({arguments!r})
except SystemExit as ended:
    print(ended.code, *sorted({{"torch", "transformers", "numpy", "pydantic"}} & set(sys.modules)))
"""


@pytest.mark.parametrize("command", LAZY, ids=lambda command: command.name)
def test_a_command_is_what_its_line_says(command):
    first, _, _ = command.loaded.help.partition("\n")
    assert (command.loaded.name, first) == (command.name, command.help)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["experiment", "--help"]])
def test_help_and_version_load_no_library_that_decodes(arguments):
    asked = ASK.format(arguments=arguments)
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout
    allowed = " numpy pydantic" if "experiment" in arguments else ""
    assert told.splitlines()[-1] == f"0{allowed}"


def test_a_command_that_is_none_is_told_with_the_nearest(run):
    assert run("generat").sentence == "No such command 'generat'. Did you mean 'generate'?"


def test_completion_names_the_options_of_a_command_that_is_not_loaded_yet():
    environment = {
        "_TEMPO_COMPLETE": "complete_bash",
        "COMP_WORDS": "tempo tasks write --",
        "COMP_CWORD": "3",
    }
    asked = "from tempo.interfaces.cli.main import app; app(prog_name='tempo')"
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=False, env=environment
    ).stdout.split()
    assert "--seed" in told
