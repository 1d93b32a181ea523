"""What a service is set to: one flat set of names, for the command, the environment and code."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from tempo.application.serving.store_place import database_of
from tempo.domain.errors import ContradictionError, InvalidValueError, UnknownSettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTION = "option"
PREFIX = "TEMPO_"
"""An environment variable is this and the setting's name in capitals."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of the service.

    Attributes:
        meaning: one sentence.
        least: the smallest number allowed, None for what is no number.
        most: the largest.
    """

    meaning: str
    least: float | None = None
    most: float = math.inf

    def takes(self, value: Any) -> bool:  # noqa: ANN401 - of the setting's type
        """Whether a value is in its range."""
        return self.least is None or (math.isfinite(value) and self.least <= value <= self.most)

    @property
    def range(self) -> str:
        """The numbers allowed, in words."""
        if self.most < math.inf:
            return f"a number from {self.least:g} to {self.most:.0f}"
        return f"a number of at least {self.least:g}"


def option(
    default: Any,  # noqa: ANN401 - as dataclasses.field
    meaning: str,
    least: float | None = None,
    most: float = math.inf,
) -> Any:  # noqa: ANN401 - as above
    """Return a dataclass field that carries what a user is told of it."""
    return field(default=default, metadata={OPTION: Option(meaning, least, most)})


ORIGIN = re.compile(r"https?://[^/\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Every setting of the service with its default.

    Raises:
        InvalidValueError: for a number outside its range.
        ContradictionError: for an address that others reach, without a token.
    """

    host: str = option("127.0.0.1", "The address to listen on.")
    port: int = option(8000, "The port to listen on; 0 takes a free one.", 0, 65_535)
    model: str = option("embedded", "A model's folder, a hub id, or embedded.")
    device: str = option("auto", "Where the model runs.")
    dtype: str = option("auto", "The type of the weights.")
    backend: str = option("auto", "Whose operations run the model.")
    random_weights: str = option("", "Draw a small model of this family instead.")
    revision: str = option("", "A branch, tag or commit of a hub's model.")
    cache_dir: str = option("", "The folder that keeps what a hub sent.")
    offline: bool = option(default=False, meaning="Use what is on this machine alone.")
    device_map: str = option(
        "", "How the model is spread over devices: auto, or JSON of module to device."
    )
    quantisation: str = option("", "Which other package rounds the weights, and to what.")
    tensor_parallel: str = option(
        "", "Over how many processes of torchrun each layer is split: their number, or auto."
    )
    trust_remote_code: bool = option(
        default=False, meaning="Run Python code that comes with the model."
    )
    engine: str = option(
        "local", "What the service runs on: local, this process, or ray, replicas on a cluster."
    )
    address: str = option(
        "",
        "Ray's cluster: HOST:PORT, ray://HOST:PORT or auto; empty starts one on this machine.",
    )
    replicas: int = option(1, "How many replicas there are at first, with engine ray.", 1)
    min_replicas: int = option(
        0, "How few replicas there may be; 0 for as many as there are at first.", 0
    )
    max_replicas: int = option(
        0, "How many replicas there may be as more is asked; 0 for as many as at first.", 0
    )
    replica_gpus: float = option(0.0, "GPUs of each replica; 0.5 lets two share one.", 0)
    replica_cpus: float = option(1.0, "CPU cores that each replica sets aside.", 0)
    store: str = option(
        "",
        "The SQLite file that keeps runs; :memory: keeps none past the end. Replicas share "
        "sqlite:///FILE on one machine, or postgresql://USER@HOST/DATABASE.",
    )
    lease_seconds: float = option(
        10.0,
        "How long a replica may be silent before another goes on with its runs, where they share "
        "a store.",
        1,
        3_600,
    )
    api_token: str = option("", "The bearer token that every request must carry; empty for none.")
    allow_anonymous: bool = option(
        default=False, meaning="Serve others than this machine without a token."
    )
    cors_origins: str = option(
        "", "Web origins whose pages may call the service, separated by commas."
    )
    log_prompts: bool = option(default=False, meaning="Write prompts into the log.")
    rate_limit: str = option(
        "", "Requests that one client may make, such as 600/minute; empty for no limit."
    )
    max_body_bytes: int = option(1_048_576, "The largest body of a request, in bytes.", 1)
    max_prompt_bytes: int = option(65_536, "The longest prompt, in bytes of UTF-8.", 1)
    max_prompt_tokens: int = option(4_096, "The longest prompt, in tokens.", 1)
    max_steps: int = option(200, "The most steps that a run may ask for.", 1)
    max_width: int = option(32, "The largest max_width that a run may ask for.", 1)
    max_cache_rows: int = option(32_768, "Cache rows that all runs under way may need together.", 1)
    retained_rows: int = option(
        8_192, "Cache rows that ended runs may leave for forks to go on from; 0 leaves none.", 0
    )
    max_concurrent_runs: int = option(32, "Runs under way at once.", 1)
    max_queue: int = option(128, "Runs that may wait for their turn.", 0)
    max_listeners: int = option(64, "Clients that may follow one run's events at once.", 1)
    max_backlog: int = option(
        500,
        "Events that may wait for one client that follows a run; then it is disconnected, "
        "and goes on by Last-Event-ID.",
        1,
    )
    run_seconds: float = option(120.0, "The longest that a run may take once it began.", 0)
    send_seconds: float = option(
        30.0, "The longest that a client of an event stream may take to read on.", 0
    )
    grace_seconds: float = option(
        30.0, "How long a run goes on that nobody listens to, unless it is detached.", 0
    )
    stop_seconds: float = option(10.0, "How long runs may go on when the service stops.", 0)
    retained_runs: int = option(1_000, "How many ended runs are kept.", 0)
    retained_hours: float = option(168.0, "How long an ended run is kept, in hours.", 0)

    def __post_init__(self) -> None:
        for name, one in OPTIONS.items():
            value = getattr(self, name)
            if not one.takes(value):
                message = f"{name} is {value}; it must be {one.range}"
                raise InvalidValueError(message)
        database_of(self.store)
        if "*" in self.origins:
            message = "cors_origins is *; name each origin, such as http://localhost:5173"
            raise InvalidValueError(message)
        wrong = [one for one in self.origins if not ORIGIN.fullmatch(one)]
        if wrong:
            message = (
                f"cors_origins holds {wrong[0]!r}; an origin is a scheme and a host, with a port "
                "if it has one, such as http://localhost:5173"
            )
            raise InvalidValueError(message)
        if not (self.api_token or self.allow_anonymous or is_loopback(self.host)):
            message = (
                f"host {self.host} is reached from other machines, and there is no token; "
                f"set {PREFIX}API_TOKEN, or say --allow-anonymous"
            )
            raise ContradictionError(message)

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins whose pages may call the service."""
        return tuple(one.strip() for one in self.cors_origins.split(",") if one.strip())


OPTIONS: dict[str, Option] = {
    entry.name: entry.metadata[OPTION] for entry in dataclasses.fields(ServiceSettings)
}
"""What a user is told of each setting."""

SERVICE_DEFAULTS: dict[str, Any] = {
    entry.name: entry.default for entry in dataclasses.fields(ServiceSettings)
}
"""Each setting's default; its type is the setting's."""


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def service_settings(
    given: Mapping[str, object],
    environment: Mapping[str, str] | None = None,
    file: Mapping[str, object] | None = None,
) -> ServiceSettings:
    """Return the settings that were given, over those of the environment, over a file's.

    Raises:
        UnknownSettingError: for a name that no setting has.
        InvalidValueError, ContradictionError: for a wrong value.
    """
    unknown = [name for name in given if name not in OPTIONS]
    if unknown:
        message = f"the service has no setting {unknown[0]!r}"
        raise UnknownSettingError(message)
    told = {
        name: value
        for name in OPTIONS
        if (value := (environment or {}).get(variable(name))) is not None
    }
    named = {**(file or {}), **told} | {
        name: value for name, value in given.items() if value is not None
    }
    return ServiceSettings(**{name: _read(name, value) for name, value in named.items()})


def _read(name: str, value: object) -> Any:  # noqa: ANN401 - of the setting's type
    kind = type(SERVICE_DEFAULTS[name])
    if not isinstance(value, str) or kind is str:
        return value
    try:
        return _truth(value) if kind is bool else kind(value)
    except ValueError as error:
        words = {bool: "true or false", int: "a whole number", float: "a number"}
        message = f"{name} is {value!r}; it must be {words[kind]}"
        raise InvalidValueError(message) from error


def _truth(value: str) -> bool:
    if value.lower() in {"true", "1", "yes"}:
        return True
    if value.lower() in {"false", "0", "no", ""}:
        return False
    raise ValueError(value)
