"""The model that ships, as a user meets it first."""

import re
import subprocess
import sys

import pytest

import tempo

PROMPT = "Once upon a time there was a little fox who"


@pytest.fixture(scope="module")
def engine():
    return tempo.load()


@pytest.fixture(scope="module")
def result(engine):
    return engine.generate(PROMPT, max_steps=40, selection_threshold=0.1)


def test_the_first_example_works(result):
    assert len(result.text.split()) > 10
    texts = result.n_best(5)
    assert len({text.text for text in texts}) == len(texts) == 5
    scores = [text.log_probability for text in texts]
    assert scores == sorted(scores, reverse=True)
    assert max(step.width for step in result.lattice.steps) > 1


def test_the_text_is_readable(result):
    letters = sum(character.isalpha() or character in " .,!?'\"\n" for character in result.text)
    assert letters / len(result.text) > 0.97
    assert result.text.startswith(" ")


def test_the_displayed_text_is_a_path_of_the_lattice(result):
    members = [
        step.token_set.members[member]
        for step, member in zip(result.lattice.steps, result.lattice.best, strict=False)
    ]
    assert "".join(member.text for member in members) == result.text
    assert tuple(member.token_id for member in members) == result.best_path_ids
    for earlier, later in zip(result.lattice.best[:-1], members[1:], strict=False):
        assert later.parent == earlier


def test_the_brackets_hold_the_displayed_text(result):
    shown = re.sub(r"\[[^\]]*\]", lambda _: "\0", result.bracketed)
    pattern = "".join(
        r"[^\0]{0,12}" if part == "\0" else re.escape(part) for part in re.split("(\0)", shown)
    )
    assert re.fullmatch(pattern, result.text, re.DOTALL)
    assert "[" in result.bracketed


def test_a_lattice_makes_the_trip_through_a_file(result, tmp_path):
    result.lattice.save(tmp_path / "run.json")
    found = tempo.Lattice.open(tmp_path / "run.json")
    assert found.k_best(3) == result.lattice.k_best(3)


def test_a_stop_string_ends_the_text_before_it(engine, result):
    stop = result.text[len(result.text) // 2 :][:6]
    cut = engine.generate(PROMPT, max_steps=40, selection_threshold=0.1, stop=stop)
    assert cut.text == result.text[: result.text.index(stop)]
    assert cut.finish_reason == "stop_string"
    assert cut.finished
    assert all(stop not in text.text for text in cut.n_best(5))


def test_choosing_another_candidate_changes_the_story(engine):
    with engine.session(PROMPT, selection_threshold=0.05) as session:
        while session.step().width == 1:
            pass
        step = len(session.steps) - 1
        chosen = session.steps[step].token_set.members[-1]
        session.choose(step, chosen.token_id)
        for _ in range(3):
            session.step()
        assert session.result.best_path_ids[step] == chosen.token_id


def test_the_demonstration_prints_every_section():
    ended = subprocess.run(
        [sys.executable, "-m", "tempo", "generate", "--format", "all", "--", PROMPT],
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    sections = re.split(r"^([^\t\n]+):\n", ended.stdout.decode(), flags=re.MULTILINE)
    assert sections[1::2] == ["best text", "bracketed", "5 best", "cost"]
    text, bracketed, best, cost = sections[2::2]
    assert len(text.split()) > 20
    assert "[" in bracketed
    assert [line.split("\t")[0] for line in best.splitlines() if line] == ["1", "2", "3", "4", "5"]
    assert re.match(r"\d+ steps · width \d\.\d mean, \d max · ", cost)
    assert b"Traceback" not in ended.stderr
    assert b"\x1b" not in ended.stdout + ended.stderr
