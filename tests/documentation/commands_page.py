"""docs/commands.md, from the command line itself: `make commands-page`."""

import re
import sys
from collections import Counter
from enum import Enum
from functools import cached_property
from typing import NamedTuple

import typer
from typer.main import get_command

from tempo.application.settings.settings import SPECS
from tempo.interfaces.cli.main import app

SHARED = 3
"""An option of a named group that so many commands have, word for word, is told once."""

HEAD = """\
# Commands

Every command of `tempo`, with every option. This page is written by `make commands-page` from the
command line itself; a test fails where it is not what the command line says. `tempo COMMAND --help`
says the same in the terminal. An option that stands for a setting is named as in
[Settings](settings.md), and a [file](how-to/configure.md) or a variable may give it too.

Words of the predecessor that are still taken are on [its page](predecessor.md). Options that
several commands have, word for word, stand once, in [their groups](#options-of-several-commands); a
command names those that it has.

"""

SEVERAL = """\
## Options of several commands

"""

TABLE = """\
| option | values | default | meaning |
|---|---|---|---|
"""

KINDS = {"int": "a whole number", "float": "a number", "str": "text"}


class Row(NamedTuple):
    """What a table says of one option."""

    option: str
    values: str
    default: str
    meaning: str

    def __str__(self):
        return "| " + " | ".join(cell.replace("|", "\\|") or " " for cell in self) + " |\n"


def plain(text):
    """A sentence of a help text, none of whose signs Markdown takes for its own."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(
        one if one.startswith("`") else re.sub(r"([\\*_<\[])", r"\\\1", one) for one in parts
    )


def quoted(value):
    """A default in the page's letters."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, list | tuple):
        return ", ".join(quoted(one) for one in value)
    return f"`{value}`"


def bounds(least, most):
    """A range in words, empty where there is none."""
    if least is None:
        return "" if most is None else f"at most {most}"
    return f"{least} or more" if most is None else f"{least} to {most}"


class Parameter:
    """One argument or option of a command."""

    def __init__(self, of, command):
        self.of = of
        self.is_argument = of.param_type_name == "argument"
        self.kind = of.display_type(typer.Context(command)).strip("<>")

    @property
    def setting(self):
        """The setting that it is, not one of the same name with a meaning of its own."""
        spec = SPECS.get(self.of.name)
        return spec if spec is not None and (self.of.help or "").startswith(spec.meaning) else None

    @cached_property
    def help(self):
        """Meaning, and the default where the help's last sentences tell it."""
        text = self.of.help or ""
        if self.setting is not None:
            choices, allowed = self.setting.choices, self.setting.allowed
            text = text.replace(f" ({', '.join(choices) if choices else allowed})", "", 1)
        told = re.search(r" ?\bDefault: (.+?)\.(?= Also |$)", text)
        if told is None:
            return text, None
        return text[: told.start()] + text[told.end() :], told[1]

    @property
    def names(self):
        """How it is written."""
        if self.is_argument:
            return f"`{self.of.name.upper()}`"
        return ", ".join(f"`{one}`" for one in (*self.of.opts, *self.of.secondary_opts))

    @property
    def values(self):
        """What it may be."""
        if getattr(self.of, "is_flag", False):
            return ""
        choices = self.of.type_descriptor.choices
        if self.setting is not None:
            choices = self.setting.choices
            if not choices:
                return plain(self.setting.allowed)
        if choices:
            return ", ".join(quoted(one) for one in choices)
        kind = self.kind.removeprefix("list[").removesuffix("]")
        return bounds(self.of.min, self.of.max) or KINDS.get(kind, plain(kind))

    @property
    def default(self):
        """What it is where it is not said."""
        told = self.help[1]
        if self.of.required:
            return "required"
        if told is not None:
            return {"true": "on", "false": "off"}.get(told, plain(told))
        if self.of.default in (None, "", (), []):
            return "off" if getattr(self.of, "is_flag", False) else ""
        return quoted(self.of.default)

    @property
    def row(self):
        """Its line in a table."""
        return Row(self.names, self.values, self.default, plain(self.help[0]))


class Command:
    """One command that does something, and what it takes."""

    def __init__(self, path, command):
        self.path = path
        self.about = command.help
        shown = [one for one in command.params if not getattr(one, "hidden", False)]
        self.parameters = [Parameter(one, command) for one in shown]

    @property
    def grouped(self):
        """Group and row of each option that stands in a named group."""
        return [
            (one.of.rich_help_panel, one.row) for one in self.parameters if one.of.rich_help_panel
        ]

    @property
    def usage(self):
        """How it is called, without its options."""
        names = [
            one.of.name.upper() if one.of.required else f"[{one.of.name.upper()}]"
            for one in self.parameters
            if one.is_argument
        ]
        return " ".join(["tempo", *self.path, *names, "[OPTIONS]"])


def commands(found, path=()):
    """Every command that does something, in the order of the help."""
    found = getattr(found, "loaded", found)
    if not hasattr(found, "commands"):
        yield Command(path, found)
        return
    for name, one in found.commands.items():
        yield from commands(one, (*path, name))


def shared(every):
    """By group, the rows that are told once, in the order in which commands have them."""
    counted = Counter(pair for one in every for pair in one.grouped)
    groups = {}
    for (group, row), count in counted.items():
        if count >= SHARED:
            groups.setdefault(group, []).append(row)
    return groups


def section(command, groups):
    """What the page says of one command."""
    own, elsewhere = [], {}
    for one in command.parameters:
        group = one.of.rich_help_panel
        if one.row in groups.get(group, ()):
            elsewhere.setdefault(group, []).append(one.names)
        else:
            own.append(one.row)
    said = [
        f"[{group}](#{group.lower().replace(' ', '-')})"
        + ("" if len(names) == len(groups[group]) else f" ({', '.join(names)})")
        for group, names in elsewhere.items()
    ]
    first, *more = [plain(one) for one in re.split(r"\n\s*\n", command.about)]
    text = f"## tempo {' '.join(command.path)}\n\n{first}\n\n"
    text += "".join(f"{one}\n\n" for one in more)
    text += f"```text\n{command.usage}\n```\n\n"
    text += TABLE + "".join(map(str, own)) + "\n" if own else ""
    return text + (f"Also, of several commands: {'; '.join(said)}.\n\n" if said else "")


def page():
    """The whole page."""
    every = list(commands(get_command(app)))
    groups = shared(every)
    told = "".join(section(one, groups) for one in every)
    several = "".join(
        f"### {group}\n\n{TABLE}{''.join(map(str, rows))}\n" for group, rows in groups.items()
    )
    return (HEAD + told + SEVERAL + several).rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
