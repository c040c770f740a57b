"""What the configs of algorithms share that train a candidate rung by rung: the proxies of the rungs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from econas_jax.algorithms.limits import Limits
from econas_jax.errors import require


@dataclass(frozen=True)
class Promoting(Limits, ABC):
    """The field of an algorithm that trains its promising candidates further, in other proxies if wanted.

    What the texts mean, algorithms do not know: they only count them.
    """

    # A proxy for each rung, the lowest first: a name such as c4r4s0, or what differs from `proxy`, such as
    # resolution=16 sample_ratio=0.5, or nothing: "". Empty: `proxy` for all of them.
    proxies: tuple[str, ...] = ()

    @property
    @abstractmethod
    def rung_epochs(self) -> tuple[int, ...]:
        """The epochs for which a candidate has trained after each rung."""

    def _check_proxies(self) -> None:
        """Raises InputError unless there are no texts or one for each rung; for when all other fields are right."""
        count = len(self.rung_epochs)
        allowed = f"a list of {count} texts, a proxy for each rung, or an empty one"
        given: object = self.proxies  # a config file may hold anything
        require(isinstance(given, tuple | list), "proxies", given, allowed)
        require(len(self.proxies) in (0, count), "proxies", given, allowed)
        require(all(isinstance(text, str) for text in self.proxies), "proxies", given, allowed)
        object.__setattr__(self, "proxies", tuple(self.proxies))
