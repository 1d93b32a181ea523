"""Repeating a run on the model that made it."""

from dataclasses import replace

import numpy as np
import pytest

from tempo.application.records.record import Provenance, record_of
from tempo.application.records.rerun import Rerun
from tempo.domain.errors import InvalidValueError, OtherModelError
from tempo.domain.pruning.decision import Effect
from tempo.domain.stopping import FinishReason
from tempo.infrastructure.scripted.script import END, Script
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine


def record_from(result):
    return record_of(result.lattice, result.lattice.best, result.lattice.provenance)


def repeated(record, engine):
    return engine.container.rerun().run(record, engine.identity)


def verdicts(report):
    return {one.what: one.equal for one in report.agreements}


@pytest.fixture
def engine():
    return scripted_engine(FOREVER)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"superposition": "path", "threshold": 0.05},
        {"stop": "c", "temperature": 0.7},
        {"dynamic_threshold": True},
        {"default_mode": True},
        {"window": "inf", "min_steps": 3},
    ],
)
def test_a_run_on_its_own_model_is_repeated(engine, settings):
    record = record_from(engine.generate(" a", max_steps=8, **settings))
    report = repeated(record, engine)
    assert report.equal, report
    assert (report.tie, report.steps) == (None, len(record.lattice))
    assert set(verdicts(report)) == {
        *("kept tokens", "transitions", "scores", "decisions", "steps", "text"),
    }


REMOVES = {
    "retroactive_pruning": "posterior",
    "posterior_floor": 0.9,
    "complete_pruning_mode": "remove_position",
    "max_steps": 12,
}


def test_a_run_that_whole_steps_left_is_repeated_to_its_end(engine):
    record = record_from(engine.generate(" a", **REMOVES))
    assert len(record.lattice) < record.lattice.decoded
    report = repeated(record, engine)
    assert report.equal, report
    assert report.steps == len(record.lattice)


def test_a_run_that_was_cut_short_is_repeated_as_far_as_it_came(engine):
    stream = engine.stream(" a", max_steps=50)
    for _ in range(9):
        next(stream)
    stream.close()
    record = record_from(stream.result)
    assert record.provenance.finish_reason is FinishReason.CANCELLED
    report = repeated(record, engine)
    assert report.equal, report
    assert report.steps == len(record.lattice) < 50


def test_a_run_that_ended_earlier_or_later_is_different(engine):
    record = record_from(engine.generate(" a", max_steps=6))
    longer = replace(record.provenance, settings={**record.provenance.settings, "max_steps": 7})
    report = repeated(replace(record, provenance=longer), engine)
    assert not verdicts(report)["steps"]
    shorter = replace(record.provenance, settings={**record.provenance.settings, "max_steps": 5})
    assert not verdicts(repeated(replace(record, provenance=shorter), engine))["steps"]


def test_other_settings_are_different(engine):
    record = record_from(engine.generate(" a", max_steps=6, threshold=0.2))
    other = replace(
        record.provenance, settings={**record.provenance.settings, "selection_threshold": 0.01}
    )
    report = repeated(replace(record, provenance=other), engine)
    assert not report.equal
    assert not verdicts(report)["kept tokens"]
    assert report.tie is None


def altered(record, step, name, amount):
    steps = list(record.lattice.steps)
    table = getattr(steps[step], name).copy()
    table[0, 0] += amount
    steps[step] = replace(steps[step], **{name: table})
    return replace(record, lattice=replace_steps(record.lattice, steps))


def replace_steps(lattice, steps):
    return replace(lattice, steps=tuple(steps))


@pytest.mark.parametrize("name", ["transitions", "plain_transitions"])
@pytest.mark.parametrize(("amount", "equal"), [(0.5e-4, True), (2e-4, False)])
def test_a_log_probability_may_differ_by_the_tolerance(engine, name, amount, equal):
    record = record_from(engine.generate(" a", max_steps=6))
    assert repeated(altered(record, 3, name, -amount), engine).equal is equal


def test_another_text_is_different(engine):
    record = record_from(engine.generate(" a", max_steps=6))
    assert not verdicts(repeated(replace(record, text="else"), engine))["text"]


def nearly(margin):
    """Two scripts that differ by `margin` in which of two tokens is the more probable."""
    row = {"b": 0.5 + margin, "c": 0.5 - margin}
    return Script.of({"": {"a": 1.0}, "a": row, "b": {END: 1.0}, "c": {END: 1.0}})


@pytest.mark.parametrize(
    ("margin", "told"), [(1e-6, True), (4e-5, True), (1e-4, False), (0.1, False)]
)
@pytest.mark.parametrize("settings", [{"default_mode": True}, {"threshold": 0.1}])
def test_a_decision_that_rounding_may_turn_ends_the_comparison(margin, told, settings):
    """As a model of the same weights on another kind of device decides."""
    there, here = scripted_engine(nearly(margin)), scripted_engine(nearly(-margin))
    record = record_from(there.generate("a", max_steps=2, **settings))
    report = here.container.rerun().run(record, there.identity)
    assert (report.tie is not None) is told
    assert report.equal is told
    if told:
        assert report.steps == 0
        assert report.tie.startswith("step 0 decided between tokens whose probabilities")


