"""Show a text while it is decoded, once in a thread and once in an event loop.

What all live hypotheses share is settled and can no longer change: that is what streams. Leaving
the `with` cancels the run after the step under way, and what was decoded stays.
"""

import asyncio

import tempo

engine = tempo.load()

with engine.stream("Once upon a time", max_steps=14) as stream:
    for event in stream:
        match event:
            case tempo.events.StepAppended(step=step):
                print(f"step {step.step}: {step.width} of {len(step.candidates)} kept")
            case tempo.events.TextSettled(text=text) | tempo.events.RunFinished(text=text):
                print(f"  settled {text!r}")


async def first_words(count: int) -> str:
    """Follow a run until so many steps are there, then cancel it."""
    async with engine.stream("The dog", max_steps=50) as stream:
        async for event in stream:
            if isinstance(event, tempo.events.StepAppended) and event.step.step + 1 == count:
                break
    return stream.result.text


print("cancelled after three steps:", asyncio.run(first_words(3)))

# Prints:
#   step 0: 2 of 16 kept
#   step 1: 2 of 16 kept
#   step 2: 2 of 16 kept
#   step 3: 1 of 16 kept
#     settled ', there was a'
#   step 4: 1 of 16 kept
#     settled ' little'
#   step 5: 2 of 16 kept
#   step 6: 1 of 16 kept
#     settled ' girl named'
#   step 7: 1 of 16 kept
#     settled ' Lily'
#   step 8: 1 of 16 kept
#     settled '.'
#   step 9: 1 of 16 kept
#     settled ' She'
#   step 10: 2 of 16 kept
#   step 11: 2 of 16 kept
#   step 12: 1 of 16 kept
#     settled ' loved to play'
#   step 13: 2 of 16 kept
#     settled ' with'
#   cancelled after three steps:  and the dog
