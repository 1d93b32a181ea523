"""The page of commands is what the command line says, and what the command line takes."""

from pathlib import Path

import pytest
import typer
from typer.main import get_command

from tempo.application.settings.settings import SPECS
from tempo.interfaces.cli.main import COMMANDS, app
from tests.documentation.commands_page import Row, bounds, commands, page, plain, section, shared

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


@pytest.fixture(scope="module")
def every():
    return list(commands(get_command(app)))


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "make commands-page"


def test_every_command_has_its_section(every):
    assert {command.path[0] for command in every} == set(COMMANDS)
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    headings = [line for line in lines if line.startswith("## tempo")]
    assert headings == [f"## tempo {' '.join(command.path)}" for command in every]


def test_every_setting_is_an_option_of_generate(every):
    names = {parameter.of.name for parameter in every[0].parameters}
    assert names.issuperset(SPECS)


def test_what_commands_share_is_what_each_of_them_has(every):
    groups = shared(every)
    for command in every:
        for group, row in command.grouped:
            assert (str(row) in section(command, groups)) is (row not in groups.get(group, ()))


def test_a_command_is_told_whole():
    made = typer.Typer(add_completion=False)

    @made.command()
    def draw(
        file: str = typer.Argument(help="What to draw."),
        steps: int = typer.Option(8, min=1, max=64, help="So many *steps*."),
        style: str = typer.Option("", help="A style. Default: the model's. Also TEMPO_STYLE."),
        fast: bool = typer.Option(False, "--fast/--slow", help="At once."),
        secret: str = typer.Option("", hidden=True),
    ):
        """Draw a file.

        Slowly.
        """

    (command,) = commands(get_command(made), ("draw",))
    assert section(command, {}) == (
        "## tempo draw\n"
        "\n"
        "Draw a file.\n"
        "\n"
        "Slowly.\n"
        "\n"
        "```text\n"
        "tempo draw FILE [OPTIONS]\n"
        "```\n"
        "\n"
        "| option | values | default | meaning |\n"
        "|---|---|---|---|\n"
        "| `FILE` | text | required | What to draw. |\n"
        "| `--steps` | 1 to 64 | `8` | So many \\*steps\\*. |\n"
        "| `--style` | text | the model's | A style. Also TEMPO\\_STYLE. |\n"
        "| `--fast`, `--slow` |   | off | At once. |\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [(None, None, ""), (0, None, "0 or more"), (None, 9, "at most 9"), (1, 9, "1 to 9")],
)
def test_a_range_in_words(least, most, said):
    assert bounds(least, most) == said


def test_signs_of_markdown_are_escaped_but_in_code():
    assert plain("a_b [c] <d>\n`e_f`") == "a\\_b \\[c] \\<d> `e_f`"
    assert str(Row("`a`", "x|y", "", "z")) == "| `a` | x\\|y |   | z |\n"
