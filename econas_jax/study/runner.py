"""A whole study: check, train what is missing, analyse, report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from econas_jax.data import DataReport
from econas_jax.experiment import provenance
from econas_jax.experiment.console import Reporter
from econas_jax.experiment.folder import local_folder
from econas_jax.nn.network import Cost
from econas_jax.study.config import StudyConfig, check_study
from econas_jax.study.resample_lines import ResampleLines
from econas_jax.study.results import StudyOutcome, write_results
from econas_jax.study.table import SIZES, StudyTable
from econas_jax.study.training import StudyInterruptedError, StudyTraining, draw_networks, network_costs
from econas_jax.study.wide_table import read_any_table
from econas_jax.study.workdir import StudyWorkdir, is_changeable
from econas_jax.training.arithmetic import arithmetic
from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.devices import find_devices


def run_study(
    config: StudyConfig,
    workdir: str | Path,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> StudyOutcome:
    """Runs a study, or goes on with the one in the workdir; writes its report and returns what came out.

    Raises InputError, before anything is trained, for a config that cannot be run; and `StudyInterruptedError` once
    should_stop() is true (it is asked after every epoch): what is being trained is lost, finished rows are not.
    """
    reporter = reporter or Reporter(show=False)
    files = StudyWorkdir(local_folder(workdir), reporter.say)
    with files.held(config, is_changeable):
        files.check(config, is_changeable)  # again: the study that ran here until now may have been another one
        return _run(config, files, reporter, should_stop)


def _run(config: StudyConfig, files: StudyWorkdir, reporter: Reporter, should_stop: Callable[[], bool]) -> StudyOutcome:
    settings = arithmetic()
    use_compilation_cache()
    devices = find_devices(config.trainer, config.devices, config.network.compute_dtype, reporter.say)
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed, max(setting.proxy.resolution for setting in config.settings))
    report = DataReport.of(dataset)
    for line in report.lines():
        reporter.say(line)
    check_study(config, dataset)
    genotypes = draw_networks(config.space, config.networks, config.seed)
    table = files.rows.read()
    costs = network_costs(config, genotypes, dataset.num_classes)
    # Not before: a config that fits no data set must not claim the folder.
    files.claim(config, {"data": report.fingerprints, "arithmetic": settings}, {"data": report.facts()})
    files.record(config)
    files.write_networks(genotypes, costs)
    reporter.say(
        f"study: {config.networks} networks by {config.original} and {len(config.settings) - 1} proxies, "
        f"{len(table.rows)} rows are there; results in {files.path}"
    )
    StudyTraining(config, dataset, genotypes, devices, files.rows, reporter, should_stop).train(table)
    table = with_costs(wanted_rows(files.rows.read(), config), costs)
    facts = {"config": dataclasses.asdict(config), **provenance.made_with()}
    with reporter.doing("analysis and report"):
        progress = ResampleLines(reporter)
        return write_results(
            files.path, table, config.original, config.margin, config.resamples, config.seed, facts, progress
        )


def study_table(
    path: Path,
    original: str,
    workdir: Path,
    margin: float,
    resamples: int,
    seed: int,
    reporter: Reporter | None = None,
) -> StudyOutcome:
    """Reports on accuracies that were made elsewhere (`read_any_table`); raises InputError as its parts do."""
    table = read_any_table(path)
    facts = {"table": path.name, **provenance.made_with()}
    progress = ResampleLines(reporter or Reporter(show=False))
    return write_results(workdir, table, original, margin, resamples, seed, facts, progress)


def with_costs(table: StudyTable, costs: Sequence[Cost]) -> StudyTable:
    """Returns the table with the sizes of its networks, which are numbered from 0."""
    sizes = {name: {str(n): float(getattr(cost, name)) for n, cost in enumerate(costs)} for name in SIZES}
    return dataclasses.replace(table, sizes=sizes)


def wanted_rows(table: StudyTable, config: StudyConfig) -> StudyTable:
    """Returns the rows of the config's networks and settings, in their order; others are of an earlier, larger config.

    Rows lie in the file in the order in which training ended, which another machine changes.
    """
    settings, networks = [str(setting) for setting in config.settings], list(map(str, range(config.networks)))
    rows = {(row.proxy, row.network): row for row in table.rows}
    wanted = ((setting, network) for setting in settings for network in networks)
    return StudyTable(tuple(rows[key] for key in wanted if key in rows))


__all__ = ["StudyInterruptedError", "StudyOutcome", "run_study", "study_table", "wanted_rows"]
