"""The official client of the OpenAI API, against the service on a socket."""

import math

import openai
import pytest

from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.interfaces.http.conftest import slow_engine, until
from tests.interfaces.http.loopback import loopback
from tests.interfaces.scripted_engine import STORY, scripted_engine

MODEL = "scripted"


class ChattyTokenizer(ScriptedTokenizer):
    """Takes the last turn of a chat for its prompt."""

    def encode_chat(self, messages):
        return self.encode(messages[-1][1])


@pytest.fixture(scope="module")
def client():
    with (
        loopback(scripted_engine(tokenizer=ChattyTokenizer(STORY))) as (address, _),
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


def asked(client, **more):
    return client.completions.create(model=MODEL, prompt="Once", **more)


def said(client, text="Once", **more):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return client.chat.completions.create(model=MODEL, messages=messages, **more)


def test_the_model_is_listed(client):
    assert [model.id for model in client.models.list()] == [MODEL]


def test_a_prompt_is_completed(client):
    answer = asked(client)
    assert answer.object == "text_completion"
    assert answer.choices[0].text == " upon a park."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == 1
    assert answer.usage.completion_tokens == 5
    assert answer.usage.total_tokens == 6


def test_a_chat_is_completed(client):
    answer = said(client)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content == " upon a park."


def test_max_tokens_ends_a_text(client):
    assert asked(client, max_tokens=1).choices[0].text == " upon"
    assert asked(client, max_tokens=1).choices[0].finish_reason == "length"
    assert said(client, max_completion_tokens=1).choices[0].message.content == " upon"


def test_n_choices_are_the_best_texts_of_one_run(client):
    answer = asked(client, n=2)
    assert [choice.text for choice in answer.choices] == [" upon a park.", " upon a garden."]
    assert [choice.index for choice in answer.choices] == [0, 1]


def test_a_stop_string_ends_a_text_and_is_no_part_of_it(client):
    answer = asked(client, stop=["park"])
    assert answer.choices[0].text == " upon a "
    assert answer.choices[0].finish_reason == "stop"


def test_temperature_0_is_greedy(client):
    answer = said(client, temperature=0, logprobs=True)
    assert answer.choices[0].message.content == " upon a park."


def test_log_probabilities_of_a_completion_are_the_models_own(client):
    scores = asked(client, logprobs=2, n=2, echo=True).choices[1].logprobs
    assert scores.tokens == [" upon", " a", " garden", "."]
    assert scores.token_logprobs == pytest.approx([0.0, 0.0, math.log(0.4), 0.0], abs=1e-6)
    assert scores.top_logprobs[2] == pytest.approx(
        {" park": math.log(0.6), " garden": math.log(0.4)}
    )
    assert scores.text_offset == [4, 9, 11, 18]


def test_log_probabilities_of_a_chat_carry_bytes(client):
    content = said(client, logprobs=True, top_logprobs=1).choices[0].logprobs.content
    assert [token.token for token in content] == [" upon", " a", " park", "."]
    assert bytes(content[2].bytes) == b" park"
    assert content[2].logprob == pytest.approx(math.log(0.6))
    assert [other.token for other in content[2].top_logprobs] == [" park"]


@pytest.mark.parametrize("more", [{}, {"n": 2}, {"logprobs": 1}])
def test_a_stream_joins_to_what_comes_at_once(client, more):
    whole = asked(client, **more)
    texts = [""] * len(whole.choices)
    reasons = [None] * len(whole.choices)
    options = {"include_usage": True}
    for piece in asked(client, stream=True, stream_options=options, **more):
        for choice in piece.choices:
            texts[choice.index] += choice.text
            reasons[choice.index] = choice.finish_reason or reasons[choice.index]
        usage = piece.usage or None
    assert texts == [choice.text for choice in whole.choices]
    assert reasons == [choice.finish_reason for choice in whole.choices]
    assert usage == whole.usage


def test_a_stream_comes_in_pieces(client):
    assert len([piece for piece in asked(client, stream=True) if piece.choices[0].text]) > 1


def test_a_chat_streams(client):
    pieces = list(said(client, stream=True))
    assert pieces[0].choices[0].delta.role == "assistant"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == " upon a park."
    assert pieces[-1].choices[0].finish_reason == "stop"


def test_settings_of_tempo_stand_beside_the_apis_own(client):
    answer = asked(client, n=2, extra_body={"selection_threshold": 0.5})
    assert [choice.text for choice in answer.choices] == [" upon a park."]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"presence_penalty": 1.0}, "presence_penalty"),
        ({"frequency_penalty": 0.5}, "repetition_penalty"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"best_of": 3}, "best_of"),
        ({"suffix": "x"}, "suffix"),
        ({"temperature": 0, "n": 2}, "n must be 1"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 999}, "at most 200"),
        ({"extra_body": {"nonsense": 1}}, "nonsense"),
        ({"extra_body": {"max_steps": 3}}, "max_steps and max_tokens"),
        ({"prompt": ["a", "b"]}, "prompt"),
    ],
)
def test_what_a_field_cannot_mean_here_is_refused_with_a_reason(client, more, told):
    with pytest.raises(openai.UnprocessableEntityError, match=told):
        client.completions.create(**{"model": MODEL, "prompt": "Once", **more})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"top_logprobs": 2}, "logprobs true"),
        ({"max_tokens": 1, "max_completion_tokens": 2}, "differ"),
        ({"text": " "}, "last message is empty"),
    ],
)
def test_the_same_holds_for_a_chat(client, more, told):
    with pytest.raises(openai.UnprocessableEntityError, match=told):
        said(client, **more)


def test_another_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match="scripted"):
        client.completions.create(model="gpt-4", prompt="Once")


def test_a_model_without_a_chat_template_says_so():
    with loopback() as (address, _):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        with pytest.raises(openai.UnprocessableEntityError, match="chat"):
            said(client)


def test_leaving_a_stream_ends_its_run():
    with loopback(slow_engine()) as (address, app):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        more = {"max_tokens": 200, "extra_body": {"min_steps": 190, "stop_on": "all"}}
        stream = client.completions.create(model=MODEL, prompt=" a", stream=True, **more)
        next(iter(stream))
        stream.close()
        assert until(lambda: not app.state.service.runner.admission.under_way, 0.7)
        assert app.state.service.runner.admission.rows == 0


def test_a_run_over_its_time_ends_a_stream_with_an_error():
    with loopback(slow_engine(), run_seconds=0.05) as (address, _):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        with pytest.raises(openai.APIError, match="longer than"):
            list(client.completions.create(model=MODEL, prompt=" a", stream=True, max_tokens=200))
