from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.application.decoding.settling import SettledText, best_hypothesis, chain_from
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import StopOn, Stopping
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

SCRIPT = Script.of(
    {
        "": {"a": 1.0},
        "a": {"x": 0.6, "y": 0.4},
        "x": {"p": 0.5, "q": 0.5},
        "y": {"r": 1.0},
        "p": {"a": 1.0},
        "q": {"a": 0.5, END: 0.5},
        "r": {END: 1.0},
    }
)


def followed(steps, stops=(), script=SCRIPT):
    """The run, its settled text, and what each step settled."""
    tokenizer = ScriptedTokenizer(script)
    request = GenerationRequest(
        tokenizer.encode("a"),
        selection=Selection(ConstantThreshold(0.05), 4, 8),
        stopping=Stopping(StopOn.ALL),
    )
    run, settled = DecodingRun(ScriptedBackend(script), tokenizer, request), SettledText(stops)
    given_out = []
    for _ in range(steps):
        run.advance()
        given_out.append((settled.follow(run), settled.steps))
    return run, settled, given_out


def test_text_settles_when_all_live_chains_share_it():
    _, settled, given_out = followed(4)
    assert given_out == [("", 0), ("", 0), ("xpa", 3), ("", 3)]
    assert settled.given == "xpa"


def test_what_might_become_a_stop_string_settles_without_being_given():
    _, settled, given_out = followed(3, stops=(b"aX",))
    assert given_out[-1] == ("xp", 3)
    assert settled.given == "xp"


def test_a_finished_text_that_left_the_settled_path_is_no_longer_eligible():
    run, settled, _ = followed(3)
    (end,) = run.finished
    assert not settled.eligible(run, end)
    assert SettledText(()).eligible(run, end)
    assert best_hypothesis(run, settled) in run.live
    assert chain_from(run, end.step, end.member, 0)[0] == 1


def test_a_text_that_finishes_beside_the_settled_path_is_not_eligible():
    """At the third step "yr" ends, while both live chains go through "xp"."""
    script = Script.of(
        {
            "": {"a": 1.0},
            "a": {"x": 0.6, "y": 0.4},
            "x": {"p": 1.0},
            "y": {"r": 1.0},
            "p": {"s": 0.5, "t": 0.5},
            "r": {END: 1.0},
        }
    )
    run, settled, given_out = followed(3, script=script)
    (end,) = run.finished
    assert given_out[-1] == ("xp", 2)
    assert end.step == settled.steps == 2
    assert not settled.eligible(run, end)
    assert best_hypothesis(run, settled) == run.live[0]


def test_the_first_of_equal_hypotheses_is_finished_then_earlier_then_lower():
    run, _, _ = followed(3)
    fresh = SettledText(())
    assert best_hypothesis(run, fresh) == run.finished[0]
    shares = [round(one.log_share, 6) for one in (*run.finished, *run.live)]
    assert max(shares) == shares[0]
