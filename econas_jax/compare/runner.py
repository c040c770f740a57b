"""A whole comparison: check, run what is missing, analyse, report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol

from econas_jax.compare.analysis import ComparisonAnalysis, analyse
from econas_jax.compare.config import CompareConfig
from econas_jax.compare.interrupt import ComparisonInterruptedError
from econas_jax.compare.length import first_stages
from econas_jax.compare.results import facts_of, write_results
from econas_jax.compare.run_file import Key, Runs
from econas_jax.compare.run_record import RunRecord
from econas_jax.compare.workdir import CompareWorkdir, changeable
from econas_jax.errors import require
from econas_jax.experiment import disk, provenance
from econas_jax.experiment.folder import local_folder
from econas_jax.search.progress import Reporter
from econas_jax.tables.table import fingerprint, load_table

SECONDS = 5.0  # between two lines that say how many runs on a table are over


Stop = Callable[[], bool]


class Runner(Protocol):
    """What runs searches, on a table or by training."""

    best_test_accuracy: float | None  # that there is to find; None: not known

    def charge(self) -> float | None:
        """Returns what full training after one search costs, in the budgets' unit; None: not known."""

    def complete(self, record: RunRecord) -> bool:
        """Says whether nothing is missing of a run."""

    def run_all(self, keys: Sequence[Key]) -> Generator[RunRecord, None, None]:
        """Yields runs as they end. Raises ComparisonInterruptedError when asked to stop within one."""


def run_comparison(
    config: CompareConfig,
    workdir: str | Path,
    reporter: Reporter | None = None,
    should_stop: Stop = lambda: False,
) -> ComparisonAnalysis:
    """Runs a comparison, or goes on with the one in the workdir; writes its report and returns what came out.

    Raises InputError, before anything runs, for a config that cannot be run; `ComparisonInterruptedError`, after a
    report on the runs so far, once should_stop() is true; SearchError as a search does.
    """
    kind = type(config).__name__
    require(isinstance(config, CompareConfig), "config", kind, "a CompareConfig (from_mapping makes one)")
    reporter = reporter or Reporter(show=False)
    files = CompareWorkdir(local_folder(workdir), reporter.say)
    check_budgets(config)
    may_change = changeable({name for name, _ in files.runs.read()})
    with files.held(config, may_change):
        may_change = changeable({name for name, _ in files.runs.read()})
        files.check(config, may_change)  # again: another comparison may have run here until now
        runner, identity = _runner(config, files, reporter, should_stop)
        # Not before: a config that fits no table or data must not claim the folder.
        files.claim(config, identity)
        files.record(config)
        return _run(config, files, runner, reporter, should_stop)


def check_budgets(config: CompareConfig) -> None:
    """Raises InputError for a contender whose first candidate takes more epochs than the smallest budget."""
    if config.unit == "epochs":
        for name in config.contenders:
            first = first_stages(config.search(name, 0), 1)[0].epochs
            allowed = f"at least {first}, the epochs of the first candidate of {name}"
            require(config.budgets[0] >= first, "budgets", config.budgets[0], allowed)


def _runner(
    config: CompareConfig, files: CompareWorkdir, reporter: Reporter, should_stop: Stop
) -> tuple[Runner, dict[str, str]]:
    """Returns what runs the searches, and what besides the config decides their results."""
    if config.table is not None:
        from econas_jax.compare.on_table import TableRuns

        path = local_folder(config.table, "table")
        return TableRuns(config, load_table(path)), {"table": fingerprint(path)}
    # JAX, which a comparison on a table does without.
    from econas_jax.compare.on_training import TrainedRuns

    return TrainedRuns(config, files, reporter, should_stop), {}


def _run(
    config: CompareConfig, files: CompareWorkdir, runner: Runner, reporter: Reporter, should_stop: Stop
) -> ComparisonAnalysis:
    runs = files.runs.read()
    wanted = [(name, seed) for seed in range(config.seeds) for name in config.contenders]  # whole pairs first
    missing = [key for key in wanted if key not in runs or not runner.complete(runs[key])]
    reporter.say(
        f"comparison: {len(config.contenders)} contenders, {config.seeds} seeds, {len(wanted)} runs, of which "
        f"{len(wanted) - len(missing)} are there; results in {files.path}"
    )
    told = time.monotonic()
    try:
        with disk.one_line_errors(files.path), contextlib.closing(runner.run_all(missing)) as records:
            for done, record in enumerate(records, start=len(wanted) - len(missing) + 1):
                files.runs.append([record])
                runs[record.contender, record.seed] = record
                if time.monotonic() - told >= SECONDS or done == len(wanted):
                    told = time.monotonic()
                    reporter.say(f"{done} of {len(wanted)} runs, the last: {record.contender}, seed {record.seed}")
                if should_stop() and done < len(wanted):
                    raise ComparisonInterruptedError
    except ComparisonInterruptedError:
        _report(config, files, runner, runs)
        reporter.say(f"report so far: {files.path / 'report.html'}")
        raise
    return _report(config, files, runner, runs)


def _report(config: CompareConfig, files: CompareWorkdir, runner: Runner, runs: Runs) -> ComparisonAnalysis:
    analysis = analyse(config, runs, runner.charge(), runner.best_test_accuracy)
    write_results(files.path, analysis, config, runs, facts_of(config, provenance.made_with()))
    return analysis
