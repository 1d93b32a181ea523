import pytest

import tempo
from tempo.domain.errors import ChoiceError, InvalidValueError, OtherModelError
from tempo.domain.events import TextSettled
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine

ID = {name: index for index, name in enumerate(STORY.vocabulary)}


@pytest.fixture
def engine():
    return scripted_engine()


@pytest.fixture
def result(engine):
    return engine.generate("Once", threshold=0.3, stop_on="all")


def test_a_run_goes_on_from_another_candidate(engine, result):
    assert result.text == " upon a park."
    other = engine.resume(result.lattice, 2, ID[" garden"])
    assert (other.text, other.finish_reason) == (" upon a garden.", result.finish_reason)
    assert [step.width for step in other.lattice.steps[:3]] == [1, 1, 1]
    assert other.prompt == "Once"


def test_a_candidate_itself_names_its_token(engine, result):
    garden = result.lattice.steps[2].candidates[1]
    assert engine.resume(result.lattice, 2, garden).text == " upon a garden."


def test_a_lattice_from_a_file_goes_on_alike(engine, tmp_path):
    engine = scripted_engine(FOREVER)
    lattice = engine.generate([1, 2], threshold=0.1, max_steps=6).lattice
    lattice.save(tmp_path / "run.json")
    stored = tempo.Lattice.open(tmp_path / "run.json")
    token = lattice.steps[3].candidates[1].token_id
    results = [engine.resume(one, 3, token, max_steps=9) for one in (lattice, stored)]
    documents = [one.as_mapping(3) for one in results]
    for document in documents:
        del document["cost"]
    assert documents[0] == documents[1]
    assert len(results[0].lattice) == 9


def test_a_live_session_goes_on_like_the_lattice_that_it_left():
    engine = scripted_engine(FOREVER)
    with engine.session([1, 2], threshold=0.1, max_steps=9) as session:
        for _ in range(6):
            session.step()
        lattice = session.result.lattice
        token = lattice.steps[3].candidates[1].token_id
        session.commit(3, token)
        for _ in range(5):
            session.step()
        live = session.result.lattice
    resumed = engine.resume(lattice, 3, token).lattice
    assert [step.token_set for step in live.steps] == [step.token_set for step in resumed.steps]


def test_the_lattices_own_settings_hold_unless_others_are_named():
    engine = scripted_engine(FOREVER)
    lattice = engine.generate([1, 2], threshold=0.05, max_steps=4, max_width=2).lattice
    token = lattice.steps[1].candidates[0].token_id
    own = engine.resume(lattice, 1, token)
    assert (own.settings.max_width, len(own.lattice)) == (2, 4)
    named = engine.resume(lattice, 1, token, max_width=3, max_steps=5)
    assert (named.settings.max_width, named.settings.selection_threshold) == (3, 0.05)
    assert len(named.lattice) == 5
    given = engine.resume(lattice, 1, token, settings=tempo.Settings(max_steps=3))
    assert (given.settings.max_width, len(given.lattice)) == (8, 3)


def test_a_resumed_run_can_be_resumed_and_replayed(result, engine, tmp_path):
    other = engine.resume(result.lattice, 2, ID[" garden"])
    other.lattice.save(tmp_path / "run.json")
    again = engine.resume(tempo.Lattice.open(tmp_path / "run.json"), 1, ID[" a"])
    assert again.text == " upon a park."


def test_the_committed_text_streams_first(engine, result):
    with engine.resume_stream(result.lattice, 2, ID[" garden"]) as stream:
        texts = [event.text for event in stream if isinstance(event, TextSettled)]
    assert texts == [" upon a garden", "."]


def test_another_model_is_refused_by_its_fingerprint(result):
    with pytest.raises(OtherModelError, match="the model differs"):
        scripted_engine(FOREVER).resume(result.lattice, 1, 2)


def test_a_lattice_that_names_no_model_is_refused(engine, result):
    unknown = tempo.Lattice(result.prompt_ids, result.lattice.steps)
    with pytest.raises(InvalidValueError, match="does not name its model"):
        engine.resume(unknown, 1, ID[" a"])


@pytest.mark.parametrize(
    ("place", "names", "refusal"),
    [
        ((9, " a"), {}, (ChoiceError, "step 9 is not in a lattice of")),
        ((1, " park"), {}, (ChoiceError, "is not among the .* considered at step 1")),
        ((4, "<end>"), {}, (ChoiceError, "ends its text at step 4")),
        ((2, " park"), {"max_steps": 3}, (InvalidValueError, "max_steps is 3 and 3 steps are")),
        ((2, " park"), {"threshold": 7}, (InvalidValueError, "selection_threshold is 7")),
    ],
)
def test_what_cannot_be_is_refused(engine, result, place, names, refusal):
    (step, token), (error, message) = place, refusal
    token_id = 0 if token == "<end>" else ID[token]
    with pytest.raises(error, match=message):
        engine.resume(result.lattice, step, token_id, **names)


def test_a_result_stands_for_its_lattice(engine, result):
    assert engine.resume(result, 2, ID[" garden"]).text == " upon a garden."


@pytest.mark.parametrize("given", ["run.json", None, 5])
def test_what_is_no_lattice_is_refused(engine, given):
    with pytest.raises(InvalidValueError, match="is no lattice; give result"):
        engine.resume(given, 1, ID[" a"])


def test_a_step_that_is_no_number_is_refused(engine, result):
    with pytest.raises(ChoiceError, match="step 'first' is not in a lattice of"):
        engine.resume(result.lattice, "first", ID[" a"])
