"""The names that people give to the folders of splits."""

from __future__ import annotations

import re

NAMES = {
    "train": ("train", "training", "trn", "trainset", "trainingset"),
    "validation": (
        *("validation", "val", "valid", "valset", "validset", "validationset"),
        *("validate", "validating", "dev", "devel", "devset", "development"),
    ),
    "test": ("test", "testing", "tests", "tst", "testset", "testingset"),
}
# Words that say nothing about which split it is: `train_images`, `test-set`, `img_val`.
FILLING = frozenset({"set", "data", "dataset", "image", "images", "img", "imgs", "split", "folder", "photos"})


def split_of(folder: str) -> str | None:
    """Returns train, validation or test for a folder's name in any case, or None if it is not a split's.

    Numbers, punctuation and words such as `images` are ignored: `Train`, `val2017` and `test_set` are splits. A name
    that leaves more than one word (`train_val`) or may mean two splits (`eval`, `holdout`) is none.
    """
    words = [word for word in re.split(r"[^a-z]+", folder.lower()) if word and word not in FILLING]
    return next((split for split, names in NAMES.items() if len(words) == 1 and words[0] in names), None)
