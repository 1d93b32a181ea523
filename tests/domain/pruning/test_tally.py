from tempo.domain.pruning.decision import Effect
from tempo.domain.pruning.tally import PruningTally
from tests.domain.pruning.test_decision import decision


def test_a_log_is_summed_up_by_what_was_done():
    log = [
        decision(token_id=1),
        decision(token_id=2, effect=Effect.DROPPED, rule="diversity"),
        decision(token_id=3, effect=Effect.DESCENDANT),
        decision(token_id=4, effect=Effect.UNATTENDED),
        decision(step=3, token_id=5, effect=Effect.POSITION_REMOVED, rule="attention"),
    ]
    tally = PruningTally.of(log, judged=9, left=4, rows_freed=3, lost=0.25)
    assert tally.pruned == {"posterior": 1, "diversity": 1, "attention": 1}
    assert (tally.descendants, tally.unattended, tally.positions_removed) == (1, 1, 1)
    assert (tally.judged, tally.kept, tally.rows_freed, tally.lost) == (9, 5, 3, 0.25)


def test_a_candidate_that_is_weakened_again_and_again_counts_once_and_by_its_last_weight():
    weaker = [decision(effect=Effect.WEAKENED, weight=weight) for weight in (0.6, 0.4)]
    assert PruningTally.of(weaker).weakened == 1
    restored = [*weaker, decision(effect=Effect.WEAKENED, weight=1.0)]
    assert PruningTally.of(restored).weakened == 0
    gone = PruningTally.of([*weaker, decision()])
    assert (gone.weakened, gone.pruned) == (0, {"posterior": 1})
