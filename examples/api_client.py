"""Ask a running service, waiting for the answer and then following a run as it goes on.

Start one with `tempo serve`, then: python examples/api_client.py [ADDRESS]
"""

import asyncio
import json
import sys

import httpx

address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
asked = {"prompt": "Once upon a time", "max_steps": 8, "n_best": 2}


def ask() -> None:
    """One request, one answer: closing the connection would cancel the run."""
    answer = httpx.post(f"{address}/generate", json=asked, timeout=60).raise_for_status().json()
    print(answer["generated_text"])
    for text in answer["n_best"]:
        print(f"{text['log_probability']:6.2f} {text['text']!r}")


async def follow() -> None:
    """Begin a run and read its events as they come, while the loop is free for other work."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        begun = (await client.post("/api/v1/runs", json=asked)).raise_for_status().json()
        async with client.stream("GET", begun["events_url"]) as events:
            async for line in events.aiter_lines():
                if line.startswith("data: "):
                    tell(json.loads(line.removeprefix("data: ")))


def tell(event: dict[str, object]) -> None:
    """Print what a reader wants to see of an event."""
    match event:
        case {"type": "text.settled", "text": text}:
            print(f"settled {text!r}")
        case {"type": "run.finished", "reason": reason, "text": text}:
            print(f"finished by {reason}: {text!r}")


if __name__ == "__main__":
    ask()
    asyncio.run(follow())

# Prints:
#   [,/ there] [there/was] [was/a] a little [girl/boy] named Lily
#    -2.16 ', there was a little girl named Lily'
#    -9.12 ', there was a little boy named Lily'
#   settled ', there was a'
#   settled ' little'
#   settled ' girl named'
#   settled ' Lily'
#   finished by max_steps: ', there was a little girl named Lily'
