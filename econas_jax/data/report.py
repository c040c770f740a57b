"""What was read, for people (a line a split) and for `config.json` (facts in JSON's types)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from econas_jax.data.dataset import ChannelValues, Dataset, Labels
from econas_jax.data.duplicates import shared_images
from econas_jax.data.fingerprint import fingerprints
from econas_jax.data.origin import Origin

NAMED = 5  # classes without images, at most


@dataclasses.dataclass(frozen=True)
class SplitReport:
    """What was read of one split."""

    name: str
    images: int
    classes: int  # that it has images of
    origin: Origin | None  # None: the data set is always the same
    absent: tuple[str, ...] = ()  # names of the classes that it has no images of

    def line(self) -> str:
        """Returns all of it in one line."""
        count = f"{self.images:,} image{'' if self.images == 1 else 's'} in {self.classes:,} classes"
        parts = [f"{self.name}: {count if self.images else 'no images'}"]
        if self.origin:
            parts[0] += f", {self.origin.source}" if self.origin.source else ""
            if self.origin.passed_over:
                parts.append("passed over: " + ", ".join(map(str, self.origin.passed_over)))
            if self.origin.treated:
                parts.append("changed: " + ", ".join(map(str, self.origin.treated)))
        if self.images and self.absent:
            more = f" and {len(self.absent) - NAMED:,} more" if len(self.absent) > NAMED else ""
            parts.append("no images of " + ", ".join(map(repr, self.absent[:NAMED])) + more)
        return "; ".join(parts)


def split_report(name: str, labels: Labels, classes: Sequence[str], origin: Origin | None) -> SplitReport:
    """Describes a split by its labels. classes: the names of all classes of the data set."""
    there = np.unique(labels)
    absent = tuple(classes[label] for label in sorted(set(range(len(classes))) - set(there.tolist())))
    return SplitReport(name, len(labels), len(there), origin, absent)


@dataclasses.dataclass(frozen=True)
class DataReport:
    """What was read of a data set."""

    name: str
    image_size: int
    splits: tuple[SplitReport, ...]
    shared: int  # validation images that are training images, too
    fingerprints: dict[str, str]
    classes: tuple[str, ...]  # their names
    mean: ChannelValues
    std: ChannelValues

    @classmethod
    def of(cls, dataset: Dataset) -> DataReport:
        """Describes a data set; takes about a second for a gigabyte of images."""
        splits = tuple(
            split_report(name, split.labels, dataset.classes, dataset.origins.get(name))
            for name, split in dataset.splits.items()
        )
        shared = shared_images(dataset.train, dataset.validation)
        return cls(
            dataset.name,
            dataset.image_size,
            splits,
            shared,
            fingerprints(dataset),
            dataset.classes,
            dataset.mean,
            dataset.std,
        )

    def lines(self) -> tuple[str, ...]:
        """Returns a line a split, and one more where training and validation images overlap."""
        lines = [split.line() for split in self.splits]
        if self.shared:
            images = "1 validation image is" if self.shared == 1 else f"{self.shared:,} validation images are"
            lines.append(f"{images} also among the training images, bit by bit: every candidate has seen them")
        return tuple(lines)

    def facts(self) -> dict[str, Any]:
        """Returns the same in JSON's types, with the fingerprint of each split."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "classes": list(self.classes),
            "mean": list(self.mean),
            "std": list(self.std),
            "validation_images_also_in_train": self.shared,
            "splits": {
                split.name: {
                    "images": split.images,
                    "classes": split.classes,
                    **(split.origin.facts() if split.origin else {}),
                    "fingerprint": self.fingerprints[split.name],
                }
                for split in self.splits
            },
        }