@pytest.mark.parametrize(("margin", "told"), [(1e-6, True), (1e-2, False)])
def test_a_token_at_the_threshold_may_fall_on_either_side(margin, told):
    def engine(share):
        row = {"b": 1 - share, "c": share}
        return scripted_engine(
            Script.of({"": {"a": 1.0}, "a": row, "b": {END: 1.0}, "c": {END: 1.0}})
        )

    there, here = engine(0.2 + margin), engine(0.2 - margin)
    record = record_from(there.generate("a", max_steps=2, threshold=0.2))
    report = here.container.rerun().run(record, there.identity)
    assert (report.tie is not None, report.equal) == (told, told)


def test_another_model_is_refused_before_it_decodes(engine):
    record = record_from(engine.generate(" a", max_steps=3))
    with pytest.raises(OtherModelError, match=r"the model differs .* and the tokenizer differs"):
        repeated(record, scripted_engine(STORY))
    other = scripted_engine(Script.random(6, tokens=6, order=1))
    with pytest.raises(OtherModelError) as caught:
        repeated(record, other)
    assert "tokenizer" not in str(caught.value).partition("this is")[2]


def test_what_no_model_can_repeat_is_refused(engine):
    with engine.session(" a") as session:
        session.step()
        steered = record_from(session.result)
    with pytest.raises(InvalidValueError, match="was steered by hand"):
        repeated(steered, engine)
    record = record_from(engine.generate(" a", max_steps=2))
    for known, lacking in (
        (replace(record.provenance, model=None), "model"),
        (replace(record.provenance, settings=None), "settings"),
    ):
        with pytest.raises(InvalidValueError, match=f"does not name its {lacking}"):
            repeated(replace(record, provenance=known), engine)


def test_a_setting_that_this_version_lacks_is_refused(engine):
    record = record_from(engine.generate(" a", max_steps=2))
    newer = replace(record.provenance, settings={**record.provenance.settings, "foresight": 3})
    with pytest.raises(InvalidValueError, match="there is no setting 'foresight'"):
        repeated(replace(record, provenance=newer), engine)


def test_a_run_that_went_on_from_given_steps_is_repeated_from_them(engine):
    from tempo.application.decoding.generate import Generate
    from tempo.application.settings.reading import build_request, read_settings
    from tempo.application.settings.settings import Settings
    from tempo.domain.commitment import committed_chain

    first = engine.generate(" a", max_steps=5)
    step = first.lattice.steps[2]
    chain = committed_chain(first.lattice, 2, step.token_set.members[-1].token_id)
    settings = read_settings({"max_steps": 6}, Settings())
    request = replace(build_request(settings, first.prompt_ids), committed=chain)
    backend, tokenizer = engine.container.backend(), engine.container.tokenizer()
    outcome = Generate(backend, tokenizer).run(request)
    known = Provenance(
        settings=settings.as_mapping(),
        model=engine.identity,
        finish_reason=outcome.reason,
        committed=len(chain),
    )
    record = record_of(outcome.lattice, outcome.best, known)
    assert repeated(record, engine).equal
    forgotten = replace(record, provenance=replace(known, committed=0))
    assert not repeated(forgotten, engine).equal
    assert np.isfinite(record.lattice.steps[-1].token_set.members[0].score)
    assert isinstance(engine.container.rerun(), Rerun)


PRUNES = {
    "threshold": 0.02,
    "max_steps": 12,
    "pruning_strategy": "diversity",
    "retroactive_pruning": "attention",
    "comprehensive_pruning": True,
}


@pytest.fixture
def pruned(engine):
    record = record_from(engine.generate(" a", **PRUNES))
    assert {one.effect for one in record.lattice.decisions} >= {Effect.DROPPED, Effect.WEAKENED}
    return record


def with_decisions(record, decisions):
    return replace(record, lattice=replace(record.lattice, decisions=tuple(decisions)))


def test_a_pruned_run_is_repeated_with_its_decisions(engine, pruned):
    report = repeated(pruned, engine)
    assert report.equal, report
    (told,) = [one for one in report.agreements if one.what == "decisions"]
    assert told.compared > len(pruned.lattice.decisions)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rule", "else"),
        ("effect", Effect.DESCENDANT),
        ("score", 0.123),
        ("threshold", 0.123),
        ("mass", 0.123),
        ("weight", 0.123),
    ],
)
def test_an_altered_decision_is_different(engine, pruned, field, value):
    first, *others = pruned.lattice.decisions
    report = repeated(with_decisions(pruned, [replace(first, **{field: value}), *others]), engine)
    assert [one.what for one in report.agreements if not one.equal] == ["decisions"]
    (told,) = [one for one in report.agreements if not one.equal]
    assert [one.place for one in told.differences] == [f"decisions[0].{field}"]


@pytest.mark.parametrize("kept", [slice(0), slice(1, None), slice(-1)])
def test_a_decision_that_is_missing_is_different(engine, pruned, kept):
    shorter = with_decisions(pruned, pruned.lattice.decisions[kept])
    assert not verdicts(repeated(shorter, engine))["decisions"]


def test_decisions_are_compared_as_far_as_the_steps_are(engine, pruned):
    """Where runs part with good reason, what was decided later may differ too."""
    steps = list(pruned.lattice.steps)
    last = steps[-1]
    steps[-1] = replace(last, token_set=replace(last.token_set, members=last.token_set.members[:1]))
    parted = replace(pruned, lattice=replace_steps(pruned.lattice, steps))
    early = [one for one in pruned.lattice.decisions if one.decided_at < last.step]
    assert verdicts(repeated(with_decisions(parted, early), engine))["decisions"]
    assert not verdicts(repeated(with_decisions(parted, early[1:]), engine))["decisions"]
