"""An application in replicas under Ray Serve."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tempo.application.serving.replica_plan import ReplicaPlan

NAME, DEPLOYMENT = "tempo", "service"
"""Of the application in the cluster, and of its replicas together."""

UNBOUNDED = 10_000
"""Requests that a replica takes at once: a followed run is one, and the service bounds the work."""

DRAIN_LOOK = 0.5
"""Seconds between two looks at whether a replica that stops still has requests."""

HEALTH_EVERY, HEALTH_PATIENCE = 5.0, 20.0
"""Seconds between two questions after a replica's health, and how long it may think."""

TRIES = 1
"""Of a replica that cannot be started; who asked for it is told why."""

LOADING_LOOK = 0.05


def replica_class(build: Callable[[], Any], state_of: Callable[[Any], str]) -> type:
    """Return the class of a replica, whose application is built where the replica is.

    `state_of` an application is `ok`, `loading`, or why it never will be.
    """
    from ray import serve  # noqa: PLC0415 - an extra, and takes seconds

    class Replica:
        async def check_health(self) -> None:
            """Raise where there is nothing to be served; the first time, wait until there is."""
            app = self.app  # type: ignore[attr-defined]
            while (state := state_of(app)) == "loading":  # noqa: ASYNC110 - a thread loads it
                await asyncio.sleep(LOADING_LOOK)
            if state != "ok":
                raise RuntimeError(state)

    made: type = serve.ingress(build)(Replica)
    return made


def application(plan: ReplicaPlan, replica: type) -> Any:  # noqa: ANN401 - of Ray
    """Return what Ray Serve deploys."""
    from ray import serve  # noqa: PLC0415 - an extra, and takes seconds

    deployment: Any = serve.deployment(replica, name=DEPLOYMENT, **deployment_options(plan))
    return deployment.bind()


@contextmanager
def serving(
    plan: ReplicaPlan, replica: type, host: str, port: int, keep_alive: int
) -> Iterator[None]:
    """Have replicas answer on a port, on every node that has one.

    Raises:
        UnavailableError: if they cannot be started.
    """
    from ray import serve  # noqa: PLC0415 - an extra, and takes seconds

    options = {"host": host, "port": port, "keep_alive_timeout_s": keep_alive}
    location = "EveryNode" if plan.address else "HeadOnly"
    try:
        try:
            serve.start(proxy_location=location, http_options=options)
            serve.run(application(plan, replica), name=NAME, route_prefix="/")
        except Exception as error:  # why: Ray raises what it likes, and its reason is told
            message = f"the replicas could not be started: {reason(_told(), str(error))}"
            raise UnavailableError(message) from error
        yield
    finally:
        _end(plan)


def _end(plan: ReplicaPlan) -> None:
    """Stop the replicas; on a cluster of others, theirs go on."""
    from ray import serve  # noqa: PLC0415 - an extra, and takes seconds

    if plan.address:
        serve.delete(NAME)
    else:
        serve.shutdown()  # type: ignore[no-untyped-call]


def deployment_options(plan: ReplicaPlan) -> dict[str, Any]:
    """Return a plan in Ray's words."""
    numbers: dict[str, Any] = {"num_replicas": plan.first}
    if plan.varies:
        numbers = {
            "autoscaling_config": {
                "min_replicas": plan.least,
                "initial_replicas": plan.first,
                "max_replicas": plan.most,
                "target_ongoing_requests": plan.requests,
            }
        }
    return numbers | {
        "ray_actor_options": {"num_cpus": plan.cpus, "num_gpus": plan.gpus},
        "max_ongoing_requests": UNBOUNDED,
        "graceful_shutdown_wait_loop_s": DRAIN_LOOK,
        # A replica ends its runs, or hands them over, in half of the first.
        "graceful_shutdown_timeout_s": plan.stop_seconds + 2 * DRAIN_LOOK,
        "max_constructor_retry_count": TRIES,
        "health_check_period_s": HEALTH_EVERY,
        "health_check_timeout_s": HEALTH_PATIENCE,
    }


def _told() -> str:
    """Return what Ray Serve tells of the replicas."""
    from ray import serve  # noqa: PLC0415 - an extra, and takes seconds

    try:
        return str(serve.status().applications[NAME].deployments[DEPLOYMENT].message)
    except Exception:  # why: it is asked where something failed already  # noqa: BLE001
        return ""


def reason(told: str, raised: str) -> str:
    """Return why replicas could not be started: a replica's own words, or the last of Ray's."""
    own = re.findall(r"^RuntimeError: (?!Traceback)(.+)$", told, re.MULTILINE)
    lines = [line.strip() for line in (told or raised).splitlines() if line.strip()]
    return (own or lines or ["no reason was given"])[-1]
