"""The streamed source: the same batches however they are read, every image once, and one line for what is wrong."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from photo_folder import CLASSES, TRAIN, VALIDATION
from PIL import Image

from econas_jax.data.dataset import Split
from econas_jax.data.stream import StreamConfig, StreamSource
from econas_jax.data.stream.normalization import IMAGENET_MEAN, IMAGENET_STD
from econas_jax.data.stream.reader import Request
from econas_jax.data.stream.reading_process import ReadingProcess
from econas_jax.errors import InputError, SearchError

IMAGES = TRAIN * len(CLASSES)  # 21: five batches of 4 and one image


def opened(path: Path, workers: int = 0, **options: object) -> StreamSource:
    return StreamConfig(path=str(path), workers=workers, **options).open(0, 16)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def two_epochs(photos: Path) -> list[Split]:
    """All batches of two epochs, made without processes."""
    batches = opened(photos).training(4, 7, short_batch=True)
    return [batch for epoch in (0, 1) for batch in batches.epoch(epoch)]


@pytest.fixture(scope="module")
def two_workers(photos: Path) -> Iterator[StreamSource]:
    source = opened(photos, workers=2)
    yield source
    source.close()


def assert_equal(found: list[Split], expected: list[Split]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.labels, other.labels)


def test_batches_are_the_same_for_any_number_of_processes(
    photos: Path, two_epochs: list[Split], two_workers: StreamSource
) -> None:
    one_worker = opened(photos, workers=1)
    for source in (one_worker, two_workers):
        batches = source.training(4, 7, short_batch=True)
        assert_equal([batch for epoch in (0, 1) for batch in batches.epoch(epoch)], two_epochs)
    one_worker.close()


def test_any_step_of_any_epoch_is_there_at_once(two_epochs: list[Split], two_workers: StreamSource) -> None:
    batches = two_workers.training(4, 7, short_batch=True)
    assert_equal(list(batches.epoch(1, 2)), two_epochs[8:])
    assert_equal(list(batches.epoch(0, 5)), two_epochs[5:6])
    iterator = batches.epoch(0)
    next(iterator)  # given up in the middle
    assert_equal(list(batches.epoch(0, 3)), two_epochs[3:6])


def test_an_epoch_has_every_image_once_in_another_order(photos: Path, tmp_path: Path) -> None:
    # The whole image and no flip, so that an image is known by its pixels.
    for number, file in enumerate(sorted((photos / "train").rglob("*.JPEG"))):
        target = tmp_path / "train" / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (8 * number, 0, 0)).save(target, "PNG")
    source = StreamConfig(path=str(tmp_path), workers=0, flip=False).open(0, 8)
    batches = source.training(4, 3, short_batch=True)
    assert batches.steps == 6
    orders = []
    for epoch in (0, 1):
        found = list(batches.epoch(epoch))
        assert [len(batch) for batch in found] == [4] * 5 + [1]
        numbers = np.concatenate([batch.images[:, 0, 0, 0] for batch in found]) // 8
        labels = np.concatenate([batch.labels for batch in found])
        assert sorted(numbers.tolist()) == list(range(IMAGES))
        np.testing.assert_array_equal(labels, numbers // TRAIN)
        orders.append(numbers.tolist())
    assert orders[0] != orders[1]
    without = source.training(4, 3, short_batch=False)
    assert [len(batch) for batch in without.epoch(0)] == [4] * 5 == [4] * without.steps
    other_seed = np.concatenate(
        [batch.images[:, 0, 0, 0] for batch in source.training(4, 4, short_batch=True).epoch(0)]
    )
    assert (other_seed // 8).tolist() != orders[0]


def test_an_image_is_cropped_otherwise_in_every_epoch(photos: Path) -> None:
    batches = opened(photos).training(IMAGES, 0, short_batch=False)
    first, second = (next(batches.epoch(epoch)) for epoch in (0, 1))
    order = [np.random.default_rng((0, epoch)).permutation(IMAGES) for epoch in (0, 1)]
    changed = (first.images[np.argsort(order[0])] != second.images[np.argsort(order[1])]).any(axis=(1, 2, 3))
    assert changed.sum() >= IMAGES - 1


def test_splits_names_and_counts(photos: Path, two_workers: StreamSource) -> None:
    assert two_workers.classes == CLASSES
    assert [two_workers.count(split) for split in ("train", "validation", "test")] == [IMAGES, 0, 9]
    assert two_workers.lines() == (
        "train: 21 images in 3 classes, from train/",
        "test: 9 images in 3 classes, from val/",
    )
    batches = list(two_workers.evaluation("test", 4))
    assert [len(batch) for batch in batches] == [4, 4, 1]
    assert np.concatenate([batch.labels for batch in batches]).tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert_equal(list(opened(photos).evaluation("test", 4)), batches)
    assert list(two_workers.evaluation("validation", 4)) == []
    assert two_workers.crop == 0.875 and two_workers.image_size == 16


def test_with_test_images_those_of_val_are_for_validation(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path, dirs_exist_ok=True)
    shutil.copytree(photos / "val" / CLASSES[0], tmp_path / "test" / CLASSES[0])
    source = opened(tmp_path)
    assert [source.count(split) for split in ("train", "validation", "test")] == [IMAGES, 9, 3]
    with pytest.raises(InputError, match=r"^data.validation = 0.1: expected 0, since"):
        opened(tmp_path, validation=0.1)


def test_a_share_of_the_training_images_is_held_out_of_each_class(photos: Path) -> None:
    source = opened(photos, validation=0.3)
    assert [source.count(split) for split in ("train", "validation", "test")] == [15, 6, 9]
    (held_out,) = source.evaluation("validation", 10)
    assert held_out.labels.tolist() == [0, 0, 1, 1, 2, 2]
    (trained,) = source.training(15, 0, short_batch=True).epoch(0)
    assert np.bincount(trained.labels).tolist() == [5, 5, 5]
    assert source.identity() == opened(photos, validation=0.3).identity() != opened(photos).identity()
    with pytest.raises(InputError, match=r"^data.validation = 0.01: expected a share"):
        opened(photos, validation=0.01)


def test_normalization_is_imagenets_or_that_of_the_training_images(photos: Path, tmp_path: Path) -> None:
    assert (opened(photos).mean, opened(photos).std) == (IMAGENET_MEAN, IMAGENET_STD)
    shutil.copytree(photos, tmp_path, dirs_exist_ok=True)
    (tmp_path / "train" / CLASSES[0]).rename(tmp_path / "train" / "fish")
    (tmp_path / "val" / CLASSES[0]).rename(tmp_path / "val" / "fish")
    source = opened(tmp_path, crop=1.0)
    images = np.concatenate([batch.images for batch in source._central("train", np.arange(IMAGES), 8)]) / 255
    np.testing.assert_allclose(source.mean, images.mean(axis=(0, 1, 2)), rtol=1e-9)
    np.testing.assert_allclose(source.std, images.std(axis=(0, 1, 2)), rtol=1e-9)


def test_identity_is_of_names_and_sizes(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "copy")
    before = opened(photos).identity()
    assert opened(tmp_path / "copy").identity() == before
    assert before["stored"]["train"]["files"] == IMAGES and before["classes"] == list(CLASSES)
    file = next((tmp_path / "copy" / "train" / CLASSES[1]).iterdir())
    with file.open("ab") as stream:
        stream.write(b"\0")
    assert opened(tmp_path / "copy").identity() != before


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_image_is_named_in_its_batchs_place(photos: Path, tmp_path: Path, workers: int) -> None:
    shutil.copytree(photos, tmp_path, dirs_exist_ok=True)
    damaged = tmp_path / "train" / CLASSES[2] / f"{CLASSES[2]}_6.JPEG"
    damaged.write_bytes(damaged.read_bytes()[:300])
    source = opened(tmp_path, workers)
    place = int(np.flatnonzero(np.random.default_rng((7, 0)).permutation(IMAGES) == IMAGES - 1)[0]) // 4
    batches = source.training(4, 7, short_batch=True)
    found: list[Split] = []
    with pytest.raises(InputError, match=f"^image = '{damaged}': expected a readable image file") as caught:
        found.extend(batches.epoch(0))
    assert "\n" not in str(caught.value)
    assert len([batch for batch in batches.epoch(0, place + 1)]) == 5 - place  # the others are still to be had
    source.close()


def test_a_damaged_test_image_is_found_by_the_check(photos: Path, tmp_path: Path) -> None:
    opened(photos).check()
    shutil.copytree(photos, tmp_path, dirs_exist_ok=True)
    damaged = tmp_path / "val" / CLASSES[2] / f"{CLASSES[2]}_{VALIDATION - 1}.JPEG"
    damaged.write_bytes(b"")
    with pytest.raises(InputError, match=f"^image = '{damaged}': expected a readable image file"):
        opened(tmp_path).check()


def test_folders_that_cannot_be_used_are_refused(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "empty")
    (tmp_path / "empty" / "train" / "n09999999").mkdir()
    with pytest.raises(InputError, match="^class = '.*n09999999': expected at least one image"):
        opened(tmp_path / "empty")
    shutil.copytree(photos, tmp_path / "flat")
    for folder in (tmp_path / "flat" / "val").iterdir():  # as ImageNet's validation images are published
        for file in folder.iterdir():
            file.rename(tmp_path / "flat" / "val" / file.name)
        folder.rmdir()
    with pytest.raises(InputError, match="^folder = '.*val': expected a folder of images for each class"):
        opened(tmp_path / "flat")
    with pytest.raises(InputError, match=r"^data.path = '.*nowhere': expected a folder with"):
        opened(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"^data.path = None: expected a folder with"):
        StreamConfig().open(0, 16)


def test_what_is_passed_over_is_told(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path, dirs_exist_ok=True)
    (tmp_path / "train" / CLASSES[0] / "notes.txt").write_text("no image")
    (tmp_path / "train" / CLASSES[0] / "gone.JPEG").symlink_to(tmp_path / "nowhere.JPEG")
    line = opened(tmp_path).lines()[0]
    assert "1 (no image, 'train/n01440764/notes.txt')" in line and "broken link" in line


def test_a_process_that_dies_is_one_line(photos: Path) -> None:
    source = opened(photos, workers=1)
    batches = source.training(4, 0, short_batch=True)
    next(batches.epoch(0))
    (process,) = source._pool._processes
    os.kill(process._process.pid, signal.SIGKILL)
    with pytest.raises(SearchError, match="^a process that reads images was killed by SIGKILL, as the system"):
        for epoch in range(3):
            list(batches.epoch(epoch))
    source.close()
    assert len(next(batches.epoch(0))) == 4  # and can be had again
    source.close()


def test_a_process_ends_under_nobody_who_waits_for_its_answer() -> None:
    """Else that thread goes on with the number of a closed socket, which another process's may have by then."""

    class SlowConnection:
        closed_while_asked: bool | None = None

        def __init__(self) -> None:
            self.asked, self.may_answer = threading.Event(), threading.Event()

        def send(self, request: object) -> None:
            self.asked.set()

        def recv(self) -> tuple[str, tuple[str, int, str]]:
            assert self.may_answer.wait(20)
            return "image", ("photo", 1, "a photo")

        def close(self) -> None:
            self.closed_while_asked = not self.may_answer.is_set()

    process, slow = ReadingProcess(), SlowConnection()
    process._connection.close()
    process._connection = slow  # type: ignore[assignment]
    with ThreadPoolExecutor(2) as threads:
        answer = threads.submit(process.read, Request("train", np.arange(1), 0, 0), (1, 2, 2, 3))
        assert slow.asked.wait(20)
        end = threads.submit(process.end)
        process._process.wait(20)
        time.sleep(0.1)  # long enough to close it
        slow.may_answer.set()
        with pytest.raises(InputError, match="^photo = 1"):
            answer.result(20)
        end.result(20)
    assert slow.closed_while_asked is False


def test_processes_end_with_the_program_that_started_them(photos: Path) -> None:
    program = f"""
import os
from econas_jax.data.stream import StreamConfig
source = StreamConfig(path={str(photos)!r}, workers=1).open(0, 16)
next(source.training(4, 0, short_batch=True).epoch(0))
print(source._pool._processes[0]._process.pid, flush=True)
os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    deadline = time.monotonic() + 20
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(pid)


def test_processes_load_neither_jax_nor_grain() -> None:
    program = "import sys, econas_jax.data.stream.worker; print({'jax', 'grain'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # one that ended is there until its parent asks for its status
    return not (state.exists() and state.read_text().split()[2] == "Z")
