"""`tempo tasks` in process."""

import json

from tempo.application.studies.tasks.catalogue import TASKS


def test_the_list_names_every_task(run):
    assert run("tasks", "list").text == (
        "task           what it asks for\n"
        "-------------  --------------------------------------------------\n"
        "cloze          the last word of a story, which the story has told\n"
        "ambiguity      two ways to go on, with the weight of each\n"
        "arithmetic     sums and differences up to 100\n"
        "copying        a list of words, said again\n"
        "next-sentence  which of four sentences comes next\n"
    )


def test_a_task_is_written_to_a_file_or_shown(run, tmp_path):
    file = tmp_path / "cloze.jsonl"
    given = ("tasks", "write", "cloze", "--count", "4", "--seed", "7")
    assert run(*given, "--output", str(file)).text == ""
    shown = run(*given).text
    assert shown == file.read_text(encoding="utf-8")
    assert [json.loads(line) for line in shown.splitlines()] == [
        json.loads(json.dumps(item.document())) for item in TASKS["cloze"].items(4, 7)
    ]


def test_what_cannot_be_written_is_one_sentence(run, tmp_path):
    assert "there is no task 'chess'" in run("tasks", "write", "chess").sentence
    assert "count is 0" in run("tasks", "write", "cloze", "--count", "0").sentence
    nowhere = str(tmp_path / "none" / "x.jsonl")
    assert "there is no folder" in run("tasks", "write", "cloze", "--output", nowhere).sentence
