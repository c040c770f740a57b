"""The status command: what it tells of a running, stopped, finished and damaged search, and that it touches nothing."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sample_records import DIVERGED, ROUND, STAGE
from search_output import claimed, stop_every, without_figures
from tiny_search import CONFIG

from econas_jax.algorithms import RandomSearchConfig
from econas_jax.errors import InputError
from econas_jax.experiment import lock
from econas_jax.search import SearchInterruptedError, run_search
from econas_jax.search.history import write_lines
from econas_jax.search.workdir import Workdir
from econas_jax.status import read_status
from econas_jax.status.__main__ import main
from econas_jax.training.pool_report import DeviceReport, PoolReport

FAILED = dataclasses.replace(DIVERGED, candidate=9, status="failed", reason="ValueError: no")


@pytest.fixture(scope="module")
def searches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `finished` and `stopped`, left by real searches."""
    folder = tmp_path_factory.mktemp("searches")
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_figures(monkeypatch)
        run_search(CONFIG, folder / "finished")
        with pytest.raises(SearchInterruptedError):
            run_search(CONFIG, folder / "stopped", should_stop=stop_every(20))  # as the second phase of round 1 begins
    return folder


def output_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main([str(folder)]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_finished_search(searches: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = output_of(searches / "finished", capsys)
    assert output[0] == "finished: 22 of 22 stages, round 3 of 3"
    assert output[-1] == "failures: 0"
    assert output[1].startswith("time: compile ")
    best = json.loads((searches / "finished" / "result.json").read_text())["best"]
    for rank, entry in enumerate(best, start=1):
        expected = f"{rank}  {100 * entry['validation_accuracy']:6.2f} %  candidate {entry['candidate']}, "
        expected += f"{entry['epochs']} epochs  "
        assert output[1 + rank] == expected + entry["genotype"]


def test_a_stopped_search_and_one_that_runs(searches: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = output_of(searches / "stopped", capsys)
    assert len((searches / "stopped" / "history.jsonl").read_text().splitlines()) == 7
    assert stopped[0] == "stopped: 7 of 22 stages, round 0 of 3"
    assert stopped[1].startswith("time left: about ")
    with lock.locked(searches / "stopped"):
        assert output_of(searches / "stopped", capsys)[0].startswith("running: ")


def test_who_reads_it_may_stop_early(searches: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `status WORKDIR | head -1` does before all is written
    command = [sys.executable, "-m", "econas_jax.status", str(searches / "finished")]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_touches_nothing(searches: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def state() -> dict[Path, tuple[int, int]]:
        return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in searches.rglob("*")}

    before = state()
    output_of(searches / "stopped", capsys)
    assert state() == before


def test_a_search_before_its_first_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claimed(tmp_path, CONFIG)
    assert output_of(tmp_path, capsys) == ["stopped: 0 of 22 stages, in the first round", "failures: 0"]


POOL = PoolReport((DeviceReport("first", "NVIDIA H200", "candidate 3, epoch 1 of 20"),), 8, 1, 40.2, 120.0)


def test_the_devices_of_a_cluster_are_told_while_the_search_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claimed(tmp_path, CONFIG)
    Workdir(tmp_path).write_devices(POOL)
    assert not any("devices" in line for line in output_of(tmp_path, capsys))
    with lock.locked(tmp_path):
        assert read_status(tmp_path).pool == POOL
        assert output_of(tmp_path, capsys)[1:3] == [
            "1 of 8 devices, waiting for resources 40 s; 120 stages an hour",
            "   first NVIDIA H200: candidate 3, epoch 1 of 20",
        ]
        for damaged in ("[", '{"devices": 3}', '{"devices": [["a"]]}', POOL.to_json().replace("40.2", '"x"')):
            (tmp_path / "devices.json").write_text(damaged)
            assert read_status(tmp_path).unreadable == ("devices.json",)


def test_failures_are_counted_and_the_last_ones_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claimed(tmp_path, CONFIG)
    write_lines(
        tmp_path / "history.jsonl", [STAGE, dataclasses.replace(DIVERGED, candidate=4, reason="a loss"), FAILED]
    )
    Workdir(tmp_path).write_failure(FAILED, "Traceback")
    output = output_of(tmp_path, capsys)
    assert output[-3:] == [
        "failures: 2, tracebacks in failures/",
        "   candidate 4, 20 epochs  diverged: a loss",
        "   candidate 9, 20 epochs  failed: ValueError: no",
    ]


def test_the_time_left_is_the_recent_pace_times_what_is_left(tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    slow, quick = dataclasses.replace(STAGE, seconds=4.0), dataclasses.replace(STAGE, candidate=4, seconds=2.0)
    write_lines(tmp_path / "history.jsonl", [slow, quick])
    assert read_status(tmp_path).seconds_left == (22 - 2) * 3.0
    (tmp_path / "config.json").unlink()
    claimed(tmp_path / "four", CONFIG, devices=4)
    (tmp_path / "four" / "config.json").rename(tmp_path / "config.json")
    assert read_status(tmp_path).seconds_left == (22 - 2) * 3.0 / 4


def test_the_best_are_of_the_longest_trained_by_their_last_stages(tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    first = [
        dataclasses.replace(STAGE, candidate=number, validation_accuracy=0.9 - number / 100) for number in range(6)
    ]
    later = dataclasses.replace(STAGE, candidate=5, epochs=40, validation_accuracy=0.1)
    write_lines(tmp_path / "history.jsonl", [*first, later, dataclasses.replace(FAILED, candidate=0, epochs=40)])
    assert [stage.candidate for stage in read_status(tmp_path).best] == [5, 1, 2, 3, 4]


def test_what_is_damaged_is_told_and_the_rest_is_shown(
    searches: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(searches / "finished", folder)
    text = (folder / "history.jsonl").read_text()
    (folder / "history.jsonl").write_text("[" * 100_000 + "\n3\n" + text[:-20])
    (folder / "rounds.jsonl").write_bytes(b"\xff\xfe")
    (folder / "times.json").write_text("[]")
    (folder / "result.json").unlink()
    output = output_of(folder, capsys)
    assert output[0] == "stopped: 21 of 22 stages, in the first round"
    told = "history.jsonl, line 1; history.jsonl, line 2; history.jsonl, line 24 and 2 more"
    assert output[-1] == f"not readable: {told} (the same search command makes them again)"


def test_a_result_of_fewer_rounds_is_not_the_end(tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    write_lines(tmp_path / "rounds.jsonl", [ROUND])
    for rounds, finished in ((2, False), (3, True)):
        for name in ("rounds", "cycles"):  # the earlier version's word
            (tmp_path / "result.json").write_text(json.dumps({"finished": True, name: rounds}))
            assert read_status(tmp_path).finished == finished


def test_neither_jax_nor_flax_is_loaded(searches: Path) -> None:
    code = (
        "import sys; from econas_jax.status.__main__ import main; main(sys.argv[1:]); "
        "sys.exit(' '.join({'jax', 'flax', 'optax', 'orbax', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    command = [sys.executable, "-c", code, str(searches / "finished")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith("finished: 22 of 22 stages")


def with_plan(folder: Path, plan: object) -> None:
    """Gives the search in the folder another plan in its `config.json`."""
    description = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(description | {"plan": plan}))


@pytest.mark.parametrize("devices", [None, 0, -1, "all", [], 2.5, True])
def test_devices_that_are_not_known_count_as_one(devices: object, tmp_path: Path) -> None:
    claimed(tmp_path, CONFIG)
    write_lines(tmp_path / "history.jsonl", [dataclasses.replace(STAGE, seconds=2.0)])
    with_plan(tmp_path, {"stages": 22, "rounds": 3, "devices": devices})
    assert read_status(tmp_path).seconds_left == 21 * 2.0


@pytest.mark.parametrize("plan", [[], 3, "x", {"stages": "x", "rounds": 3}, {"stages": 3}, {"stages": None}])
def test_a_plan_that_is_none_is_one_line_and_status_2(
    plan: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claimed(tmp_path, CONFIG)
    with_plan(tmp_path, plan)
    description = json.loads((tmp_path / "config.json").read_text())
    description["config"]["search"] = {}
    (tmp_path / "config.json").write_text(json.dumps(description))
    assert main([str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("error: workdir = ") and errors.count("\n") == 1


def test_other_algorithms_searches_are_read_by_their_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search = RandomSearchConfig(candidates=30, batch=10, epochs=2)
    claimed(tmp_path, dataclasses.replace(CONFIG, algorithm="random", search=search))
    write_lines(tmp_path / "rounds.jsonl", [dataclasses.replace(ROUND, round=1)])
    assert output_of(tmp_path, capsys)[0] == "stopped: 0 of 30 stages, round 1 of 2"


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"config": 3}', '{"config": {"seed": "x"}}', "[" * 10**5])
def test_a_folder_that_is_no_searchs_is_one_line_and_status_2(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    assert main([str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("error: workdir = ") and errors.count("\n") == 1
    with pytest.raises(InputError):
        read_status(tmp_path / "nowhere")
