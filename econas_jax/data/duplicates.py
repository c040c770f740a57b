"""Images that are both trained on and ranked by: a candidate that has seen a validation image is ranked too high."""

from __future__ import annotations

from econas_jax.data.dataset import Split
from econas_jax.errors import InputError


def shared_images(train: Split, validation: Split) -> int:
    """Returns how many validation images are also training images, bit by bit, whatever their labels."""
    held_out = {image.tobytes() for image in validation.images}
    if not held_out:
        return 0
    trained_on = {content for image in train.images if (content := image.tobytes()) in held_out}
    return sum(image.tobytes() in trained_on for image in validation.images) if trained_on else 0


def refuse_shared_images(train: Split, validation: Split) -> None:
    """Raises InputError if an image of a validation set that came from outside is also a training image.

    Where the validation images are held out of the training images, the same duplicates are counted and said only:
    they were in the data, and nobody meant to keep the two apart.
    """
    if shared := shared_images(train, validation):
        raise InputError("validation images", f"{shared} training images among them", "no training image among them")
