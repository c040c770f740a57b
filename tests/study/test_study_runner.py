"""The zoo: every network by every setting on a schedule of its own, durable rows, goes on after an interruption."""

from __future__ import annotations

import csv
import dataclasses
import functools
import json
import os
from pathlib import Path

import jax
import numpy as np
import pytest
from tiny_network import TinyNetwork
from tiny_search import Trained, fail_waves, share_trainers
from tiny_study import CONFIG, SETTINGS, no_figures, without_figures

from econas_jax.errors import InputError, SearchError
from econas_jax.experiment import lock
from econas_jax.experiment.config_fields import to_config_dict
from econas_jax.spaces.darts import DartsSpace, multiply_adds
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.study import Row, StudyTable, read_table, table_text
from econas_jax.study.config import StudyConfig, from_mapping
from econas_jax.study.row_file import RowFile
from econas_jax.study.runner import StudyInterruptedError, run_study
from econas_jax.study.training import draw_networks

SICK = ("none", "max_pool_3x3")  # first operations with which a failing `TinyNetwork` diverges


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


def networks_of(config: StudyConfig) -> list[Genotype]:
    drawn = draw_networks(config.space, config.networks, config.seed)
    return [genotype for genotype in drawn if isinstance(genotype, Genotype)]


def without_seconds(table: StudyTable) -> list[Row]:
    rows = [dataclasses.replace(row, seconds=None) for row in table.rows]
    return sorted(rows, key=lambda row: (row.proxy, int(row.network)))


