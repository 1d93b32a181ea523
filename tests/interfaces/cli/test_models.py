"""The command line over models in folders."""

import json
import socket
import time

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tempo.infrastructure.configuration import FAMILIES
from tempo.infrastructure.huggingface.random_weights import random_model


@pytest.fixture
def generate(run, tiny_model):
    def command(*arguments, model=tiny_model):
        return run("generate", "--model", model, *arguments)

    return command


def greedy(folder, prompt, steps):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(prompt, return_tensors="pt")
    found = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        do_sample=False,
        max_new_tokens=steps,
        eos_token_id=[0, 1],
        pad_token_id=0,
    )
    return tokenizer.decode(found[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def test_plain_greedy_decoding_is_transformers_greedy_text(generate, tiny_model):
    ended = generate("the fox", "--default-mode", "--max-steps", "20")
    expected = greedy(tiny_model, "the fox", 20)
    assert len(expected) > 5
    assert ended.text == expected + "\n"


def test_a_folder_is_a_model(generate, tiny_model):
    document = json.loads(generate("the fox", "--output-json", "--max-steps", "3").text)
    model = document["model"]
    assert (model["name"], model["family"]) == (tiny_model, "llama")
    assert (model["dtype"], model["device"]) == ("float32", "cpu")
    assert len(model["fingerprint"]) == len(model["tokenizer_fingerprint"]) == 64
    assert len(document["lattice"]["steps"]) == 3


def test_a_kept_run_is_repeated_on_its_own_model_alone(run, generate, tiny_model, tmp_path):
    path = str(tmp_path / "run.json")
    generate("the fox", "--max-steps", "6", "--threshold", "0.02", "--save-lattice", path)
    ended = run("replay", path, "--rerun", "--model", tiny_model)
    assert ended.code == 0
    assert ended.out.count("\nequal\n") == 2
    narrow = run("replay", path, "--rerun", "--model", tiny_model, "--dtype", "bfloat16")
    assert "the model differs" in narrow.sentence
    assert "the tokenizer differs" in run("replay", path, "--rerun").err


@pytest.mark.parametrize(("made", "given"), [("int8", "float32"), ("float32", "int8")])
def test_a_run_of_rounded_weights_is_not_repeated_on_exact_ones_or_the_other_way_round(
    run, tmp_path, made, given
):
    path = str(tmp_path / "run.json")
    run("generate", "Once upon", "--max-steps", "3", "--dtype", made, "--save-lattice", path)
    assert run("replay", path, "--rerun", "--dtype", made).code == 0
    sentence = run("replay", path, "--rerun", "--dtype", given).sentence
    assert f"made by embedded (llama, {made}) and this is embedded (llama, {given})" in sentence
    assert "the model differs" in sentence


def test_a_model_runs_in_the_dtype_that_was_asked_for(generate):
    document = json.loads(
        generate("the fox", "--output-json", "--max-steps", "2", "--dtype", "bfloat16").text
    )
    assert document["model"]["dtype"] == "bfloat16"


def test_steps_past_the_context_stop_there_and_say_so(generate):
    ended = generate("the fox", "--max-steps", "100", "--default-mode")
    assert ended.code == 0
    assert ended.out.strip()
    (line,) = ended.err.splitlines()
    assert line == "tempo: stopped after 62 steps: the model's context of 64 is full"


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(generate):
    sentence = generate("fox " * 80).sentence
    assert sentence == (
        "the prompt has 82 tokens and the model's context 64; "
        "shorten the prompt to 63 tokens or fewer"
    )


def test_a_chat_goes_through_the_models_template(generate, tiny_chat_model):
    ended = generate(
        "Hi", "--system", "Be brief.", "--output-json", "--max-steps", "1", model=tiny_chat_model
    )
    document = json.loads(ended.text)
    text = AutoTokenizer.from_pretrained(tiny_chat_model).decode(document["prompt_ids"])
    assert text == (
        "<|begin|><|header|>system\n\nBe brief.<|end|>"
        "<|header|>user\n\nHi<|end|><|header|>assistant\n\n"
    )


@pytest.mark.parametrize(
    ("flags", "messages"),
    [
        (["--chat"], "user\n\nHi"),
        (["--enable-thinking"], "system\n\nEnable deep thinking subroutine.<|end|>"),
        (
            ["--enable-thinking", "--system", "Be brief."],
            "system\n\nEnable deep thinking subroutine.\n\nBe brief.<|end|>",
        ),
    ],
)
def test_each_chat_option_changes_the_prompt(generate, tiny_chat_model, flags, messages):
    ended = generate("Hi", *flags, "--output-json", "--max-steps", "1", model=tiny_chat_model)
    ids = json.loads(ended.text)["prompt_ids"]
    text = AutoTokenizer.from_pretrained(tiny_chat_model).decode(ids)
    assert text.startswith(f"<|begin|><|header|>{messages}")


@pytest.mark.parametrize("flags", [["--chat"], ["--system", "Be brief."], ["--enable-thinking"]])
def test_a_chat_needs_a_model_with_a_template(generate, flags):
    assert "this model has no chat template" in generate("Hi", *flags).sentence


def test_random_weights_need_no_checkpoint(generate):
    document = json.loads(
        generate("the fox", "--random-weights", "qwen3", "--output-json", "--max-steps", "2").text
    )
    assert (document["model"]["name"], document["model"]["family"]) == ("random qwen3", "qwen3")


# What is no model -------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_named(run):
    sentence = run("generate", "--model", "/no/such/model", "Hi").sentence
    assert "there is no folder '/no/such/model'" in sentence


def test_a_folder_without_weights_is_named(run, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    sentence = run("generate", "--model", str(tmp_path), "Hi").sentence
    assert f"{tmp_path} holds no weights" in sentence


def test_a_folder_that_holds_no_model_is_named(run, tmp_path):
    assert f"{tmp_path} is no model" in run("generate", "--model", str(tmp_path), "Hi").sentence


def test_a_hub_id_without_a_network_is_refused_at_once(run, monkeypatch):
    def no_network(*_):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    start = time.perf_counter()
    sentence = run("generate", "--model", "nobody/no-such-model", "Hi").sentence
    assert time.perf_counter() - start < 5
    assert "nobody/no-such-model" in sentence
    assert "cannot be reached" in sentence


def test_a_hub_id_when_the_hub_is_switched_off_is_refused_at_once(run, monkeypatch):
    """A proxy hides whether the hub is there; transformers is told to stay offline."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    start = time.perf_counter()
    sentence = run("generate", "--model", "nobody/no-such-model", "Hi").sentence
    assert time.perf_counter() - start < 5
    assert "nobody/no-such-model" in sentence


@pytest.mark.parametrize("name", ["~nobody-of-this-name/model", "m" * 300, "a/b/c", "two words"])
def test_a_strange_name_of_a_model_is_one_sentence(run, monkeypatch, name):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    sentence = run("generate", "--model", name, "Hi").sentence
    assert name[:100] in sentence
    assert "standard output" not in sentence


@pytest.mark.parametrize(
    ("option", "value", "choices"),
    [
        ("--device", "tpu", "auto, cuda, mps, cpu"),
        ("--dtype", "int4", "auto, float32, bfloat16, float16, int8"),
        ("--random-weights", "bert", ", ".join(FAMILIES)),
    ],
)
def test_an_unknown_choice_is_told_all_choices(generate, option, value, choices):
    sentence = generate("Hi", option, value).sentence
    assert repr(value) in sentence
    assert choices in sentence


def test_a_dtype_that_could_change_nothing_is_refused(generate):
    """A random model is drawn in float32."""
    assert generate("Hi", "--random-weights", "llama", "--dtype", "int4").sentence


def test_a_device_that_is_not_there_is_refused(generate, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (
        "device cuda is not available on this machine"
        in generate("Hi", "--device", "cuda").sentence
    )


def test_settings_are_judged_before_a_model_is_loaded(run):
    sentence = run("generate", "--model", "/no/such/model", "--threshold", "7", "Hi").sentence
    assert "selection_threshold is 7.0" in sentence


# Doctor -----------------------------------------------------------------------------------------


def test_the_doctor_tells_the_facts_and_passes(run, tiny_model):
    page = run("doctor", "--model", tiny_model).text
    facts = dict(line.strip().split("  ", 1) for line in page.splitlines() if "  " in line.strip())
    assert facts["parameters"].strip() == "112,704"
    assert facts["vocabulary"].strip() == "302"
    assert facts["context"].strip() == "64 positions"
    assert facts["runs on"].strip() == "cpu, float32"
    assert facts["model"].strip().startswith(tiny_model[:40])
    assert facts["torch"].strip() == torch.__version__
    assert "two steps deep" in facts
    assert page.splitlines()[-1] == "passed: siblings stay isolated and share their position"


def test_the_doctor_tells_each_finding_with_what_to_do(run, tiny_model):
    lines = run("doctor", "--model", tiny_model).text.splitlines()
    for subject in ("python", "packages", "memory", "disk", "device", "port", "hub cache"):
        assert any(subject in line.split(":")[0] for line in lines if line[:4] in {"ok  ", "note"})
    notes = [number for number, line in enumerate(lines) if line.startswith("note ")]
    assert any("the tokenizer's is 1, the model's 0: each ends a text" in lines[at] for at in notes)
    assert all(lines[at + 1].startswith("        fix: ") for at in notes)
    laws = [line for line in lines if line.startswith("ok      law ")]
    assert [line.split()[2] for line in laws] == ["1:", "2:", "3:", "4:", "7:", "8:"]


def test_the_doctor_looks_at_the_machine_though_the_model_is_not_there(run):
    ended = run("doctor", "--model", "/no/such/model")
    assert "there is no folder" in ended.sentence
    assert "ok      python: " in ended.out


def test_the_doctor_fails_a_model_that_ignores_the_mask(run, tiny_model, monkeypatch):
    from transformers.models.llama.modeling_llama import LlamaModel

    honest = LlamaModel.forward

    def ignoring(self, *args, attention_mask=None, **named):
        return honest(self, *args, attention_mask=torch.zeros_like(attention_mask), **named)

    monkeypatch.setattr(LlamaModel, "forward", ignoring)
    ended = run("doctor", "--model", tiny_model, "--backend", "transformers")
    assert ended.code == 2
    assert ended.out.splitlines()[-1].startswith("FAILED: this model's attention ignores the mask")
    assert "failed  law 2: broken: siblings equal runs of their own" in ended.out
    assert "        fix: try --backend transformers" in ended.out
    assert "Traceback" not in ended.out + ended.err
    ended = run("generate", "--model", tiny_model, "--backend", "transformers", "Hi")
    assert "fails the isolation check" in ended.sentence


def test_the_doctor_names_a_model_that_is_not_there(run):
    assert "/no/such/model" in run("doctor", "--model", "/no/such/model").sentence


def test_a_model_of_a_family_without_shared_positions_is_refused(run, tmp_path):
    from transformers import GPT2Config, GPT2LMHeadModel

    from tests.infrastructure.huggingface.tiny_tokenizers import byte_level

    tokenizer = byte_level()
    config = GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2, n_positions=32)
    GPT2LMHeadModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert "gpt2" in run("generate", "--model", str(tmp_path), "Hi").sentence


def test_a_random_model_is_the_same_every_time():
    one, two = (random_model("llama", 30) for _ in range(2))
    assert torch.equal(one.lm_head.weight, two.lm_head.weight)
