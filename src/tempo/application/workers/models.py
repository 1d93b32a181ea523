"""A model by its name, as a worker is to load it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """What `tempo.load` is told.

    Attributes:
        model: a folder, a hub id, or `embedded`.
        device: where to run.
        dtype: of the weights.
        backend: whose operations run it.
        random_weights: a family to draw a small model of; empty for none.
        revision: of a hub's model.
        cache_dir: what keeps a hub's files.
        offline: whether only what is on the worker's machine is used.
        device_map: how it is spread over devices.
        quantisation: who rounds its weights.
        trust_remote_code: whether code that comes with it may run.
    """

    model: str = "embedded"
    device: str = "auto"
    dtype: str = "auto"
    backend: str = "auto"
    random_weights: str = ""
    revision: str = ""
    cache_dir: str = ""
    offline: bool = False
    device_map: str = ""
    quantisation: str = ""
    trust_remote_code: bool = False

    @property
    def name(self) -> str:
        """What results call it."""
        return f"random {self.random_weights}" if self.random_weights else self.model
