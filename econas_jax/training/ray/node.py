"""What a node of a cluster must have in common with the driver, so that its numbers are the same. No JAX here."""

from __future__ import annotations

import socket
from typing import NamedTuple

from econas_jax.experiment.provenance import processor_fingerprint, source_digest, versions


class NodeFacts(NamedTuple):
    """A node's name and software; processor: a short name for its features."""

    name: str
    versions: dict[str, str]
    source: str  # of this package: a digest
    processor: str

    def different(self, driver: NodeFacts) -> str | None:
        """Says in words in what this node's software differs from the driver's; None: in nothing that matters.

        Ray compares the versions of Python itself.
        """
        for package, version in driver.versions.items():
            if package != "python" and self.versions.get(package) != version:
                return f"{package} {self.versions.get(package)} on {self.name} and {version} here"
        if self.source != driver.source:
            return f"another source of this package on {self.name} than here"
        return None


def node_facts() -> NodeFacts:
    """Describes the node that this is called on."""
    return NodeFacts(socket.gethostname(), versions(), source_digest(), processor_fingerprint())
