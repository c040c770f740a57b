"""A whole search inside a supernet: checked, run or gone on with, and written down."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from econas_jax.data import Dataset
from econas_jax.errors import SearchError, require
from econas_jax.experiment import disk
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.times import Times
from econas_jax.nn.darts.supernet import CellSupernet
from econas_jax.spaces.proxy import Proxy
from econas_jax.supernet.chains.choice import chain_search
from econas_jax.supernet.config import CHANGEABLE, NetworkConfig, SupernetConfig, TrainingConfig
from econas_jax.supernet.course import require_images
from econas_jax.supernet.history import HISTORY_FILE, read_history
from econas_jax.supernet.method_configs import OneShotConfig
from econas_jax.supernet.methods.choice import chosen_method
from econas_jax.supernet.methods.method import SupernetMethod
from econas_jax.supernet.opened import Opened, opened_images
from econas_jax.supernet.progress import Reporter
from econas_jax.supernet.ranking import Candidate, Ranked, read_ranking
from econas_jax.supernet.result import Found, SupernetResult, best_ranked, result_fields
from econas_jax.supernet.standalone import standalone_candidates
from econas_jax.supernet.supernet_run import SupernetInterruptedError, SupernetRun
from econas_jax.supernet.task import SupernetTask, Task
from econas_jax.supernet.trainer import SupernetTrainer
from econas_jax.supernet.workdir import Workdir
from econas_jax.training.arithmetic import arithmetic
from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.devices import batch_devices
from econas_jax.training.epoch_loop import DivergedError


def run_supernet(
    config: SupernetConfig,
    workdir: str | Path,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    dataset: Dataset | None = None,
) -> SupernetResult:
    """Searches, or goes on with the search in the workdir; a finished one only returns its result.

    dataset: the images; None: those of `config.data`. Only training images are read, in the two parts that the method
    asks for.

    Raises InputError, before anything is trained, for a config that cannot be run; `SupernetInterruptedError`, after a
    commit, once should_stop() is true (it is asked after every step); SearchError if the disk is full or a loss is no
    longer finite.
    """
    kind = type(config).__name__
    require(isinstance(config, SupernetConfig), "config", kind, "a SupernetConfig (from_mapping makes one)")
    reporter = reporter or Reporter(show=False)
    files = Workdir(local_folder(workdir), reporter.say)
    with files.held(config, CHANGEABLE.__contains__), contextlib.ExitStack() as stack:
        files.check(config, CHANGEABLE.__contains__)  # again: another search may have run here until now
        settings = arithmetic()
        use_compilation_cache()
        devices = batch_devices(config.devices, config.network.compute_dtype)
        opened = opened_images(config, reporter, dataset)
        stack.callback(opened.close)
        task, method = _chosen(config, opened)
        trainer = SupernetTrainer(task, method, devices, config.proxy.epochs, config.seed)
        trainer.shapes()
        standalone = _standalone(config)
        _check_counts(config, method, opened.images.counts)
        run = SupernetRun(
            config=config,
            trainer=trainer,
            images=opened.images,
            files=files,
            make_room=lambda size: disk.check_room(files.path, size, config.disk_gib),
            reporter=reporter,
            interrupted=should_stop,
            times=Times(),
        )
        # Not before: a config that fits no images must not claim the folder.
        files.claim(config, {"data": opened.identity, "arithmetic": settings}, {"data": opened.facts})
        files.record(config)
        with disk.one_line_errors(files.path):
            return _searched(run, standalone)


def _check_counts(config: SupernetConfig, method: SupernetMethod, counts: tuple[int, int]) -> None:
    """Raises InputError where there are too few images to rank candidates."""
    judging = method.judging
    if judging is not None:
        field = "search.statistics_batches * search.evaluation_batch_size"
        require_images(field, judging.batch_size * judging.batches, counts[0], "the weights")
    elif config.search.ranks:
        require_images("training.batch_size", config.training.batch_size, counts[1], "the architecture")


def task_of(config: SupernetConfig, opened: Opened) -> SupernetTask:
    """Returns the supernet of cells of a config and how its weights are trained."""
    network, proxy, training = config.network, config.proxy, config.training
    assert isinstance(network, NetworkConfig) and isinstance(proxy, Proxy) and isinstance(training, TrainingConfig)
    supernet = CellSupernet(
        channels=proxy.channels,
        cells=network.cells,
        nodes=network.nodes,
        classes=opened.classes,
        compute_dtype=network.compute_dtype,
    )
    return SupernetTask(supernet, network.nodes, training, proxy.resolution, opened.mean, opened.std)


def _chosen(config: SupernetConfig, opened: Opened) -> tuple[Task, SupernetMethod]:
    if isinstance(config.network, NetworkConfig):
        return task_of(config, opened), chosen_method(config)
    return chain_search(config, opened.classes, opened.mean, opened.std)


def _standalone(config: SupernetConfig) -> tuple[Candidate, ...]:
    if not isinstance(config.search, OneShotConfig):
        return ()
    assert isinstance(config.network, NetworkConfig)
    return standalone_candidates(config.search.standalone, config.network.nodes)


def _searched(run: SupernetRun, standalone: Sequence[Candidate]) -> SupernetResult:
    config, files, reporter, method = run.config, run.files, run.reporter, run.trainer.method
    weights, held_out = run.images.counts
    reporter.say(
        f"searching by {config.method}: {config.proxy.epochs} epochs of {run.steps} steps, {weights:,} images for the "
        f"weights and {held_out:,} for the architecture; results in {files.path}"
    )
    ranking: list[Ranked] = []
    try:
        progress, state = run.run()
        history, best = progress.history, method.found(progress.history)
        if config.search.ranks:
            ranking = run.ranked(state, standalone)
            best = _best(method, ranking, progress.epoch - 1)
    except DivergedError as error:
        raise SearchError(f"{error}; a lower training.learning_rate may help, in a new workdir") from None
    except SupernetInterruptedError:
        file = files.path / HISTORY_FILE
        history = tuple(read_history(file)) if file.exists() else ()
        done = read_ranking(files.ranking) if files.ranking.exists() else []
        best = _best(method, done, len(history) - 1) if done else method.found(history)
        finished = len(history) == config.proxy.epochs and not config.search.ranks
        files.write_result(result_fields(best, history, finished, done))
        reporter.say(f"report so far: {files.report}")
        raise
    files.write_result(result_fields(best, history, True, ranking))
    reporter.found(best)
    reporter.say(f"report: {files.report}")
    reporter.say(f"time: {run.times}")
    return SupernetResult(best, history, files.path)


def _best(method: SupernetMethod, ranking: Sequence[Ranked], epoch: int) -> tuple[Found, ...]:
    return tuple(method.described(each.genotype, epoch, each.accuracy) for each in best_ranked(ranking))
