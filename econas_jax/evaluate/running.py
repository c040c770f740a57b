"""An evaluation, from the model that was found to the files that are written of it."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from econas_jax.data.batches import ImageSource
from econas_jax.errors import InputError
from econas_jax.evaluate.images import Asked, check_split, open_images
from econas_jax.evaluate.measures import Evaluation, evaluation_of
from econas_jax.experiment.console import Reporter
from econas_jax.experiment.disk import one_line_errors
from econas_jax.experiment.provenance import made_with
from econas_jax.experiment.text import percent
from econas_jax.files import write_text
from econas_jax.models.prediction import predictions
from econas_jax.search.found_model import FoundModel

FOLDER, FILE, PICTURE = "evaluation", "evaluation.json", "confusion"
STAGING = ".evaluation-"  # begins the name of the folder that an evaluation is written into
BATCH_SIZE = 500
CAUTION = "note: whoever chooses among a search's candidates by test images has none left to report on"


class Written(NamedTuple):
    """An evaluation, and the folder with its files."""

    evaluation: Evaluation
    folder: Path


def evaluate(found: FoundModel, asked: Asked, split: str | None, to: Path | None, reporter: Reporter) -> Written:
    """Evaluates a model; writes `evaluation.json` and the picture of the confusion matrix.

    Args:
        found: the model.
        asked: which images, if others than those of its run.
        split: None: validation for a search's candidate, else test.
        to: the folder for the files, made if need be; None: one in the model's own, by data set and split.
        reporter: is told what is done.

    Raises:
        InputError: before anything is computed, for images or a folder that will not do.
        SearchError: images that can no longer be read, or files that cannot be written.
    """
    split = split or ("test" if found.rank is None else "validation")
    with reporter.doing("opening the images"):
        source, crop, classes = open_images(asked, found.folder, found.model)
    try:
        check_split(source, split)
        folder = _made(to or _usual_folder(found, source, split))
        if split == "test" and found.rank is not None:
            reporter.say(CAUTION)
        batches = source.evaluation(split, min(BATCH_SIZE, source.count(split)))
        with reporter.doing(f"evaluating {source.count(split):,} images ({source.name}, {split})"):
            evaluation = evaluation_of(predictions(found.model, batches, crop), classes)
    finally:
        source.close()
    with one_line_errors(folder), _all_or_nothing(folder) as staging:
        _write(staging, found, source, split, evaluation)
    return Written(evaluation, folder)


def _usual_folder(found: FoundModel, source: ImageSource, split: str) -> Path:
    rank = "" if found.rank is None else f"rank_{found.rank}_"
    return found.folder / FOLDER / f"{rank}{source.name}_{split}"


@contextlib.contextmanager
def _all_or_nothing(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder, whose files replace those in `folder` once all of them are written."""
    try:
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=folder) as staging:
            yield Path(staging)
            for file in sorted(Path(staging).iterdir()):
                file.replace(folder / file.name)
    except BaseException:
        with contextlib.suppress(OSError):  # what has something in it stays
            folder.rmdir()
        raise


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"{STAGING}*"):  # of an evaluation that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        tempfile.TemporaryFile(dir=folder).close()  # a folder that is there may still be one that cannot be written
    except OSError as error:
        allowed = f"a folder that can be written ({error.strerror}); --to names another"
        raise InputError("to", str(folder), allowed) from None
    return folder


def _write(folder: Path, found: FoundModel, source: ImageSource, split: str, evaluation: Evaluation) -> None:
    # Matplotlib takes half a second to import, and is needed only now.
    from econas_jax.evaluate.picture import plot_confusion
    from econas_jax.figures.figure_files import save_figure

    fields = {
        "model": str(found.folder),
        "network": found.model.description.to_json(),
        "recorded_accuracy": dict(found.model.accuracy),
        "data": {"name": source.name, "split": split, "identity": source.identity()},
        **evaluation.to_json(),
        **made_with(),
    }
    write_text(folder / FILE, json.dumps(fields, indent=2) + "\n")
    title = f"{source.name}, {split}: {percent(evaluation.accuracy)} of {evaluation.images:,} images are right"
    save_figure(plot_confusion(evaluation, title), folder, PICTURE)
