"""The methods for cells by their configs: the one place that knows which there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from econas_jax.spaces.proxy import Proxy
from econas_jax.supernet.config import NetworkConfig, SupernetConfig
from econas_jax.supernet.method_configs import (
    DartsConfig,
    EnasConfig,
    GdasConfig,
    OneShotConfig,
    SmashConfig,
    SnasConfig,
)
from econas_jax.supernet.methods.darts import Darts
from econas_jax.supernet.methods.enas import Enas
from econas_jax.supernet.methods.gdas import Gdas
from econas_jax.supernet.methods.method import Method, Setting
from econas_jax.supernet.methods.one_shot import OneShot
from econas_jax.supernet.methods.smash import Smash
from econas_jax.supernet.methods.snas import Snas

_METHODS: dict[type, Callable[[Any, Setting], Method]] = {
    DartsConfig: Darts,
    SnasConfig: Snas,
    GdasConfig: Gdas,
    EnasConfig: Enas,
    OneShotConfig: OneShot,
    SmashConfig: Smash,
}


def chosen_method(config: SupernetConfig) -> Method:
    """Returns the method for cells that a config names."""
    assert isinstance(config.proxy, Proxy) and isinstance(config.network, NetworkConfig)
    setting = Setting(config.proxy, config.network, config.training.batch_size)
    return _METHODS[type(config.search)](config.search, setting)
