"""What the devices of a trainer are doing, told now and then by trainers whose devices may come and go."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

FILE = "devices.json"  # in the folder of a search


class DeviceReport(NamedTuple):
    """One device, and what it does, in words."""

    node: str  # the name of its machine
    kind: str  # as JAX names it; "" until it is known
    doing: str


@dataclasses.dataclass(frozen=True)
class PoolReport:
    """All devices that are there or waited for; as an event it says of no job that anything has happened."""

    devices: tuple[DeviceReport, ...]
    wanted: int  # how many there should be
    at_work: int  # how many of them compile, train or are ready to
    waiting_seconds: float  # for which some have been missing
    stages_an_hour: float  # since the training began

    @property
    def summary(self) -> str:
        """How many devices there are, and for how long others have been waited for, in a line."""
        waiting = f", waiting for resources {self.waiting_seconds:.0f} s" if self.at_work < self.wanted else ""
        return f"{self.at_work} of {self.wanted} devices{waiting}"

    def to_json(self) -> str:
        """Writes the report as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> PoolReport:
        """Reads a report from JSON's types; raises ValueError, TypeError or KeyError for anything else."""
        return cls(
            tuple(DeviceReport(*map(str, each)) for each in fields["devices"]),
            int(fields["wanted"]),
            int(fields["at_work"]),
            float(fields["waiting_seconds"]),
            float(fields["stages_an_hour"]),
        )


@runtime_checkable
class Reporting(Protocol):
    """A trainer whose devices may come and go, which can say what they do."""

    def report_if_due(self) -> PoolReport | None:
        """Returns a report about once a second, and None in between."""
