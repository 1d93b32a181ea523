"""A model whose proposals lack some tokens at some steps, as if it had not considered them."""

from dataclasses import replace


class NeverKept:
    """A backend whose proposals lack some tokens at some steps, as if not considered."""

    def __init__(self, backend, dropped):
        self._backend, self._dropped, self._step = backend, dropped, 0
        self.description, self.open, self.extend = (
            backend.description,
            backend.open,
            backend.extend,
        )

    def propose(self, batch):
        (proposal,) = self._backend.propose(batch)
        gone = self._dropped.get(self._step, ())
        self._step += 1
        stay = [rank for rank, token in enumerate(proposal.token_ids) if token not in gone]
        return [
            replace(
                proposal,
                token_ids=tuple(proposal.token_ids[rank] for rank in stay),
                log_probabilities=proposal.log_probabilities[stay],
                rows=proposal.rows[:, stay],
                plain_rows=proposal.plain_rows[:, stay],
            )
        ]
