"""`tempo serve` as a process of its own, as a user starts it, and what it writes into its log."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager

from tests.interfaces.http.conftest import until

PATIENCE = 120.0
"""Seconds for a model to be loaded on a machine that others use too."""


class Served:
    """The process, its log as it comes, and its address."""

    def __init__(self, *arguments, python=sys.executable, command=("-m", "tempo"), **options):
        self.lines = []
        command = [str(python), *command, "serve", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def told(self, event):
        """The log's documents of one kind."""
        documents = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [one for one in documents if one.get("event") == event]

    def is_ready(self, times=1):
        """Whether the model was loaded so often."""
        return until(
            lambda: len(self.told("service.ready")) >= times or self.process.poll() is not None,
            PATIENCE,
        ) and (self.process.poll() is None)

    @property
    def address(self):
        """Where it listens."""
        return self.told("service.listening")[0]["address"]

    def ended(self):
        """Its exit code, once it has written all."""
        code = self.process.wait(60)
        self._reading.join(10)
        self.process.stderr.close()
        return code


@contextmanager
def served(*arguments, **options):
    """A service that is ready, and that ends well."""
    service = Served(*arguments, **options)
    try:
        assert service.is_ready(), service.lines
        yield service
    finally:
        if service.process.poll() is None:
            service.process.terminate()
        code = service.ended()
    assert code in {0, -15}, service.lines
