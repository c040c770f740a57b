"""Streams of sets that TFDS prepared: a small copy made here, and the whole CIFAR-10 where there is data."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from data_sources import RECORDS, small_cifar10
from tfds_source import prepare_cifar10

from econas_jax.data.stream import StreamConfig
from econas_jax.data.stream.tfds_records import TfdsRecords
from econas_jax.errors import InputError

IMAGES = small_cifar10()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_cifar10(tmp_path_factory.mktemp("tfds"), IMAGES)


def config(path: Path, **options: object) -> StreamConfig:
    return StreamConfig("tfds_stream", str(path), "cifar10", workers=0, crop=1.0, **options)  # type: ignore[arg-type]


def test_images_and_labels_are_those_stored(prepared: Path) -> None:
    source = config(prepared).open(0, 32)
    assert [source.count(split) for split in ("train", "validation", "test")] == [5 * RECORDS, 0, RECORDS]
    # TFDS shuffles by key: compared by content.
    expected = {image.tobytes(): label for image, label in zip(IMAGES.test.images, IMAGES.test.labels, strict=True)}
    batches = list(source.evaluation("test", 8))
    found = {
        image.tobytes(): label for batch in batches for image, label in zip(batch.images, batch.labels, strict=True)
    }
    assert found == expected
    labels = np.concatenate([batch.labels for batch in source.training(16, 0, short_batch=True).epoch(0)])
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(IMAGES.train.labels))


def test_a_share_is_held_out_by_the_seed(prepared: Path) -> None:
    source, again = (config(prepared, validation=0.25).open(seed, 32) for seed in (0, 0))
    assert [source.count(split) for split in ("train", "validation")] == [75, 25]
    (held_out,), (same,) = source.evaluation("validation", 25), again.evaluation("validation", 25)
    np.testing.assert_array_equal(held_out.images, same.images)
    (other,) = config(prepared, validation=0.25).open(1, 32).evaluation("validation", 25)
    assert not np.array_equal(held_out.images, other.images)
    trained = {
        image.tobytes()
        for batch in source._central("train", source._parts["train"].numbers, 25)
        for image in batch.images
    }
    assert not trained & {image.tobytes() for image in held_out.images} and len(trained) == 75


def test_a_process_opens_the_files_itself(prepared: Path) -> None:
    records = TfdsRecords(prepared / "cifar10" / "3.0.2", "test")
    first = next(records.read([3]))
    assert len(pickle.dumps(records)) < 1_000
    assert next(pickle.loads(pickle.dumps(records)).read([3])) == first
    assert first.name.endswith("cifar10/3.0.2: test, image 3")


def test_what_is_not_there_is_refused(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        InputError, match=r"^data.path = '.*': expected a TFDS data_dir with imagenet2012 in array_record"
    ):
        StreamConfig("tfds_stream", str(prepared)).open(0, 32)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    with pytest.raises(InputError, match=r"^data.path = None: .*none was found in .*tensorflow_datasets"):
        StreamConfig("tfds_stream").open(0, 32)
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))
    assert StreamConfig("tfds_stream", data_set="cifar10", workers=0).open(0, 32).count("test") == RECORDS


def test_the_whole_of_cifar10(data_directory: Path) -> None:
    source = config(data_directory / "tfds").open(0, 32)
    assert [source.count(split) for split in ("train", "validation", "test")] == [50_000, 0, 10_000]
    assert source.classes[:2] == ("airplane", "automobile")
    np.testing.assert_allclose(source.mean, (0.491, 0.482, 0.447), atol=0.02)  # of 1,000 images
    np.testing.assert_allclose(source.std, (0.247, 0.243, 0.262), atol=0.02)
