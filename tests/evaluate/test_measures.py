"""Measures of a classifier, against numbers from elsewhere and against the plain definitions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics

from econas_jax.errors import InputError
from econas_jax.evaluate import Evaluation, evaluation_of, wilson_interval
from econas_jax.evaluate.lines import evaluation_lines

NAMES = ("cat", "dog", "bird")
LOGITS = np.array([[2, 1, 0], [0, 3, 1], [1, 0, 2], [5, 4, 3], [1, 1, 1]], np.float32)
LABELS = np.array([0, 1, 1, 2, 1], np.int32)


def drawn(classes: int, images: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=images).astype(np.int32)
    return rng.normal(size=(images, classes)) + 1.5 * np.eye(classes)[labels], labels


def test_counts_of_a_few_images() -> None:
    found = evaluation_of([(LOGITS[:2], LABELS[:2]), (LOGITS[2:], LABELS[2:])], NAMES)
    assert found.confusion.tolist() == [[1, 0, 0], [1, 1, 1], [1, 0, 0]]  # of equal logits the first class counts
    assert (found.images, found.right, found.accuracy, found.in_top) == (5, 2, 0.4, None)
    assert [found.recall(number) for number in range(3)] == [1.0, 1 / 3, 0.0]
    assert [found.precision(number) for number in range(3)] == [1 / 3, 1.0, 0.0]


def test_shares_of_nothing_are_none() -> None:
    found = evaluation_of([(LOGITS[:2], LABELS[:2])], NAMES)
    assert found.recall(2) is None and found.precision(2) is None
    assert found.to_json()["classes"][2] == {
        "name": "bird",
        "images": 0,
        "predicted": 0,
        "right": 0,
        "recall": None,
        "precision": None,
    }


@pytest.mark.parametrize("classes", [3, 12])
def test_all_is_as_scikit_learn_counts_it(classes: int) -> None:
    logits, labels = drawn(classes)
    predicted = logits.argmax(axis=1)
    found = evaluation_of([(logits[:150], labels[:150]), (logits[150:], labels[150:])], tuple(map(str, range(classes))))
    np.testing.assert_array_equal(found.confusion, metrics.confusion_matrix(labels, predicted))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    recalls, precisions = (
        score(labels, predicted, average=None) for score in (metrics.recall_score, metrics.precision_score)
    )
    assert [found.recall(number) for number in range(classes)] == pytest.approx(list(recalls))
    assert [found.precision(number) for number in range(classes)] == pytest.approx(list(precisions))
    if classes == 12:
        assert found.in_top == metrics.top_k_accuracy_score(labels, logits, k=5, normalize=False)


@pytest.mark.parametrize(
    ("right", "images", "low", "high"),
    [
        (
            8,
            10,
            0.4902,
            0.9433,
        ),  # statsmodels' proportion_confint(method="wilson"), R's binom.confint(methods="wilson")
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe, 1998, Table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_the_published_ones(right: int, images: int, low: float, high: float) -> None:
    assert wilson_interval(right, images) == pytest.approx((low, high), abs=5e-5)


def test_json_holds_all() -> None:
    found = evaluation_of([drawn(12)], tuple(map(str, range(12))))
    fields = json.loads(json.dumps(found.to_json()))
    assert fields["top_5_accuracy"] == found.in_top / 400 if found.in_top else False
    assert fields["confusion"] == found.confusion.tolist() and len(fields["classes"]) == 12
    assert fields["interval_95"][0] < fields["accuracy"] < fields["interval_95"][1]


def test_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="^images = 0: expected at least one image to evaluate on$"):
        evaluation_of([], NAMES)


def test_lines_of_few_classes() -> None:
    found = evaluation_of([(LOGITS[:3], LABELS[:3])], NAMES)
    assert list(evaluation_lines(found)) == [
        "accuracy: 66.67 % (95 % interval 20.77 to 93.85 %), 2 of 3 images",
        "class    images     right    recall  precision",
        "cat           1         1   100.0 %    100.0 %",
        "dog           2         1    50.0 %    100.0 %",
        "bird          0         0         -      0.0 %",
    ]


def test_lines_of_many_classes_are_those_of_the_worst() -> None:
    confusion = np.diag(np.arange(30)) + np.eye(30, k=1, dtype=int)
    lines = list(evaluation_lines(Evaluation(tuple(f"class {n}" for n in range(30)), confusion, 400)))
    assert lines[1].startswith("among the first 5: ")
    assert [line.split()[1] for line in lines[3:23]] == [str(number) for number in range(20)]
    assert lines[23:] == ["these are the 20 classes with the lowest recall, of 30"]
