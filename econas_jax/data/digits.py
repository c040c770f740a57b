"""The handwritten digits that come with scikit-learn: real images without any download."""

from __future__ import annotations

import numpy as np

from econas_jax.data.assembly import assemble
from econas_jax.data.dataset import Dataset, Split, repeat_grey
from econas_jax.data.splitting import split_off

NUM_CLASSES = 10
LARGEST_VALUE = 16  # the set's pixels count the dark points among 4x4: 0 to 16
TEST_SIZE = 297
TEST_SEED = 0  # not the user's: runs with different seeds are compared on the same test images
VALIDATION_SIZE = 300  # leaves 1,200 of the 1,797 images to train on


def load_digits(*, validation_size: int | None = None, seed: int = 0) -> Dataset:
    """1,797 images of 8x8 pixels, 10 classes, grey repeated to three channels, values scaled to 0..255.

    The 297 test images are always the same, the validation images (300 if None) depend on the seed; both stratified.
    Who wrote which digit is not known, so the splits share writers and the test accuracy flatters a little.

    Raises:
        InputError: validation_size or seed cannot be used.
    """
    from sklearn import datasets

    digits = datasets.load_digits()
    images = np.rint(digits.images * (255 / LARGEST_VALUE)).astype(np.uint8)
    everything = Split(repeat_grey(images), digits.target.astype(np.int32))
    train, test = split_off(everything, NUM_CLASSES, TEST_SIZE, TEST_SEED)
    size = VALIDATION_SIZE if validation_size is None else validation_size
    return assemble("digits", train, num_classes=NUM_CLASSES, test=test, validation_size=size, seed=seed)