def test_a_study_trains_all_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = share_trainers(monkeypatch, TinyNetwork)
    outcome = run_study(CONFIG, tmp_path)
    table = read_table(tmp_path / "table.csv")
    assert len(table.rows) == 5 * SETTINGS and table.proxies[0] == CONFIG.original
    assert set(table.proxies) == {"c2r4s0e3", "c3r4s0e2", "c4r4s0e2", "c4r4s1e2", "c2r4s0e1n2"}
    assert [size.name for size in outcome.analysis.sizes] == ["parameters", "multiply_adds"]
    # One schedule a run: its cosine ends with the proxy's own epochs.
    for job, schedule in zip(trained.jobs, trained.schedules, strict=True):
        assert (job.start_epoch, job.end_epoch, job.state) == (0, schedule, None)
    assert set(trained.schedules) == {1, 2, 3}
    genotypes = [
        Genotype.parse(row["genotype"]) for row in csv.DictReader((tmp_path / "networks.csv").read_text().splitlines())
    ]
    by_name = {(row.network, row.proxy): row for row in table.rows}
    for job in trained.jobs:
        jax.tree.map(np.testing.assert_array_equal, job.architecture, genotypes[job.candidate].encode())
    images = 1497 - 400  # digits' training images, less the validation ones
    for number, genotype in enumerate(genotypes):
        for proxy, channels, cells, used, epochs in (
            ("c2r4s0e3", 18, 1, images, 3),
            ("c4r4s1e2", 9, 1, images // 2, 2),
            ("c2r4s0e1n2", 18, 2, images, 1),
        ):
            an_image = multiply_adds(genotype, channels=channels, cells_per_stage=cells, resolution=8)
            assert by_name[str(number), proxy].multiply_adds == an_image * (used // 8 * 8) * epochs
    assert all(row.seconds is not None and row.seconds > 0 and row.status == "completed" for row in table.rows)
    assert len({row.seed for row in table.rows}) == SETTINGS  # each setting its own
    for proxy in table.proxies:  # the costliest first
        costs = [row.multiply_adds or 0 for row in table.rows if row.proxy == proxy]
        assert costs == sorted(costs, reverse=True) and len(set(costs)) > 1
    assert "data:image/png" in outcome.report.read_text()
    assert outcome.recommendation.text in (tmp_path / "report.html").read_text()
    assert json.loads((tmp_path / "config.json").read_text())["config"]["original"] == "c2r4s0e3"
    no_figures(monkeypatch)
    again = run_study(CONFIG, tmp_path)  # nothing is left to train
    assert len(trained.jobs) == 5 * SETTINGS and again.recommendation.text == outcome.recommendation.text


def test_an_interrupted_study_goes_on_to_the_undisturbed_table(trained: Trained, tmp_path: Path) -> None:
    run_study(CONFIG, tmp_path / "whole")
    for stop_at in (0, 2, 9):
        folder, done = tmp_path / f"stopped{stop_at}", len(trained.jobs)

        def stop(limit: int = done + stop_at) -> bool:
            return len(trained.jobs) >= limit

        with pytest.raises(StudyInterruptedError):
            run_study(CONFIG, folder, should_stop=stop)
        rows = read_table(folder / "table.csv").rows if stop_at else ()
        assert len(rows) == stop_at  # every finished run is kept
        run_study(CONFIG, folder)
        assert len(trained.jobs) - done == 5 * SETTINGS  # and none is trained twice
        assert without_seconds(read_table(folder / "table.csv")) == without_seconds(
            read_table(tmp_path / "whole" / "table.csv")
        )


def test_a_network_that_fails_ends_the_study_which_goes_on_from_there(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with a row less: a table that lacks one would rank the others as if it were whole."""
    costs = [multiply_adds(genotype, channels=18, cells_per_stage=1, resolution=8) for genotype in networks_of(CONFIG)]
    last = costs.index(min(costs))
    with monkeypatch.context() as broken:
        fail_waves(broken, {last}, ValueError("no\ngood"))
        with pytest.raises(SearchError, match=rf"^network {last} by c2r4s0e3 failed: good$"):
            run_study(CONFIG, tmp_path)
    rows = read_table(tmp_path / "table.csv").rows
    assert {row.network for row in rows} == {str(number) for number in range(5) if number != last}
    trained.jobs.clear()
    run_study(CONFIG, tmp_path)
    assert len(trained.jobs) == 5 * SETTINGS - 4
    assert len(read_table(tmp_path / "table.csv").rows) == 5 * SETTINGS


def test_a_network_that_diverges_is_a_row_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_figures(monkeypatch)
    share_trainers(monkeypatch, functools.partial(TinyNetwork, failing=True, healthy_steps=0))
    config = dataclasses.replace(CONFIG, networks=9)
    run_study(config, tmp_path)
    rows = read_table(tmp_path / "table.csv").rows
    operations = [genotype.normal.edges[0].operation for genotype in networks_of(config)]
    sick = {str(number) for number, operation in enumerate(operations) if operation in SICK}
    assert sick and {row.network for row in rows if row.status == "diverged"} == sick
    assert all((row.validation_accuracy is None) == (row.network in sick) for row in rows)


def test_a_torn_line_is_cut_and_its_run_trained_again(trained: Trained, tmp_path: Path) -> None:
    run_study(CONFIG, tmp_path)
    file = tmp_path / "table.csv"
    whole = read_table(file)
    file.write_bytes(file.read_bytes()[:-7])
    run_study(CONFIG, tmp_path)
    assert len(trained.jobs) == 5 * SETTINGS + 1
    assert without_seconds(read_table(file)) == without_seconds(whole)


def test_rows_are_flushed_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    original = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    row = Row("0", "c4r4s0e2", 1, 0.5, 0.5, 1.0, 10)
    file = RowFile(tmp_path / "table.csv")
    assert file.read().rows == ()
    file.append([row])
    file.append([dataclasses.replace(row, network="1")])
    assert synced == [str(tmp_path / "table.csv"), str(tmp_path), str(tmp_path / "table.csv")]
    assert len(file.read().rows) == 2


@pytest.mark.parametrize("kept", [0, 3, len("network,proxy")])
def test_a_torn_header_is_no_table_yet(kept: int, tmp_path: Path) -> None:
    row = Row("0", "c4r4s0e2", 1, 0.5, 0.5, 1.0, 10)
    file = RowFile(tmp_path / "table.csv")
    file.path.write_text(table_text([row])[:kept])
    assert file.read().rows == ()
    file.append([row])
    assert file.read().rows == (row,)


def test_a_larger_study_goes_on_from_a_smaller_one(trained: Trained, tmp_path: Path) -> None:
    run_study(CONFIG, tmp_path)
    larger = dataclasses.replace(CONFIG, networks=6, proxies=(*CONFIG.proxies, "c3r4s1e1"))
    outcome = run_study(larger, tmp_path)
    assert len(trained.jobs) == 6 * (SETTINGS + 1)
    assert outcome.analysis.networks == 6 and len(outcome.analysis.proxies) == SETTINGS
    assert run_study(CONFIG, tmp_path).analysis.networks == 5  # and the smaller one is still there


def test_another_config_does_not_get_the_folder(trained: Trained, tmp_path: Path) -> None:
    run_study(CONFIG, tmp_path)
    with pytest.raises(InputError, match=r"another folder \(seed: 0 there, 1 here\)"):
        run_study(dataclasses.replace(CONFIG, seed=1), tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"a readable config.json"):
        run_study(CONFIG, tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(InputError, match="an empty folder, or one made by an earlier study"):
        run_study(CONFIG, tmp_path)


def test_a_config_that_fits_no_data_does_not_claim_the_folder(trained: Trained, tmp_path: Path) -> None:
    training = dataclasses.replace(CONFIG.training, batch_size=1000)
    for folder in (tmp_path, tmp_path / "new" / "deep"):
        with pytest.raises(InputError, match=r"training.batch_size = 1000: .* \(in setting c4r4s1e2\)"):
            run_study(dataclasses.replace(CONFIG, training=training), folder)
    assert list(tmp_path.iterdir()) == []


def test_networks_compute_different_functions_and_a_shorter_list_begins_a_longer() -> None:
    space = DartsSpace()
    networks = draw_networks(space, 12, 3)
    assert len({space.canonical(genotype) for genotype in networks if isinstance(genotype, Genotype)}) == 12
    assert draw_networks(space, 5, 3) == networks[:5]
    assert draw_networks(space, 5, 4) != networks[:5]
    tiny = DartsSpace(nodes=1, operations=("skip_connect", "none"))
    with pytest.raises(InputError, match=r"networks = 500: expected at most \d+, the different ones"):
        draw_networks(tiny, 500, 0)


def test_the_default_is_the_papers_study() -> None:
    config = StudyConfig()
    assert (config.networks, config.original, config.training.batch_size) == (50, "c0r0s0e600", 96)
    assert len(config.grid.names()) == 200 and len(config.settings) == 203  # and AmoebaNet's and NASNet's
    assert str(config.settings[0]) == "c0r0s0e600" and str(config.settings[1]) == "c4r4s1e30"
    assert {config.cells(setting) for setting in config.settings} == {2, 6}
    assert from_mapping(to_config_dict(config)) == config


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("networks", 2, "networks = 2: expected a whole number of at least 3"),
        ("original", "full", "original = 'full': expected a name such as c4r4s0e60"),
        ("proxies", ("c4r4s9e1",), "proxies = 'c4r4s9e1': expected a name such as"),
        ("grid.channels", (5,), "grid.channels = 5: expected a whole number from 0 to 4"),
        ("grid.epochs", (0,), "grid.epochs = 0"),
        ("margin", -1.0, "margin = -1.0"),
        ("training.batch_size", 1, "training.batch_size = 1"),
    ],
)
def test_a_wrong_field_is_named(path: str, value: object, told: str) -> None:
    fields = to_config_dict(CONFIG)
    fields.update_from_flattened_dict({path: value})
    with pytest.raises(InputError) as caught:
        from_mapping(fields)
    assert told in str(caught.value)


def test_a_study_without_a_proxy_is_refused() -> None:
    with pytest.raises(InputError, match="a proxy besides c2r4s0e3"):
        dataclasses.replace(CONFIG, grid=dataclasses.replace(CONFIG.grid, epochs=()), proxies=("c2r4s0e3",))


def test_bfloat16_is_refused_on_a_cpu(trained: Trained, tmp_path: Path) -> None:
    """By a search's own check, so by a search's words."""
    network = dataclasses.replace(CONFIG.network, compute_dtype="bfloat16")
    with pytest.raises(InputError, match=r"^network\.compute_dtype = 'bfloat16': expected float32 on a CPU"):
        run_study(dataclasses.replace(CONFIG, network=network), tmp_path)
    assert trained.jobs == [] and not (tmp_path / "config.json").exists()


def test_a_second_study_in_the_folder_is_refused(tmp_path: Path) -> None:
    with lock.locked(tmp_path), pytest.raises(InputError, match="^workdir = .*nothing runs"):
        run_study(CONFIG, tmp_path)
