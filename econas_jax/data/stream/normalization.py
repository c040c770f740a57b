"""Mean and standard deviation of streamed images: ImageNet's published ones, or those of a sample."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from econas_jax.data.assembly import channel_histograms, statistics_of
from econas_jax.data.dataset import ChannelValues, Split

# Published, of images scaled to [0, 1] (torchvision's references; DARTS, `cnn/train_imagenet.py`).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

SAMPLE = 1_000  # images; the mean is then known to about 0.01


def is_imagenet(classes: Sequence[str]) -> bool:
    """Whether all classes are called by WordNet's numbers, such as n01440764, as ImageNet's and its subsets' are."""
    return all(re.fullmatch(r"n\d{8}", name) for name in classes)


def sample(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Returns up to `SAMPLE` of the images, always the same, spread evenly over them."""
    places = np.linspace(0, len(numbers) - 1, min(SAMPLE, len(numbers))).round().astype(np.int64)
    return numbers[places]


def measured(batches: Iterable[Split]) -> tuple[ChannelValues, ChannelValues]:
    """Returns mean and standard deviation of each channel over the images of some batches, scaled to [0, 1]."""
    return statistics_of(sum((channel_histograms(batch.images) for batch in batches), np.zeros((3, 256), np.int64)))
