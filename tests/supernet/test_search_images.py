"""The two parts of the training images, and what the steps of an epoch read."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_retrain import IMAGES, tiny_dataset

from econas_jax.data import Split
from econas_jax.errors import InputError
from econas_jax.supernet.course import Course, PhaseReads
from econas_jax.supernet.images import SearchImages, StepImages

DATASET = tiny_dataset(0, 0)
BOTH = [PhaseReads(None, True, 4)]


def numbers(split: Split | None) -> list[int]:
    """Which of the training images these are."""
    assert split is not None
    known = {image.tobytes(): place for place, image in enumerate(DATASET.train.images)}
    return [known[image.tobytes()] for image in split.images]


def course_of(images: SearchImages, reads: list[PhaseReads], size: int, short_batch: bool, **order: Any) -> Course:
    return Course(tuple(reads), size, short_batch, images.counts, **order)


def test_the_parts_are_all_images_once() -> None:
    images = SearchImages(DATASET, 1.0, 0.5, 0)
    assert sorted(numbers(images.weights) + numbers(images.architecture)) == list(range(IMAGES))
    assert len(images.weights) == len(images.architecture) == IMAGES // 2
    again, other = SearchImages(DATASET, 1.0, 0.5, 0), SearchImages(DATASET, 1.0, 0.5, 1)
    assert numbers(again.weights) == numbers(images.weights) != numbers(other.weights)


def test_a_proxy_splits_its_own_share() -> None:
    images = SearchImages(DATASET, 0.5, 0.25, 0)
    assert (len(images.weights), len(images.architecture)) == (8, 3)


def test_without_a_share_both_are_all_images() -> None:
    images = SearchImages(DATASET, 1.0, 0.0, 0)
    assert numbers(images.weights) == numbers(images.architecture) == list(range(IMAGES))


def test_an_epoch_reads_every_image_for_the_weights_once() -> None:
    images = SearchImages(DATASET, 1.0, 0.5, 0)
    epoch = list(images.epoch(course_of(images, BOTH, 4, True), 0))
    assert [len(step) for step in epoch] == [4, 4, 3]
    assert sorted(sum((numbers(step.weights) for step in epoch), [])) == sorted(numbers(images.weights))
    assert [len(step) for step in images.epoch(course_of(images, BOTH, 4, False), 0)] == [4, 4]


def test_images_for_the_architecture_come_in_passes_of_whole_batches() -> None:
    images = SearchImages(DATASET, 1.0, 0.5, 0)
    course = course_of(images, BOTH, 4, True)
    batches = [numbers(step.architecture) for epoch in range(4) for step in images.epoch(course, epoch)]
    assert all(len(batch) == 4 and set(batch) <= set(numbers(images.architecture)) for batch in batches)
    passes = [batches[place] + batches[place + 1] for place in range(0, 12, 2)]
    assert all(len(set(images)) == 8 for images in passes)
    assert len({tuple(images) for images in passes}) == 6


def same(one: StepImages, other: StepImages) -> bool:
    return one.phase == other.phase and all(
        (a is None) == (b is None) and (a is None or numbers(a) == numbers(b))
        for a, b in ((one.weights, other.weights), (one.architecture, other.architecture))
    )


@pytest.mark.parametrize("first", [0, 1, 2, 3, 4, 5])
def test_from_any_step_on_it_reads_the_same(first: int) -> None:
    images = SearchImages(DATASET, 1.0, 0.5, 0)
    phases = [PhaseReads(None, True, 0), PhaseReads(2, False, 6)]
    course = course_of(images, phases, 4, True)
    assert course.phase_steps == (3, 2) and course.steps == 5
    whole, rest = (list(images.epoch(course, 1, step)) for step in (0, first))
    assert [step.phase for step in whole] == [0, 0, 0, 1, 1]
    assert len(rest) == 5 - first and all(map(same, rest, whole[first:]))


def test_kinds_are_one_step_of_every_shape() -> None:
    images = SearchImages(DATASET, 1.0, 0.5, 0)
    phases = [PhaseReads(None, True, 0), PhaseReads(2, False, 6)]
    assert course_of(images, phases, 4, True).kinds(range(9)) == {(0, 4, 0), (0, 3, 0), (1, 0, 6)}


def test_too_few_images_are_told() -> None:
    images = SearchImages(DATASET, 1.0, 0.25, 0)
    assert (len(images.weights), len(images.architecture)) == (16, 6)
    with pytest.raises(
        InputError, match="training.batch_size = 9: expected at most 6, the number of images for the ar"
    ):
        course_of(images, [PhaseReads(None, True, 9)], 9, True)
    with pytest.raises(InputError, match="search.samples . search.reward_images = 7: expected at most 6"):
        course_of(images, [PhaseReads(None, True, 0), PhaseReads(2, False, 7)], 9, True)
