"""`tempo models`, over a hub on this machine and made-up caches."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from tempo.infrastructure.embedded import embedded_model_path
from tests.fakes.hub_cache import commit_of, files_of, keep
from tests.fakes.hub_server import hub

NAME = "nobody/tiny"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of a model, in shards as the one that ships has them."""
    from tempo.infrastructure.huggingface.random_weights import random_model
    from tests.infrastructure.huggingface.tiny_tokenizers import byte_level

    folder = tmp_path_factory.mktemp("made")
    tokenizer = byte_level()
    random_model("llama", len(tokenizer)).save_pretrained(folder, max_shard_size="200KB")
    tokenizer.save_pretrained(folder)
    made = files_of(folder)
    assert "model.safetensors.index.json" in made
    return made


@pytest.fixture
def cache(tmp_path, files):
    keep(tmp_path, NAME, files)
    keep(tmp_path, NAME, files | {"README.md": b"newer"}, "v2")
    return tmp_path


@pytest.fixture
def models(run, tmp_path):
    def command(verb, *arguments, cache=tmp_path):
        return run("models", verb, *arguments, "--cache-dir", str(cache))

    return command


@pytest.fixture
def online(monkeypatch, files):
    """A hub that has the model at two revisions; yields the paths that it was asked for."""
    older = {name: content for name, content in files.items() if not name.endswith(".safetensors")}
    older |= {"pytorch_model.bin": b"older weights"}
    del older["model.safetensors.index.json"]
    repositories = {
        NAME: {"main": files | {"onnx/model.json": b"{}", "picture.png": b"-"}, "v2": files},
        "nobody/older": {"main": older},
    }
    with hub(repositories) as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield asked


# List -------------------------------------------------------------------------------------------


def test_the_model_that_ships_is_listed_without_a_cache(models, tmp_path):
    head, line = models("list", cache=tmp_path / "nothing").text.splitlines()
    assert head.split() == ["model", "revision", "family", "size", "folder"]
    assert line.split() == ["embedded", "llama", "24.2", "MB", str(embedded_model_path())]


def test_each_revision_of_a_cached_model_is_listed(models, cache, files):
    _, *lines = models("list").text.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [
        [NAME, "main", "llama"],
        [NAME, "v2", "llama"],
    ]
    document = json.loads(models("list", "--output-json").text)
    _, main, newer = document
    assert (main["name"], main["refs"], main["commit"]) == (NAME, ["main"], commit_of("main"))
    assert main["size"] == sum(map(len, files.values()))
    assert newer["size"] == main["size"] + len(b"newer")


# Verify -----------------------------------------------------------------------------------------


def test_whole_models_are_told_so(models, cache):
    assert models("verify", "embedded").text == "embedded is whole\n"
    assert models("verify", NAME).text == f"{NAME} at main is whole\n{NAME} at v2 is whole\n"
    assert models("verify", NAME, "--revision", commit_of("v2")[:8]).text == (
        f"{NAME} at v2 is whole\n"
    )


def test_a_folder_is_verified_as_a_model_of_the_cache_is(models, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(embedded_model_path(), folder)
    assert models("verify", str(folder)).text == f"{folder} is whole\n"
    weights = next(folder.glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1])
    ended = models("verify", str(folder))
    assert ended.code == 2
    fault, fix = ended.out.splitlines()
    assert fault.startswith(f"{folder}: {weights.name} has ")
    assert fix == "fix: copy these files once more from where the folder came from"
    assert "revision 'v1' would have no effect" in (
        models("verify", str(folder), "--revision", "v1").sentence
    )


def snapshot(cache):
    return cache / "models--nobody--tiny" / "snapshots" / commit_of("main")


def first_shard(cache):
    return next(iter(sorted(snapshot(cache).glob("*.safetensors"))))


def changed(cache):
    blob = first_shard(cache).resolve()
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def small_changed(cache):
    blob = (snapshot(cache) / "config.json").resolve()
    blob.write_bytes(blob.read_bytes() + b" ")


def lost(cache):
    first_shard(cache).resolve().unlink()


def unlinked(cache):
    first_shard(cache).unlink()


