"""`tempo experiment ambiguity` in process, over a script."""

import json
import threading

import pytest
from dependency_injector import providers

from tempo.application.studies.tasks.catalogue import Task
from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.studies import ambiguity_command
from tests.application.studies.ambiguity.contexts import ITEMS, TWO_WAYS, item
from tests.fakes.mixed_inputs import ScriptedInputs
from tests.interfaces.scripted_engine import scripted_engine

GIVEN = ("--count", "2", "--depth", "2", "--weight", "0.5")


@pytest.fixture
def ambiguity(run, monkeypatch):
    """Run the command over a script with two contexts."""

    def command(*arguments, items=ITEMS):
        engine = scripted_engine(TWO_WAYS)
        engine.container.mixed_inputs.override(providers.Object(ScriptedInputs(TWO_WAYS)))
        task = Task("ambiguity", "", lambda draw: draw.one(items))
        monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: engine)
        monkeypatch.setattr(ambiguity_command, "task_of", lambda _: task)
        return run("experiment", "ambiguity", *arguments)

    return command


def test_the_tables_hold_every_method_and_the_exact_runs(ambiguity):
    lines = ambiguity(*GIVEN).text.splitlines()
    assert lines[0] == (
        "tempo experiment ambiguity --count 2 --weight 0.5 --depth 2 --seed 42 --model embedded "
        "--device auto --dtype auto --backend auto"
    )
    assert "== 2 contexts; means with 95 % bootstrap intervals" in lines
    start = lines.index("-- rejoined, weights 0.5 and 0.5")
    title = lines.index("weight of the first run, recovered by least squares", start)
    assert lines[title + 1].split() == ["method", "depth", "2", "the", "answer"]
    assert [line.split("  ")[0] for line in lines[title + 3 : title + 11]] == [
        "lineage",
        "lineage, sharpness 1, window inf",
        "path",
        "marginal",
        "uniform",
        "embedding mixture",
        "heavier alone",
        "shuffled pair",
    ]


def test_a_rule_is_added_and_a_context_left_out_is_counted(ambiguity):
    broken = item("P s", " a c", " a d")
    ended = ambiguity(
        "--count", "3", "--depth", "1", "--rule", "window=inf", items=(*ITEMS, broken)
    )
    assert "lineage, window inf" in ended.text
    assert "left out, since their words are several tokens here: 1 contexts" in ended.text
    assert " --rule window=inf " in ended.text.splitlines()[0]


def test_the_json_file_repeats_and_the_plot_is_drawn(ambiguity, tmp_path):
    told = []
    for name in ("one", "other"):
        file, plot = tmp_path / f"{name}.json", tmp_path / f"{name}.png"
        ambiguity(*GIVEN, "--output-json", str(file), "--plot", str(plot))
        told.append((file.read_text(encoding="utf-8"), plot.read_bytes()))
    assert told[0] == told[1]
    document = json.loads(told[0][0])
    assert (document["format"], document["contexts"]) == ("tempo ambiguity study", 2)
    assert document["settings"]["injections"] == ["apart", "crossing", "rejoined"]
    assert told[0][1].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--weight", "1"), "weight is 1.0; it must be above 0 and below 1"),
        (("--depth", "0"), "depth is 0; it must be 1 or more"),
        (("--count", "0"), "count is 0; it must be 1 or more"),
        (("--rule", "x"), "the rule 'x' is not NAME=VALUE"),
        (("--count", "2", "--plot", "x.gif"), "must end in one of pdf, png, svg"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(ambiguity, arguments, said):
    assert said in ambiguity(*arguments).sentence


def test_stopping_keeps_what_was_measured(ambiguity, monkeypatch):
    flag = threading.Event()
    flag.set()

    class Stopped:
        def __enter__(self):
            return flag

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(ambiguity_command, "stop_on_interrupt", Stopped)
    ended = ambiguity(*GIVEN)
    assert ended.code == 130
    assert "== 1 contexts (stopped, 2 asked for)" in ended.out
