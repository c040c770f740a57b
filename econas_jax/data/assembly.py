"""Makes a whole Dataset of the splits that a source has: validation images, normalization constants."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from econas_jax.data.dataset import ChannelValues, Dataset, Images, Split
from econas_jax.data.duplicates import refuse_shared_images
from econas_jax.data.origin import Origin
from econas_jax.data.splitting import split_off
from econas_jax.errors import require

Histograms = npt.NDArray[np.int64]

VALIDATION_SHARE = 0.2  # of the training images, where neither the data nor the user says otherwise


def assemble(
    name: str,
    train: Split,
    *,
    num_classes: int,
    validation: Split | None = None,
    test: Split | None = None,
    validation_size: int | None = None,
    seed: int = 0,
    normalization: tuple[ChannelValues, ChannelValues] | None = None,
    origins: Mapping[str, Origin] | None = None,
    classes: Sequence[str] = (),
) -> Dataset:
    """Returns a Dataset of the given splits.

    Without a validation split, `validation_size` images (a fifth if None) are split off the training images by seed.
    Without a test split the test split is empty. Without published constants, normalization is (mean, std) of the
    images that are left to train on. classes: their names; without any, the labels are the names.

    Raises:
        InputError: see Split, Dataset, split_off; a validation_size other than 0 although there is a validation split;
            an image that is both in the given validation split and in the training split.
    """
    origins = dict(origins or {})
    if validation is None:
        size = _usual_size(train) if validation_size is None else validation_size
        train, validation = split_off(train, num_classes, size, seed)
        if size:
            told = origins.get("validation", Origin(""))  # what lies in a folder that has no image to validate by
            origins["validation"] = dataclasses.replace(told, source="held out of the training images")
    else:
        allowed = "None or 0, since the data has validation images of its own"
        require(not validation_size, "validation_size", validation_size, allowed)
        refuse_shared_images(train, validation)
    mean, std = normalization or channel_statistics(train.images)
    test = test or _empty_like(train)
    return Dataset(name, train, validation, test, num_classes, mean, std, origins, tuple(classes))


def channel_statistics(images: Images) -> tuple[ChannelValues, ChannelValues]:
    """Returns mean and standard deviation (of the population) of each channel of images scaled to [0, 1].

    images: uint8[n, h, w, 3]. The result is exact up to one rounding: it comes from the histogram of the 256 values,
    without a float copy of the images.
    """
    require(images.size > 0, "training images", images.shape, "at least one image")
    return statistics_of(channel_histograms(images))


def channel_histograms(images: Images) -> Histograms:
    """Returns how often each of the 256 values stands in each channel of images uint8[n, h, w, 3], int64[3, 256]."""
    return np.stack([np.bincount(images[..., channel].ravel(), minlength=256) for channel in range(3)])


def statistics_of(histograms: Histograms) -> tuple[ChannelValues, ChannelValues]:
    """Returns mean and standard deviation of each channel, as `channel_statistics` does, from the histograms."""
    values = np.arange(256) / 255
    means, deviations = [], []
    for histogram in histograms:
        shares = histogram / histogram.sum()
        mean = float(shares @ values)
        means.append(mean)
        deviations.append(float(np.sqrt(shares @ (values - mean) ** 2)))
    return (means[0], means[1], means[2]), (deviations[0], deviations[1], deviations[2])


def _usual_size(train: Split) -> int:
    """How many images to hold out where nobody says; raises InputError where there are not so many to spare."""
    size = max(1, round(VALIDATION_SHARE * len(train)))
    spare = len(train) - len(np.unique(train.labels))
    advice = "add training images, or validation images of your own (a folder validation/, or the arrays validation_*)"
    if spare >= 1:
        advice = f"set data.validation_size to {spare} or less, {advice}"
    allowed = f"at most {spare}, since each class keeps an image to train on: {advice}"
    require(size <= spare, "images to hold out for validation, a fifth", size, allowed)
    return size


def _empty_like(split: Split) -> Split:
    return Split(np.empty((0, *split.images.shape[1:]), np.uint8), np.empty(0, np.int32))