def untokenized(cache):
    (snapshot(cache) / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (changed, "is not what the hub sent: its content has changed"),
        (small_changed, "config.json is not what the hub sent"),
        (lost, "is a link to a file that is not there"),
        (unlinked, "is not there, and model.safetensors.index.json names it"),
        (untokenized, "tokenizer.json is not there, nor another tokenizer"),
    ],
)
def test_damage_is_told_with_what_to_do_and_what_is_damaged_can_be_removed(
    models, cache, damage, told
):
    damage(cache)
    ended = models("verify", NAME, "--revision", commit_of("main"))
    assert (ended.code, ended.err) == (2, "")
    *lines, fix = ended.out.splitlines()
    assert any(line.startswith(f"{NAME}: ") and told in line for line in lines)
    assert fix == f"fix: tempo models remove {NAME}, then tempo models download {NAME}"
    assert models("remove", NAME, "--yes").code == 0
    assert len(models("list").text.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("verify", "nobody/else"), "there is no model 'nobody/else' on this machine; there are: "),
        (("verify", NAME, "--revision", "v9"), f"{NAME} is not here at revision 'v9'; it is at: "),
        (("remove", "nobody/else"), "there is no model 'nobody/else' on this machine"),
        (("remove", "embedded", "--yes"), "embedded is part of the package"),
        (("remove", NAME), "there is no terminal to ask at; say --yes"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(models, cache, arguments, sentence):
    verb, *rest = arguments
    assert sentence in models(verb, *rest).sentence
    assert len(models("list").text.splitlines()) == 4


# Remove -----------------------------------------------------------------------------------------


def test_one_revision_leaves_and_the_files_that_the_other_shares_stay(models, cache):
    ended = models("remove", NAME, "--revision", "v2", "--yes")
    assert ended.text.startswith(f"removed {NAME} at v2 (")
    assert ended.text.endswith("0.0 MB are free again\n")
    assert models("verify", NAME).text == f"{NAME} at main is whole\n"


def test_all_revisions_leave_together(models, cache):
    assert models("remove", NAME, "--yes").code == 0
    assert len(models("list").text.splitlines()) == 2
    assert not list(cache.glob("models--*"))


# Download ---------------------------------------------------------------------------------------


def test_a_model_is_fetched_verified_and_ready_to_run_offline(models, online, run, tmp_path, files):
    path, verdict = models("download", NAME).text.splitlines()
    assert verdict == f"{NAME} at main is whole"
    assert set(files_of(path)) >= {name for name in files if name != "README.md"}
    assert not (Path(path) / "picture.png").exists()
    assert not (Path(path) / "onnx").exists()
    ended = run(
        *("generate", "--model", NAME, "--cache-dir", str(tmp_path), "--offline"),
        *("--max-steps", "3", "the fox"),
    )
    assert ended.code == 0


def test_a_revision_is_fetched_by_its_name(models, online):
    assert models("download", NAME, "--revision", "v2").text.endswith(f"{NAME} at v2 is whole\n")


def test_older_weights_are_fetched_where_there_are_no_others(models, online):
    path, verdict = models("download", "nobody/older").text.splitlines()
    assert verdict == "nobody/older at main is whole"
    assert "pytorch_model.bin" in files_of(path)


def test_what_is_here_already_is_not_fetched_again(models, online):
    models("download", NAME)
    before = sum(1 for verb, path in online if verb == "GET" and "/resolve/" in path)
    assert before
    models("download", NAME)
    assert sum(1 for verb, path in online if verb == "GET" and "/resolve/" in path) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody/nothing",), "the hub has no model of this name"),
        ((NAME, "--revision", "v9"), f"{NAME} at revision v9 cannot be fetched"),
        (("a/b/c",), "this can be no name of a hub's model"),
    ],
)
def test_what_the_hub_does_not_have_is_one_sentence(models, online, arguments, sentence):
    assert sentence in models("download", *arguments).sentence


def test_without_a_hub_the_sentence_says_where_it_looked(models, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    sentence = models("download", NAME).sentence
    assert sentence.startswith(f"{NAME} cannot be fetched from http://127.0.0.1:9: ")


def test_offline_the_sentence_says_so(models):
    assert "HF_HUB_OFFLINE is set" in models("download", NAME).sentence


def test_without_room_nothing_is_fetched(models, online, monkeypatch):
    import shutil

    full = shutil.disk_usage("/")._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert "make room (tempo models remove)" in models("download", NAME).sentence
    assert not any("/resolve/" in path for _, path in online)


@pytest.mark.integration
def test_the_command_fetches_from_the_hub_that_the_environment_names(tmp_path, files):
    with hub({NAME: {"main": files}}) as (address, _):
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}
            and not name.lower().endswith("_proxy")
        }
        environment |= {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path)}
        command = [sys.executable, "-m", "tempo", "models", "download", NAME]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.endswith(f"{NAME} at main is whole\n")
    assert ended.stdout.startswith(str(tmp_path / "hub"))
