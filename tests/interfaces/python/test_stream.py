import asyncio
import threading

import pytest

from tempo.domain.events import RunFinished, RunStarted, StepAppended, TextSettled
from tempo.domain.stopping import FinishReason
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tests.fakes.backends import CountingBackend, Wrapped
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

EXPECTED = [
    "RunStarted",
    *["StepAppended", "TextSettled"] * 2,
    *["StepAppended", "StepAppended", "TextSettled"],
    *["StepAppended", "RunFinished"],
]
"""Of the story: the park and the garden settle a step later."""


def names(events):
    return [type(event).__name__ for event in events]


def steps(stream):
    return len(stream.result.lattice)


def test_a_stream_tells_the_run_event_by_event():
    events = list(scripted_engine().stream("Once"))
    assert names(events) == EXPECTED
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)


def test_the_texts_joined_are_the_text():
    stream = scripted_engine(FOREVER).stream(" a", max_steps=30)
    texts = [event.text for event in stream if isinstance(event, TextSettled | RunFinished)]
    assert len(texts) > 2
    assert "".join(texts) == stream.result.text


def test_a_stream_gives_the_result_of_the_same_call_of_generate():
    engine = scripted_engine()
    stream = engine.stream("Once", threshold=0.3)
    list(stream)
    whole = engine.generate("Once", threshold=0.3)
    assert (stream.result.text, stream.result.bracketed) == (whole.text, whole.bracketed)
    assert stream.result.finish_reason is FinishReason.END_OF_TEXT
    assert stream.result.prompt == "Once"


def test_the_result_is_there_while_the_run_goes_on():
    stream = scripted_engine().stream("Once")
    assert (stream.result.text, steps(stream)) == ("", 0)
    for event in stream:
        if isinstance(event, StepAppended) and event.step.step == 1:
            break
    assert (stream.result.text, steps(stream)) == (" upon a", 2)
    list(stream)
    assert stream.result.text == " upon a park."


def test_nothing_runs_before_the_first_event_is_drawn():
    backend = CountingBackend(ScriptedBackend(FOREVER))
    stream = scripted_engine(FOREVER, backend=backend).stream(" a")
    assert (backend.opened, backend.readings) == (1, 0)
    next(stream)
    next(stream)
    assert backend.readings == 1


def test_closing_early_cancels_and_keeps_the_result():
    backend = CountingBackend(ScriptedBackend(FOREVER))
    stream = scripted_engine(FOREVER, backend=backend).stream(" a", max_steps=50)
    for event in stream:
        if isinstance(event, StepAppended) and event.step.step == 4:
            stream.close()
    assert (steps(stream), backend.readings) == (5, 5)
    assert stream.result.finish_reason is FinishReason.CANCELLED
    assert stream.result.text
    assert list(stream) == []


def test_leaving_a_with_block_cancels():
    with scripted_engine(FOREVER).stream(" a", max_steps=50) as stream:
        for _ in range(4):
            next(stream)
    assert list(stream) == []
    assert stream.result.finish_reason is FinishReason.CANCELLED


def test_closing_a_stream_that_has_ended_changes_nothing():
    stream = scripted_engine().stream("Once")
    list(stream)
    stream.close()
    stream.close()
    assert stream.result.finish_reason is FinishReason.END_OF_TEXT


def test_closing_a_stream_that_never_started_leaves_an_empty_result():
    stream = scripted_engine().stream("Once")
    stream.close()
    assert (stream.result.text, steps(stream)) == ("", 0)
    assert list(stream) == []


# In an event loop -------------------------------------------------------------------------------


def test_an_event_loop_gets_the_same_events():
    async def collect():
        return [event async for event in scripted_engine().stream("Once")]

    assert names(asyncio.run(collect())) == names(list(scripted_engine().stream("Once")))


class Held(Wrapped):
    """A model that waits at each reading until it is let go on."""

    def __init__(self, inner):
        super().__init__(inner)
        self.reading = threading.Event()
        self.go_on = threading.Event()
        self.readings = 0

    def propose(self, batch):
        self.readings += 1
        self.reading.set()
        assert self.go_on.wait(timeout=10)
        return super().propose(batch)


def test_the_event_loop_goes_on_while_the_model_works():
    backend = Held(ScriptedBackend(FOREVER))
    stream = scripted_engine(FOREVER, backend=backend).stream(" a", max_steps=3)

    async def work():
        async def collect():
            return [event async for event in stream]

        task = asyncio.create_task(collect())
        assert await asyncio.to_thread(backend.reading.wait, 10)
        assert not task.done()
        backend.go_on.set()
        return await task

    assert isinstance(asyncio.run(work())[-1], RunFinished)


def test_cancelling_a_task_ends_the_run_after_the_step_under_way():
    backend = Held(ScriptedBackend(FOREVER))
    stream = scripted_engine(FOREVER, backend=backend).stream(" a", max_steps=50)

    async def follow():
        async with stream:
            async for _ in stream:
                pass

    async def work():
        task = asyncio.create_task(follow())
        assert await asyncio.to_thread(backend.reading.wait, 10)
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, backend.go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
    assert backend.readings == 1
    assert stream.result.finish_reason is FinishReason.CANCELLED
    assert steps(stream) == 1


def test_closing_in_an_event_loop_cancels():
    stream = scripted_engine(FOREVER).stream(" a", max_steps=50)

    async def work():
        async for event in stream:
            if isinstance(event, StepAppended) and event.step.step == 2:
                break
        await stream.aclose()
        return [event async for event in stream]

    assert asyncio.run(work()) == []
    assert steps(stream) == 3
    assert stream.result.finish_reason is FinishReason.CANCELLED


def test_another_thread_may_close_a_stream():
    backend = Held(ScriptedBackend(FOREVER))
    stream = scripted_engine(FOREVER, backend=backend).stream(" a", max_steps=50)
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(stream))
    reader.start()
    assert backend.reading.wait(timeout=10)
    closer = threading.Thread(target=stream.close)
    closer.start()
    backend.go_on.set()
    reader.join(timeout=10)
    closer.join(timeout=10)
    assert not reader.is_alive()
    assert not closer.is_alive()
    assert stream.result.finish_reason in {FinishReason.CANCELLED, FinishReason.MAX_STEPS}
