"""The rungs of a search: the proxy of each, and whether it goes on with the training of the rung below. No JAX here.

A rung goes on from a candidate's checkpoint where its networks and images have the shapes of the rung below, whatever
share of the images either trains on. Else it starts anew: from initial values of its own it trains for all the epochs
that a candidate has after it, not only for those that are new.
"""

from __future__ import annotations

import bisect
import dataclasses
import functools
import zlib
from typing import NamedTuple

from econas_jax.algorithms import Promoting
from econas_jax.algorithms.algorithm import AlgorithmConfig, Trial
from econas_jax.errors import InputError
from econas_jax.spaces.proxy import Proxy
from econas_jax.training.config import ProxyConfig
from econas_jax.training.proxy_text import parse_proxy


class RungTraining(NamedTuple):
    """What the rungs that one trainer can train have in common."""

    proxy: ProxyConfig
    origin: int  # the rung in which the training begins that these rungs are parts of

    def seed(self, seed: int) -> int:
        """Returns the seed of this training in a search of a seed, which it is where the lowest rung begins it."""
        return zlib.crc32(f"{seed} rung {self.origin}".encode()) & 0x7FFFFFFF if self.origin else seed


@dataclasses.dataclass(frozen=True)
class Rungs:
    """The rungs of a search, the lowest first; a search whose candidates train by one proxy may count as one rung."""

    epochs: tuple[int, ...]  # for which a candidate has trained after each
    proxies: tuple[ProxyConfig, ...]

    @functools.cached_property
    def trainings(self) -> tuple[RungTraining, ...]:
        """What is trained in different ways, each once; one for all rungs is what a search without rungs has."""
        return tuple(dict.fromkeys(self._training(place) for place in range(len(self.epochs))))

    @property
    def resolution(self) -> int:
        """The largest that images are trained at."""
        return max(proxy.resolution for proxy in self.proxies)

    def full_proxy(self, epochs: int) -> Proxy:
        """Returns the proxy of the stages that end after so many epochs, with the most epochs that there are."""
        proxy = self.proxies[self._place(epochs)]
        return Proxy(proxy.channels, proxy.resolution, proxy.sample_ratio, self.epochs[-1])

    def training(self, epochs: int) -> int:
        """Returns the place among `trainings` of that of a stage that ends after so many epochs."""
        return self.trainings.index(self._training(self._place(epochs)))

    def start(self, trial: Trial) -> int:
        """Returns the epoch from which a trial's stage trains: 0 where the trial's rung starts anew."""
        goes_on = trial.start_epoch > 0 and self._origin_at(trial.start_epoch) == self._origin_at(trial.end_epoch)
        return trial.start_epoch if goes_on else 0

    def goes_on(self, epochs: int) -> bool:
        """Says whether a training state after so many epochs may be gone on from."""
        return epochs < self.epochs[-1] and self._origin_at(epochs) == self._origin_at(epochs + 1)

    def _training(self, place: int) -> RungTraining:
        return RungTraining(self.proxies[place], self._origin(place))

    def _origin_at(self, epochs: int) -> int:
        return self._origin(self._place(epochs))

    def _origin(self, place: int) -> int:
        """Returns the lowest rung from which on all have the shapes of this one."""
        while place > 0 and _shapes(self.proxies[place - 1]) == _shapes(self.proxies[place]):
            place -= 1
        return place

    def _place(self, epochs: int) -> int:
        return bisect.bisect_left(self.epochs, epochs)


def rungs_of(search: AlgorithmConfig, proxy: ProxyConfig) -> Rungs:
    """Returns the rungs of an algorithm's config; raises InputError for a text in `search.proxies` that is no proxy."""
    if not isinstance(search, Promoting):
        return Rungs((search.total_epochs,), (proxy,))
    try:
        proxies = tuple(parse_proxy(text, proxy) for text in search.proxies)
    except InputError as error:
        raise InputError("search.proxies", error.value, error.allowed) from None
    return Rungs(search.rung_epochs, proxies or (proxy,) * len(search.rung_epochs))


def _shapes(proxy: ProxyConfig) -> tuple[int, int]:
    return proxy.channels, proxy.resolution
