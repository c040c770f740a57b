"""TensorBoard's files: read back with their checksums, and what counts of them after an interruption."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import pytest
from sample_records import ROUND, STAGE
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import masked_crc32c

from econas_jax.algorithms import EcoNASState
from econas_jax.search.scalars import Scalars
from econas_jax.search.state import SearchState
from econas_jax.training.pool_report import PoolReport

SHARES = {"train": 0.75, "rest": 0.25}


def events(folder: Path) -> list[Event]:
    """All events, in the order TensorBoard reads them: by the names of the files."""
    found = []
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        while content:
            (length,) = struct.unpack("<Q", content[:8])
            data, (checksum,) = content[12 : 12 + length], struct.unpack("<I", content[12 + length : 16 + length])
            assert checksum == masked_crc32c(data)
            found.append(Event.FromString(data))
            content = content[16 + length :]
    return found


def scalars(folder: Path) -> dict[int, dict[str, float]]:
    """Values by round and name, without those that a later run has taken back."""
    values: dict[int, dict[str, float]] = {}
    for event in events(folder):
        if event.session_log.status == SessionLog.START:
            values = {number: points for number, points in values.items() if number < event.step}
        for value in event.summary.value:
            values.setdefault(event.step, {})[value.tag] = value.simple_value
    return values


def state(rounds: int) -> SearchState:
    """After so many rounds, with three candidates in each and a stage that is a second one."""
    stages = [dataclasses.replace(STAGE, candidate=3 * r + i % 3, round=r) for r in range(rounds) for i in range(4)]
    summaries = [dataclasses.replace(ROUND, round=r, seconds=10.0 * (r + 1)) for r in range(rounds)]
    return SearchState(EcoNASState(), stages=tuple(stages), rounds=tuple(summaries))


def test_a_round_is_a_point_of_every_scalar(tmp_path: Path) -> None:
    with Scalars(tmp_path, finished=0) as writer:
        writer.write(state(1), SHARES)
    assert scalars(tmp_path) == {
        0: {
            "group_size/P_E": 5.0,
            "group_size/P_2E": 1.0,
            "group_size/P_3E": 0.0,
            "mean_validation_accuracy/P_E": pytest.approx(0.1),
            "mean_validation_accuracy/P_2E": pytest.approx(2 / 3),
            "best_validation_accuracy": pytest.approx(0.7),
            "candidates_an_hour": pytest.approx(3600 * 3 / 10),
            "time/train": 0.75,
            "time/rest": 0.25,
        }
    }


def test_devices_that_come_and_go_are_two_scalars_more(tmp_path: Path) -> None:
    with Scalars(tmp_path, finished=0) as writer:
        writer.write(state(1), SHARES, PoolReport((), 8, 3, 0.0, 120.0))
    (found,) = scalars(tmp_path).values()
    assert (found["devices"], found["stages_an_hour"]) == (3.0, 120.0)


def test_each_round_is_written_once(tmp_path: Path) -> None:
    with Scalars(tmp_path / "new", finished=1) as writer:
        writer.write(state(1), SHARES)
        assert not (tmp_path / "new").exists()
        for rounds in (2, 2, 4):
            writer.write(state(rounds), SHARES)
            assert max(scalars(tmp_path / "new")) == rounds - 1  # while the search runs
    assert [event.step for event in events(tmp_path / "new") if event.HasField("summary")].count(2) == 9
    assert sorted(scalars(tmp_path / "new")) == [1, 2, 3]


def test_what_a_lost_round_left_is_taken_back_by_the_next_run(tmp_path: Path) -> None:
    for finished, rounds in ((0, 3), (1, 2)):
        with Scalars(tmp_path, finished) as writer:
            writer.write(state(rounds), SHARES)
    assert len(list(tmp_path.iterdir())) == 2
    assert sorted(scalars(tmp_path)) == [0, 1]
