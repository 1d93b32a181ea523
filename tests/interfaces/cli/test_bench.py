"""`tempo bench` in process, on a small model."""

import json

import pytest

SMALL = (
    "--random-weights", "llama", "--widths", "1,2", "--contexts", "6,12", "--batches", "1,2",
    "--rounds", "1", "--steps", "2",
)  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """One study of a small model, as text and as JSON."""
    return tmp_path_factory.mktemp("bench") / "bench.json"


def test_the_tables_and_the_document_tell_the_same(run, told):
    text = run("bench", *SMALL, "--output-json", str(told)).text
    document = json.loads(told.read_text(encoding="utf-8"))
    first = text.splitlines()[0]
    assert first == document["command"]
    assert first.startswith("tempo bench --widths 1,2 --contexts 6,12")
    methods = {one["method"] for one in document["methods"]}
    beams = {"transformers, beam 4", "transformers, beam 8"}
    assert methods == {"transformers, greedy", "width 1", "width 2"} | beams
    for one in document["methods"]:
        (line,) = [
            line
            for line in table(text, f"== after {one['context']} tokens")
            if line.startswith(one["method"] + " ")
        ]
        assert line.split()[-5] == f"{one['milliseconds']:.2f}"
    assert document["width_1_is_greedy"] is True
    assert "width 1 chose the tokens that greedy decoding chose" in text
    assert document["did_not_run"] == {}
    assert document["random_weights"] is False
    assert document["memory"]["row_bytes"] == 2 * 2 * 2 * 16 * 4
    assert document["machine"]["threads"] >= 1
    assert len(table(text, "== where a step goes, milliseconds")) == 4
    assert [line.split()[0] for line in table(text, "== prompts at once, each at width 4")] == [
        "1",
        "2",
    ]


def table(text, title):
    """The rows of one table."""
    lines = text.splitlines()
    start = lines.index(title) + 3
    return lines[start : lines.index("", start)]


def test_beyond_the_model_s_context_its_shape_is_timed_with_random_weights(run):
    text = run(
        "bench", "--random-weights", "llama", "--widths", "2", "--contexts", "8190",
        "--batches", "none", "--rounds", "1", "--steps", "1",
    ).text  # fmt: skip
    assert "its shape was timed with random weights" in text
    assert "== growth: a step beside width 2, and beside the shortest context" in text
    assert "== after 8,190 tokens" in text
    assert "prompts at once" not in text


def test_types_of_weights_are_held_against_the_first(run, tmp_path):
    path = tmp_path / "bench.json"
    text = run(
        "bench", "--random-weights", "llama", "--widths", "1,2", "--contexts", "6", "--batches",
        "none", "--rounds", "1", "--steps", "1", "--weights", "float32,bfloat16,int8",
        "--output-json", str(path),
    ).text  # fmt: skip
    document = json.loads(path.read_text(encoding="utf-8"))
    assert text.splitlines()[0].endswith("--weights float32,bfloat16,int8 --random-weights llama")
    types = document["weights"]["types"]
    sizes = [one["weight_bytes"] for one in types]
    assert sizes[1] * 2 == sizes[0]
    assert sizes[0] / 4 < sizes[2] < sizes[0] / 3.5  # scales and norms take the rest
    costs = table(text, "== types of weights: milliseconds a step after 6 tokens (of the first)")
    losses = table(
        text + "\n", "== what they lose: nats a token over 2,000 tokens of story openings"
    )
    for one, cost, loss in zip(types, costs, losses, strict=True):
        assert cost.split()[0] == loss.split()[0] == one["weights"]
        assert f"{one['steps'][1]['milliseconds']:.2f}" in cost
        assert loss.split()[1:4] == [
            f"{one['loss']['mean']:.5f}",
            f"{one['loss']['standard_error']:.5f}",
            f"{one['loss']['worst']:.4f}",
        ]
    assert types[0]["loss"]["worst"] == 0.0
    assert 0.0 < types[2]["loss"]["worst"] < 1.0


@pytest.mark.parametrize(("dtype", "weight_share"), [("bfloat16", 0.5), ("int8", 0.25)])
def test_what_a_step_reads_at_least_is_of_the_weights_own_type(run, tmp_path, dtype, weight_share):
    """Keys and values are float32 whatever the weights are; transformers runs the same weights."""
    read = {}
    for one in ("float32", dtype):
        path = tmp_path / f"{one}.json"
        run(
            "bench", "--widths", "1", "--contexts", "6", "--batches", "none", "--rounds", "1",
            "--steps", "2", "--dtype", one, "--output-json", str(path),
        )  # fmt: skip
        read[one] = json.loads(path.read_text(encoding="utf-8"))
    floors = {one: document["memory"] for one, document in read.items()}
    share = floors[dtype]["weight_bytes"] / floors["float32"]["weight_bytes"]
    assert share == pytest.approx(weight_share, abs=0.01)
    assert floors[dtype]["row_bytes"] == floors["float32"]["row_bytes"]
    assert read[dtype]["model"]["dtype"] == dtype
    assert read[dtype]["did_not_run"] == {}
    assert read["int8" if dtype == "int8" else "float32"]["width_1_is_greedy"] is True


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--widths", "1,x"], "widths is '1,x'; give whole numbers with commas between them"),
        (["--contexts", "0"], "contexts has 0; it must be from 1 to 1,048,576"),
        (["--weights", "float32,int4"], "weights has 'int4'; name types among float32, bfloat16,"),
        (["--weights", "auto"], "weights has 'auto'; name types among float32, bfloat16,"),
        (["--rounds", "0"], "rounds has 0; it must be from 1 to 1,000"),
        (["--output-json", "nowhere/at/all.json"], "nowhere/at"),
    ],
)
def test_what_cannot_be_done_is_refused_before_a_model_is_loaded(
    run, monkeypatch, arguments, sentence
):
    monkeypatch.setattr(
        "tempo.interfaces.cli.engine_loading.loaded_engine", lambda *_, **__: pytest.fail("loaded")
    )
    assert sentence in run("bench", *arguments).sentence
