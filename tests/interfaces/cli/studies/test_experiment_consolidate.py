"""`tempo experiment consolidate` in process, over a model that says again what it sees."""

import hashlib
import json
import threading

import pytest
from dependency_injector import providers

from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.studies import consolidate_command
from tests.fakes.consolidating_model import EchoingModel
from tests.fakes.word_tokenizer import WordTokenizer
from tests.interfaces.scripted_engine import scripted_engine

SMALL = (
    "--count", "3", "--length", "40", "--window", "16", "--rows", "4", "--sinks", "2", "--recent",
    "4", "--facts", "3", "--prompts", "2", "--prompt", "8", "--steps", "6", "--alpha", "0.5",
    "--matrices", "kv", "--top-k", "8",
)  # fmt: skip


@pytest.fixture
def consolidate(run, monkeypatch):
    """Run the command over the echoing model."""

    def command(*arguments):
        engine = scripted_engine(tokenizer=WordTokenizer())
        engine.container.consolidating_model.override(providers.Object(EchoingModel()))
        monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: engine)
        return run("experiment", "consolidate", *arguments)

    return command


def test_the_tables_hold_every_variant_and_what_each_is_held_against(consolidate):
    lines = consolidate(*SMALL).text.splitlines()
    assert lines[0] == (
        "tempo experiment consolidate --count 3 --length 40 --window 16 --rows 4 --sinks 2 "
        "--recent 4 --alpha 0.5 --matrices kv --top-k 8 --facts 3 --prompts 2 --prompt 8 --steps 6"
    )
    assert lines[4].startswith("texts: source made by the project, texts 3, passages 3, sha256 ")
    assert "-- held-out passages, teacher-forced: 3 documents" in lines
    assert "-- planted facts, asked for after they left: 3 documents" in lines
    assert "-- greedy texts behind held-out prompts: 2 documents" in lines
    start = lines.index("differences: nats a token")
    assert [line.split("  ")[0] for line in lines[start + 3 : start + 14]] == [
        "attention less full context",
        "recency less attention",
        "random less attention",
        "bank, top 8 less attention",
        "bank, top 8 less full context",
        "kv 0.5 less attention",
        "kv 0.5 shuffled less attention",
        "kv 0.5 random less attention",
        "kv 0.5 less kv 0.5 shuffled",
        "kv 0.5 less kv 0.5 random",
        "window 24, alpha 0.01 less window 24, alpha 0",
    ]
    assert all(
        line.split("]")[1].strip() in {"no effect", "higher", "lower"}
        for line in lines[start + 3 : start + 14]
    )
    own = lines.index(
        "-- the documents' own condition: 'Once upon a time', one text a side, no interval"
    )
    assert lines[own + 6].startswith("change of the entropy: ")
    assert lines[own + 7].startswith("change of the perplexity of held-out passages")


def test_texts_of_a_file_are_told_by_their_hash(consolidate, tmp_path):
    file = tmp_path / "own.jsonl"
    words = [" ".join(f"secret{text}x{word}" for word in range(50)) for text in range(3)]
    file.write_text("".join(json.dumps({"text": one}) + "\n" for one in words), encoding="utf-8")
    place = tmp_path / "results"
    told = consolidate(*SMALL, "--texts", str(file), "--output-dir", str(place)).text
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    document = json.loads((place / "consolidate.json").read_text(encoding="utf-8"))
    assert document["texts"]["source"] == "a file"
    assert document["texts"]["file_sha256"] == digest
    assert digest in told
    assert "--texts own.jsonl" in document["command"]
    assert str(tmp_path) not in told
    # The fake echoes its prompts where it writes; what is read is in no result.
    for name in ("consolidate.txt", "consolidate.json", "found.jsonl"):
        assert "secret" not in (place / name).read_text(encoding="utf-8")


def test_a_study_goes_on_in_its_folder_and_gives_the_same_files(consolidate, tmp_path):
    place = tmp_path / "results"
    told = []
    for _ in range(2):
        consolidate(*SMALL, "--output-dir", str(place))
        names = ("consolidate.json", "consolidate.png", "found.jsonl")
        told.append([(place / name).read_bytes() for name in names])
    assert told[0] == told[1]
    assert told[0][1].startswith(b"\x89PNG")


def test_stopping_keeps_what_was_measured(consolidate, monkeypatch):
    flag = threading.Event()
    flag.set()

    class Stopped:
        def __enter__(self):
            return flag

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(consolidate_command, "stop_on_interrupt", Stopped)
    ended = consolidate(*SMALL)
    assert ended.code == 130
    assert "(stopped after 1 of " in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--window", "9"), "window is 9; it must be at least 10: 2 first and 4 recent tokens are"),
        (("--layers", "1,2"), "layer 2 does not exist; this model has the layers 0 to 1"),
        (("--layers", "x"), "layers is 'x'; give whole numbers with commas between them"),
        (("--matrices", "q"), "matrices is 'q'; it must be made of k, v, o, such as kv"),
        (("--matrices", "kk"), "matrices are k, k; give one or more of k, v, o, each once"),
        (("--alpha", "nan"), "alpha is nan; it must be a finite number"),
        (("--top-k", "-1"), "top_k is -1; it must be 1 or more, or 0 for all"),
        (("--decay", "0"), "decay is 0.0; it must be above 0 and at most 1"),
        (("--count", "1"), "count is 1; it must be 2 or more, since an interval needs two"),
        (("--count", "-1"), "count is -1; it must be 2 or more, since an interval needs two"),
        (("--keep-prompt", "--prompt", "12"), "window is 16; it must be at least 17: 12 first"),
        (("--pieces", "0"), "pieces is 0; it must be 1 or more"),
        (("--texts", "nowhere.txt"), "the texts file nowhere.txt cannot be read"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(consolidate, arguments, said):
    assert said in consolidate(*SMALL, *arguments).sentence


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the texts file {file} holds no text; give it one a line"),
        (
            b"one\n\xff\n",
            (
                "line 2 of the texts file {file} holds no text: it is not UTF-8 text: invalid "
                "start byte at byte 0 of the line; correct it, or take it out"
            ),
        ),
        (
            b"too short",
            (
                "count is 3 and the texts give 0 passages of that length; give more or longer "
                "texts, a smaller length or a smaller count"
            ),
        ),
    ],
)
def test_a_file_without_texts_to_read_is_one_sentence(consolidate, tmp_path, content, said):
    file = tmp_path / "own.txt"
    file.write_bytes(content)
    assert consolidate(*SMALL, "--texts", str(file)).sentence == said.format(file=file)
