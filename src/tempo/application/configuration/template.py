"""A configuration with everything in it: what is said stands, the rest is commented out."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from tempo.application.serving.service_settings import OPTIONS, SERVICE_DEFAULTS
from tempo.application.settings.settings import DEFAULTS, SPECS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.configuration.keys import Key
    from tempo.application.settings.specs import SettingSpec

WIDTH = 100

HEAD = (
    "What tempo generate is told; tempo config check FILE judges it, tempo config show --config "
    "FILE says what holds. The command line goes before the environment (TEMPO_MAX_STEPS=20), the "
    "environment before this file. A line that begins with #: holds a default: take the #: away to "
    "change it."
)
UNSAID = "#: "
"""Before what is commented out, so that it is told from what is only a comment."""


def template_of(said: Mapping[str, object], keys: Mapping[str, Key], assign: str) -> str:
    """Return the text of a configuration.

    Args:
        said: what is to hold, by name.
        keys: what a configuration may hold beside settings.
        assign: what stands between a name and its value: `= ` in TOML, `: ` in YAML.
    """
    form = _Form(said, assign)
    lines = [*_comment(HEAD), ""]
    for name, key in keys.items():
        lines += form.entry(name, f"{key.meaning} ({key.allowed})", key.default)
    group = ""
    for name, spec in SPECS.items():
        if spec.group.value != group:
            group = spec.group.value
            lines += [f"# -- {group} {'-' * (WIDTH - 6 - len(group))}", ""]
        lines += form.entry(name, _meaning(spec), DEFAULTS[name])
    return "\n".join([*lines, *_tables(assign)])


def _tables(assign: str) -> list[str]:
    """Return the tables, of which nothing is said."""
    head, inner, indent = "[serve]", "[profiles.quick]", ""
    if assign == ": ":
        head, inner, indent = "serve:", "profiles:", "  "
    lines = [*_comment("What tempo serve is told."), f"{UNSAID}{head}", ""]
    for name, option in OPTIONS.items():
        if name != "api_token":  # a secret has no place in a file that others read
            default = json.dumps(SERVICE_DEFAULTS[name])
            joined = f"{name} {assign}" if assign == "= " else f"{name}{assign}"
            lines += [*_comment(option.meaning), f"{UNSAID}{indent}{joined}{default}", ""]
    lines += _comment("What --config-profile quick says instead of what stands above.")
    steps = ["max_steps = 20"] if assign == "= " else ["  quick:", "    max_steps: 20"]
    return [*lines, *(f"{UNSAID}{line}" for line in (inner, *steps)), ""]


class _Form:
    """The lines of one name, said or not."""

    def __init__(self, said: Mapping[str, object], assign: str) -> None:
        self._said = said
        self._join = f" {assign}" if assign == "= " else assign

    def entry(self, name: str, meaning: str, default: object) -> list[str]:
        """Return the comment and the line of a name."""
        lines = _comment(meaning)
        if name in self._said:
            return [*lines, f"{name}{self._join}{_written(self._said[name])}", ""]
        if default is None:
            return [*lines, f"# {name} is off unless it is set.", ""]
        return [*lines, f"{UNSAID}{name}{self._join}{_written(default)}", ""]


def _meaning(spec: SettingSpec) -> str:
    allowed = ", ".join(spec.choices) if spec.choices else spec.allowed
    return f"{spec.meaning} ({allowed})"


def _written(value: object) -> str:
    """Return a value as TOML and YAML both read it."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
