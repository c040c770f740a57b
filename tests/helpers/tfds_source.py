"""A small CIFAR-10 prepared by TensorFlow Datasets itself, without TensorFlow."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_sources import png

from econas_jax.data.dataset import Split, TrainTest


def prepare_cifar10(folder: Path, images: TrainTest) -> Path:
    """Makes the folder a TFDS data_dir with `cifar10/3.0.2` in array_record format."""
    import tensorflow_datasets as tfds

    # Not registered, for two test files make it in one process.
    class Cifar10(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
        """A builder of the same name and features as TFDS's own, whose preparation needs TensorFlow."""

        VERSION = tfds.core.Version("3.0.2")

        def _info(self) -> Any:
            features = {
                "id": tfds.features.Text(),
                "image": tfds.features.Image(shape=(32, 32, 3)),
                "label": tfds.features.ClassLabel(num_classes=10),
            }
            return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

        def _split_generators(self, manager: Any) -> dict[str, Any]:
            return {"train": self._generate_examples(images.train), "test": self._generate_examples(images.test)}

        def _generate_examples(self, split: Split) -> Iterator[tuple[str, dict[str, Any]]]:
            for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
                yield f"{number}", {"id": f"{number}", "image": io.BytesIO(png(image)), "label": int(label)}

    Cifar10(data_dir=str(folder), file_format="array_record").download_and_prepare()
    return folder
