"""The adapter against the harness's own evaluation, on tasks that this project writes."""

import json
import math

import lm_eval
import pytest
import torch
from lm_eval.api.instance import Instance
from lm_eval.tasks import TaskManager

import tempo
from tempo.application.studies.tasks.catalogue import TASKS
from tempo.domain.errors import InvalidValueError
from tempo.interfaces.evaluation_harness import TempoModel

COUNT = 12

YAML = """\
task: {task}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
output_type: {output}
doc_to_text: "{{{{prompt}}}}"
{rest}
"""

GENERATED = """\
doc_to_target: "{{references[0]}}"
generation_kwargs:
  until: ["."]
  max_gen_toks: 4
  do_sample: false
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""

CHOSEN = """\
doc_to_choice: "{{choices}}"
doc_to_target: answer
target_delimiter: ""
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""

TOLD = """\
doc_to_target: "{{references[0]}}"
target_delimiter: ""
metric_list:
  - metric: perplexity
    aggregation: perplexity
    higher_is_better: false
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""


@pytest.fixture(scope="module")
def engine():
    return tempo.load(dtype="float32", device="cpu", check=False)


@pytest.fixture
def evaluated(engine, tmp_path):
    """Evaluate one of our task sets, written as a file and a YAML beside it."""

    def evaluate(name, output, rest, **settings):
        items = TASKS[name].items(COUNT, 42)
        file = tmp_path / f"{name}.jsonl"
        lines = "".join(json.dumps(item.document()) + "\n" for item in items)
        file.write_text(lines, encoding="utf-8")
        task = f"tempo_{name.replace('-', '_')}_{output}"
        text = YAML.format(task=task, file=file, output=output, rest=rest)
        (tmp_path / f"{task}.yaml").write_text(text, encoding="utf-8")
        found = lm_eval.simple_evaluate(
            model=TempoModel(engine, **settings),
            tasks=[task],
            task_manager=TaskManager(include_path=str(tmp_path), include_defaults=False),
            bootstrap_iters=0,
        )
        return items, found["results"][task], found["samples"][task]

    return evaluate


def plain(engine, prompt, text):
    """(log-probability, greedy) of a text by transformers' own forward."""
    loaded = engine.container.loaded()
    before = loaded.tokenizer(prompt)["input_ids"]
    whole = loaded.tokenizer(prompt + text)["input_ids"]
    model = engine.container.plain_model()
    with torch.inference_mode():
        logs = torch.log_softmax(model(torch.tensor([whole])).logits[0].double(), dim=-1)
    rows = range(len(before) - 1, len(whole) - 1)
    total = sum(logs[row, whole[row + 1]].item() for row in rows)
    return total, all(logs[row].argmax().item() == whole[row + 1] for row in rows)


def test_generated_answers_are_the_engines_best_paths(evaluated, engine):
    items, results, samples = evaluated(
        "cloze", "generate_until", GENERATED, superposition="path", selection_threshold=0.05
    )
    right = []
    for item, sample in zip(items, samples, strict=True):
        own = engine.generate(
            item.prompt, max_steps=4, stop=["."], superposition="path", selection_threshold=0.05
        )
        assert sample["resps"][0] == [own.text]
        right.append(own.text == item.references[0])
    assert results["exact_match,none"] == pytest.approx(sum(right) / COUNT)


def test_choices_are_made_by_the_models_own_probabilities(evaluated, engine):
    items, results, _ = evaluated("next-sentence", "multiple_choice", CHOSEN)
    right = 0
    for item in items:
        scores = [plain(engine, item.prompt, choice)[0] for choice in item.facts["choices"]]
        right += scores.index(max(scores)) == item.facts["answer"]
    assert results["acc,none"] == pytest.approx(right / COUNT)


def test_log_likelihoods_are_those_of_a_plain_forward(evaluated, engine):
    items, results, samples = evaluated("cloze", "loglikelihood", TOLD)
    expected = [plain(engine, item.prompt, item.references[0]) for item in items]
    for (score, greedy), sample in zip(expected, samples, strict=True):
        (found,) = sample["filtered_resps"]
        assert (float(found[0]), found[1]) == (pytest.approx(score, abs=1e-3), greedy)
    assert results["acc,none"] == pytest.approx(sum(greedy for _, greedy in expected) / COUNT)
    assert results["perplexity,none"] == pytest.approx(
        math.exp(-sum(score for score, _ in expected) / COUNT), rel=1e-3
    )


def asked(*arguments):
    return [Instance("loglikelihood", {}, arguments, 0)]


def test_a_text_by_itself_is_scored_from_the_begin_token(engine):
    model, text = TempoModel(engine), "Tom had a red ball."
    (rolling,) = model.loglikelihood_rolling(asked(text))
    ((scored, _),) = model.loglikelihood(asked("", text))
    assert rolling == pytest.approx(plain(engine, "", text)[0], abs=1e-3)
    assert scored == pytest.approx(rolling, abs=1e-3)


def test_blanks_at_a_contexts_end_belong_to_the_continuation(engine):
    model = TempoModel(engine)
    assert model.loglikelihood(asked("The cat sat on the ", "mat")) == model.loglikelihood(
        asked("The cat sat on the", " mat")
    )


def test_texts_longer_than_the_context_are_scored_window_by_window(engine):
    context = engine.description.context
    text = "Tom had a red ball. " * context
    model = TempoModel(engine)
    (whole,) = model.loglikelihood_rolling(asked(text))
    assert math.isfinite(whole)
    assert whole < model.loglikelihood_rolling(asked(text[: len(text) // 2]))[0] < 0
    ((score, _),) = model.loglikelihood(asked(text, " mat"))
    assert score < 0
    (answer,) = model.generate_until(
        [Instance("generate_until", {}, (text, {"max_gen_toks": 3}), 0)]
    )
    assert answer


def test_what_the_harness_caches_is_what_was_answered(engine):
    told = []

    class Hook:
        def add_partial(self, *entry):
            told.append(entry)

    model = TempoModel(engine)
    model.set_cache_hook(Hook())
    found = model.loglikelihood(asked("The cat sat on the", " mat"))
    assert told == [("loglikelihood", ("The cat sat on the", " mat"), found[0])]
    assert len(model.tokenizer_name) == 64


def test_a_task_that_asks_for_sampling_is_refused(engine):
    request = Instance("generate_until", {}, ("Once", {"do_sample": True}), 0)
    with pytest.raises(InvalidValueError, match="the task asks for sampling"):
        TempoModel(engine).generate_until([request])


def test_the_harness_finds_the_model_by_its_name():
    found = lm_eval.api.registry.get_model("tempo").create_from_arg_string(
        "model=embedded,superposition=path,max_width=4", {"batch_size": 1, "device": "cuda:0"}
    )
    assert isinstance(found, TempoModel)
    assert isinstance(TempoModel.create_from_arg_obj({"model": "embedded"}, {}), TempoModel)
    with pytest.raises(tempo.errors.UnknownSettingError):
        found.__class__.create_from_arg_string("model=embedded,width=4")
