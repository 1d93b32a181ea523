"""An engine that cannot end well while its work still goes on, as a cluster cannot."""

from contextlib import contextmanager

from tempo.application.workers.local import LocalEngine


class WatchedEngine:
    """Does what `LocalEngine` does, and notes in which order streams and engine end.

    It holds its streams, so that none ends by itself where nobody holds it any more.
    """

    def __init__(self):
        self.ended = []
        self._streams = []

    def run(self, work, items):
        self._streams.append(self._each(work, items))
        return self._streams[-1]

    def _each(self, work, items):
        try:
            yield from LocalEngine().run(work, items)
        finally:
            self.ended.append("work")

    @contextmanager
    def opened(self, *_arguments):
        try:
            yield self
        finally:
            self.ended.append("engine")
