"""Runs on a table of accuracies: each in memory, several processes at a time if wanted."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import multiprocessing
import signal
from collections.abc import Generator, Sequence

import numpy as np

from econas_jax.compare.config import CompareConfig
from econas_jax.compare.cost import epochs_of, seconds_of
from econas_jax.compare.length import Spending, endless
from econas_jax.compare.run_file import Key
from econas_jax.compare.run_record import Full, RunRecord, record_run
from econas_jax.errors import InputError
from econas_jax.experiment.folder import local_folder
from econas_jax.search.in_memory import search_in_memory
from econas_jax.search.table_preparation import algorithm_on_table, family_of_table
from econas_jax.tables.evaluator import TabularEvaluator
from econas_jax.tables.family import TableFamily
from econas_jax.tables.table import Table, load_table


class TableRuns:
    """The runs of a comparison on a table; raises InputError where a contender does not fit it."""

    def __init__(self, config: CompareConfig, table: Table) -> None:
        self._config, self._table = config, table
        self.best_test_accuracy: float | None = float(np.nanmax(table.test_accuracy))
        self._families = {name: _family(config, name, table) for name in config.contenders}

    def run(self, name: str, seed: int) -> RunRecord:
        """Searches until the largest budget is spent."""
        config, family = self._config, self._families[name]
        search = endless(config.search(name, seed))
        enough = Spending(config.budgets[-1], epochs_of if config.unit == "epochs" else seconds_of)
        found = search_in_memory(algorithm_on_table(search, family), family, TabularEvaluator(self._table), enough)
        record = record_run(name, seed, found.stages, config.retraining.best, self._function)
        full = {candidate: self._full(family, text) for candidate, text in record.genotypes.items()}
        return dataclasses.replace(record, full=full, exhausted=enough.spent < config.budgets[-1])

    def charge(self) -> float:
        """Returns what the full training of the best of one search costs, in the budgets' unit."""
        retraining, table = self._config.retraining, self._table
        cost = retraining.cost
        if cost is None:
            seconds = 1.0 if table.seconds is None else float(table.seconds.mean())
            cost = table.epochs * (1.0 if self._config.unit == "epochs" else seconds)
        return retraining.best * cost

    def complete(self, record: RunRecord) -> bool:
        """Says whether a run is as long as the largest budget."""
        return record.reaches(self._config.budgets[-1], self._config.unit)

    def run_all(self, keys: Sequence[Key]) -> Generator[RunRecord, None, None]:
        """Yields the runs as they end; closed early, it abandons what has not begun."""
        if self._config.processes == 1:
            yield from (self.run(*key) for key in keys)
        elif keys:
            yield from _in_processes(self._config, keys)

    def _function(self, text: str) -> str:
        return str(self._config.space.canonical(self._config.space.parse(text)))

    def _full(self, family: TableFamily, text: str) -> Full:
        genotype = self._config.space.parse(text)
        validation = float(self._table.validation_accuracy[family.encode(genotype), -1])
        return Full(_finite(validation), _finite(family.test_accuracy(genotype)))


def _in_processes(config: CompareConfig, keys: Sequence[Key]) -> Generator[RunRecord, None, None]:
    spawn = multiprocessing.get_context("spawn")  # JAX's threads do not survive a fork
    pool = concurrent.futures.ProcessPoolExecutor(config.processes, spawn, _begin, (config,))
    try:
        for future in concurrent.futures.as_completed([pool.submit(_run, *key) for key in keys]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _family(config: CompareConfig, name: str, table: Table) -> TableFamily:
    try:
        return family_of_table(config.search(name, 0), table)
    except InputError as error:
        raise InputError(f"contenders.{name}: {error.field}", error.value, error.allowed) from None


_of_process: list[TableRuns] = []  # in a process of the pool: the one that it works for


def _begin(config: CompareConfig) -> None:
    """Loads the table, and leaves it to the process that began this one to stop: a terminal sends Ctrl-C to both."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    assert config.table is not None
    _of_process.append(TableRuns(config, load_table(local_folder(config.table, "table"))))


def _run(name: str, seed: int) -> RunRecord:
    return _of_process[0].run(name, seed)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
