"""A proxy as a few words: the paper's name without epochs, such as c4r4s0, or what differs from another proxy."""

from __future__ import annotations

import dataclasses

from econas_jax.errors import InputError
from econas_jax.spaces.proxy import Proxy
from econas_jax.training.config import ProxyConfig

KINDS = {"channels": int, "resolution": int, "sample_ratio": float}
ALLOWED = 'a name such as c4r4s0, or fields of a proxy such as "channels=12 resolution=16 sample_ratio=0.5", or ""'


def parse_proxy(text: str, usual: ProxyConfig) -> ProxyConfig:
    """Returns the proxy that a text names; what it does not name is as in the usual proxy.

    Raises InputError, about a "proxy", for a text that names none.
    """
    words = text.split()
    if len(words) == 1 and "=" not in text:
        try:
            named = Proxy.parse(f"{words[0]}e1")
        except InputError:
            raise InputError("proxy", text, ALLOWED) from None
        return ProxyConfig(named.channels, named.resolution, named.sample_ratio)
    fields = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            fields[name] = KINDS[name](value)
        except (KeyError, ValueError):
            raise InputError("proxy", text, ALLOWED) from None
    try:
        return dataclasses.replace(usual, **fields)
    except InputError as error:
        raise InputError("proxy", text, f"{error.field} to be {error.allowed}") from None


def proxy_text(proxy: ProxyConfig) -> str:
    """Returns the text of a proxy: its name where the paper has one, else all its fields; `parse_proxy` reads both."""
    named = Proxy(proxy.channels, proxy.resolution, proxy.sample_ratio, epochs=1)
    if named.subscripts is not None:
        return str(named).removesuffix("e1")
    return f"channels={proxy.channels} resolution={proxy.resolution} sample_ratio={proxy.sample_ratio}"
