"""An engine that does its items from the last to the first, as many workers might."""

from tempo.application.workers.attempts import Retries
from tempo.application.workers.work import require_different


class BackwardsEngine:
    """Does what `LocalEngine` does, the other way round."""

    def __init__(self, retries=None):
        self._retries = retries or Retries()
        self.asked = []

    def run(self, work, items):
        found = require_different(items)
        return self._each(work, found)

    def _each(self, work, items):
        if not items:
            return
        worker = work.open()
        for item in reversed(items):
            self.asked.append(item.id)
            yield self._retries.done(worker, item)
