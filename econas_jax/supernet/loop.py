"""A whole search inside a supernet: checked, run or gone on with, and written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from econas_jax.data import DataReport, Dataset
from econas_jax.errors import SearchError, require
from econas_jax.experiment import disk
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.times import Times
from econas_jax.nn.darts.supernet import CellSupernet
from econas_jax.supernet.config import CHANGEABLE, SupernetConfig
from econas_jax.supernet.history import HISTORY_FILE, read_history
from econas_jax.supernet.images import SearchImages, require_images
from econas_jax.supernet.method_configs import OneShotConfig
from econas_jax.supernet.methods.choice import chosen_method
from econas_jax.supernet.progress import Reporter
from econas_jax.supernet.ranking import Candidate, Ranked, read_ranking
from econas_jax.supernet.result import SupernetResult, best_ranked, result_fields
from econas_jax.supernet.standalone import standalone_candidates
from econas_jax.supernet.supernet_run import SupernetInterruptedError, SupernetRun
from econas_jax.supernet.task import SupernetTask
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
    with files.held(config, CHANGEABLE.__contains__):
        files.check(config, CHANGEABLE.__contains__)  # again: another search may have run here until now
        settings = arithmetic()
        use_compilation_cache()
        devices = batch_devices(config.devices, config.network.compute_dtype)
        dataset = dataset or _loaded(config, reporter)
        report = DataReport.of(dataset)
        _check_crop(config, dataset)
        method = chosen_method(config)
        trainer = SupernetTrainer(task_of(config, dataset), method, devices, config.proxy.epochs, config.seed)
        trainer.shapes()
        folder = config.search.standalone if isinstance(config.search, OneShotConfig) else None
        standalone = standalone_candidates(folder, config.network.nodes)
        images = SearchImages(dataset, config.proxy.sample_ratio, config.search.held_out(), config.seed)
        if config.search.ranks:
            held_out, batch = len(images.architecture), config.training.batch_size
            require_images("training.batch_size", batch, held_out, "the architecture")
        run = SupernetRun(
            config=config,
            trainer=trainer,
            images=images,
            files=files,
            make_room=lambda size: disk.check_room(files.path, size, config.disk_gib),
            reporter=reporter,
            interrupted=should_stop,
            times=Times(),
        )
        # Not before: a config that fits no images must not claim the folder.
        files.claim(config, {"data": report.fingerprints, "arithmetic": settings}, {"data": report.facts()})
        files.record(config)
        with disk.one_line_errors(files.path):
            return _searched(run, standalone)


def task_of(config: SupernetConfig, dataset: Dataset) -> SupernetTask:
    """Returns the supernet of a config and how its weights are trained."""
    network = CellSupernet(
        channels=config.proxy.channels,
        cells=config.network.cells,
        nodes=config.network.nodes,
        classes=dataset.num_classes,
        compute_dtype=config.network.compute_dtype,
    )
    sizes = (config.network.nodes, config.training, config.proxy.resolution)
    return SupernetTask(network, *sizes, dataset.mean, dataset.std)


def _loaded(config: SupernetConfig, reporter: Reporter) -> Dataset:
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed, config.proxy.resolution)
    for line in DataReport.of(dataset).lines():
        reporter.say(line)
    return dataset


def _check_crop(config: SupernetConfig, dataset: Dataset) -> None:
    padding, size = config.training.augmentation.crop_padding, dataset.image_size
    allowed = f"less than the images' size, {size}: lower it"
    require(padding < size, "training.augmentation.crop_padding", padding, allowed)


def _searched(run: SupernetRun, standalone: Sequence[Candidate]) -> SupernetResult:
    config, files, reporter, method = run.config, run.files, run.reporter, run.trainer.method
    reporter.say(
        f"searching by {config.method}: {config.proxy.epochs} epochs of {run.steps} steps, "
        f"{len(run.images.weights):,} images for the weights and {len(run.images.architecture):,} for the "
        f"architecture; results in {files.path}"
    )
    ranking: list[Ranked] = []
    try:
        progress, state = run.run()
        history, best = progress.history, method.found(progress.history)
        if config.search.ranks:
            ranking = run.ranked(state, standalone)
            best = best_ranked(ranking, progress.epoch - 1)
    except DivergedError as error:
        raise SearchError(f"{error}; a lower training.learning_rate may help, in a new workdir") from None
    except SupernetInterruptedError:
        file = files.path / HISTORY_FILE
        history = tuple(read_history(file)) if file.exists() else ()
        done = read_ranking(files.ranking) if files.ranking.exists() else []
        best = best_ranked(done, len(history) - 1) if done else method.found(history)
        finished = len(history) == config.proxy.epochs and not config.search.ranks
        files.write_result(result_fields(best, history, finished, done))
        reporter.say(f"report so far: {files.report}")
        raise
    files.write_result(result_fields(best, history, True, ranking))
    reporter.found(best)
    reporter.say(f"report: {files.report}")
    reporter.say(f"time: {run.times}")
    return SupernetResult(best, history, files.path)
