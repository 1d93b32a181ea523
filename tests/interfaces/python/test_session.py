import pytest

import tempo
from tempo.domain.errors import ChoiceError, SessionError
from tests.interfaces.scripted_engine import STORY, scripted_engine

ID = {name: index for index, name in enumerate(STORY.vocabulary)}


@pytest.fixture
def session():
    with scripted_engine().session("Once") as session:
        yield session


def test_a_session_decodes_one_step_at_a_time(session):
    assert session.steps == ()
    step = session.step()
    assert [one.text for one in step.candidates] == [" upon"]
    assert session.steps == (step,)


def test_a_choice_changes_the_result(session):
    for _ in range(4):
        session.step()
    assert session.result.text == " upon a park."
    session.choose(2, ID[" garden"])
    session.step()
    assert isinstance(session.result, tempo.Result)
    assert session.result.text == " upon a garden."
    assert session.result.bracketed == " upon a [~park/garden]."
    assert session.result.bracketed_survivors == " upon a garden."
    assert session.result.prompt == "Once"


def test_going_back_undoes_steps(session):
    for _ in range(3):
        session.step()
    session.back()
    session.back(1)
    assert session.result.text == " upon"
    session.back()
    assert session.result.text == ""
    with pytest.raises(ChoiceError):
        session.back()


def test_a_choice_that_is_not_there_is_refused(session):
    session.step()
    with pytest.raises(ChoiceError):
        session.choose(0, ID["."])
    with pytest.raises(ChoiceError):
        session.choose(9, ID[" upon"])


def test_sessions_of_one_engine_are_independent():
    engine = scripted_engine()
    with engine.session("Once") as one, engine.session("Once upon a") as two:
        one.step()
        two.choose(0, ID[" garden"])
        two.step()
        one.step()
        assert (one.result.text, two.result.text) == (" upon a", " garden.")


def test_a_session_takes_settings():
    with scripted_engine().session("Once upon a", threshold=0.5) as session:
        assert session.step().width == 1
        assert session.result.settings.selection_threshold == 0.5


def test_a_session_takes_no_more_steps_than_max_steps():
    with scripted_engine().session("Once", max_steps=2) as session:
        session.step()
        session.step()
        with pytest.raises(ChoiceError, match="max_steps 2 is reached"):
            session.step()
        assert session.result.text == " upon a"


def test_the_result_stays_when_the_session_closes():
    with scripted_engine().session("Once") as session:
        session.step()
    assert session.result.text == " upon"


def test_a_closed_session_takes_no_step():
    session = scripted_engine().session("Once")
    session.step()
    session.close()
    session.close()
    with pytest.raises(SessionError):
        session.step()
