"""DenseNet-BC's counts against those of other libraries, and refused values."""

from __future__ import annotations

import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.densenet import DenseNetBC, multiply_adds, parameters


@pytest.mark.parametrize(
    ("depth", "growth", "classes", "expected"),
    [
        # Parameters as pytorchcv's tests assert them, the last column as ptflops 0.6.9 counts pytorchcv's networks.
        (100, 12, 10, (769_162, 287_929_692, 300_930_406)),
        (100, 12, 100, (800_032, 287_960_472, 300_961_276)),
        (250, 24, 10, (15_324_406, 5_418_785_724, 5_547_689_542)),
        (190, 40, 10, (25_624_430, 9_301_945_740, 9_432_919_830)),
        (190, 40, 100, (25_821_620, 9_302_142_840, 9_433_117_020)),
    ],
)
def test_published_counts(depth: int, growth: int, classes: int, expected: tuple[int, int, int]) -> None:
    network = DenseNetBC(depth, growth)
    plain, elementwise = (
        multiply_adds(network, resolution=32, num_classes=classes, elementwise=flag) for flag in (False, True)
    )
    assert (parameters(network, num_classes=classes), plain, elementwise) == expected


def test_the_smallest_is_counted_by_hand() -> None:
    # One layer a block, k = 1, 4 x 4 pixels: channels 2, 3 | 1, 2 | 1, 2, then the classifier.
    layers = 16 * (2 * 4 + 36) + 4 * (4 + 36) + (4 + 36)
    expected = 16 * 27 * 2 + layers + 16 * 3 + 4 * 2 + 2 * 7
    assert multiply_adds(DenseNetBC(10, 1), resolution=4, num_classes=7) == expected


@pytest.mark.parametrize(
    ("depth", "growth", "field"), [(40.0, 12, "depth"), (41, 12, "depth"), (4, 12, "depth"), (40, 0, "growth")]
)
def test_what_is_no_network_is_refused(depth: int, growth: int, field: str) -> None:
    with pytest.raises(InputError) as caught:
        DenseNetBC(depth, growth)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("resolution", "classes", "field"), [(30, 10, "resolution"), (0, 10, "resolution"), (32, 1, "num_classes")]
)
def test_sizes_that_make_no_network_are_refused(resolution: int, classes: int, field: str) -> None:
    with pytest.raises(InputError) as caught:
        multiply_adds(DenseNetBC(10, 1), resolution=resolution, num_classes=classes)
    assert caught.value.field == field
