"""The searches for chains by their configs: the one place that knows which there are."""

from __future__ import annotations

from econas_jax.data.dataset import ChannelValues
from econas_jax.errors import InputError
from econas_jax.nn.chain import ChainSupernet
from econas_jax.spaces.chain.space import ChainSpace
from econas_jax.supernet.chain_configs import (
    ChainProxy,
    ChainTrainingConfig,
    MbconvConfig,
    ProxylessConfig,
    ShufflenetConfig,
    SposConfig,
)
from econas_jax.supernet.chains.cost import latency_table
from econas_jax.supernet.chains.proxyless_search import ProxylessSearch
from econas_jax.supernet.chains.spos_search import SposSearch
from econas_jax.supernet.chains.task import ChainTask, WarmUp
from econas_jax.supernet.config import SupernetConfig
from econas_jax.supernet.methods.method import SupernetMethod


def chain_search(
    config: SupernetConfig, classes: int, mean: ChannelValues, std: ChannelValues
) -> tuple[ChainTask, SupernetMethod]:
    """Returns the supernet and the method that a config names.

    Raises InputError for a table that cannot be read, and for bounds that no path fits.
    """
    network, proxy, search = config.network, config.proxy, config.search
    assert isinstance(network, MbconvConfig | ShufflenetConfig) and isinstance(proxy, ChainProxy)
    assert isinstance(config.training, ChainTrainingConfig)
    supernet = ChainSupernet(network.space(proxy.width), classes, network.compute_dtype)
    images, full = (proxy.resolution, mean, std), network.space(1.0)
    if isinstance(search, ProxylessConfig):
        warm_up = WarmUp(search.warmup_epochs, search.warmup_learning_rate)
        task = ChainTask(supernet, config.training, *images, warm_up)
        return task, ProxylessSearch(search, task, full, _latencies(search.latency_table, supernet.space))
    assert isinstance(search, SposConfig)
    task = ChainTask(supernet, config.training, *images)
    return task, SposSearch(search, task, full)


def _latencies(file: str | None, space: ChainSpace) -> tuple[float, tuple[tuple[float, ...], ...]] | None:
    if file is None:
        return None
    try:
        table = latency_table(file, space)
    except InputError as error:
        raise InputError(f"search.{error.field}", error.value, error.allowed) from None
    return table.common, tuple(map(tuple, table.added.tolist()))
