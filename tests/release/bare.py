"""An environment with nothing in it but what is installed there."""

import os
import subprocess


class FailedError(Exception):
    """A command that had to work did not, or one that had to be refused was not."""


def told(*command, code=0, **options):
    """What a command writes as its result, or as its refusal if `code` says that it has to refuse.

    Raises:
        FailedError: it ended with another code.
    """
    words = [str(word) for word in command]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    if ended.returncode != code:
        message = f"`{' '.join(words)}` ended with {ended.returncode}, not {code}:\n"
        raise FailedError(message + ended.stdout + ended.stderr)
    return ended.stderr if code else ended.stdout


class Bare:
    """A new virtual environment in a folder, used from there: no checkout is in sight."""

    def __init__(self, folder, python):
        self.folder = folder
        self.programs = folder / "venv" / "bin"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TEMPO_", "PYTHON"))
        }
        self.environment = kept | {"PATH": f"{self.programs}:/usr/bin:/bin"}
        folder.mkdir()
        told(python, "-m", "venv", folder / "venv")

    @property
    def offline(self):
        """What a command is given: no hub may be asked."""
        return {"cwd": self.folder, "env": self.environment | {"HF_HUB_OFFLINE": "1"}}

    def install(self, *wanted):
        """Install with pip, which says whether all of it fits together, and return how many."""
        pip = (self.programs / "python", "-m", "pip", "--disable-pip-version-check", "--no-input")
        told(*pip, "-qq", "install", *wanted, cwd=self.folder, env=self.environment)
        told(*pip, "check", cwd=self.folder, env=self.environment)
        listed = told(*pip, "list", "--format=freeze", cwd=self.folder, env=self.environment)
        return len(listed.splitlines())

    def run(self, *command, code=0):
        """Run a program that was installed, without the network's models."""
        return told(self.programs / command[0], *command[1:], code=code, **self.offline)
