"""What the command prints of an evaluation: the accuracy, and a table of the classes."""

from __future__ import annotations

from collections.abc import Iterator

from econas_jax.evaluate.measures import TOP, Evaluation, wilson_interval

MOST_CLASSES = 20  # in the table; of more, those that are recognised the least
LONGEST_NAME = 24  # characters


def evaluation_lines(evaluation: Evaluation) -> Iterator[str]:
    """Yields the lines, the accuracy first."""
    low, high = wilson_interval(evaluation.right, evaluation.images)
    share = f"{100 * evaluation.accuracy:.2f} % (95 % interval {100 * low:.2f} to {100 * high:.2f} %)"
    yield f"accuracy: {share}, {evaluation.right:,} of {evaluation.images:,} images"
    if evaluation.in_top is not None:
        yield f"among the first {TOP}: {100 * evaluation.in_top / evaluation.images:.2f} %"
    numbers = range(len(evaluation.classes))
    shown = sorted(numbers, key=lambda number: _least_first(evaluation.recall(number)))[:MOST_CLASSES]
    names = {number: evaluation.classes[number][:LONGEST_NAME] for number in shown}
    width = max(len("class"), *map(len, names.values()))
    yield f"{'class':<{width}}  {'images':>8}  {'right':>8}  {'recall':>8}  {'precision':>9}"
    for number in sorted(shown) if len(shown) == len(numbers) else shown:
        images, right = evaluation.confusion[number].sum(), evaluation.confusion[number, number]
        recall, precision = _percent(evaluation.recall(number)), _percent(evaluation.precision(number))
        yield f"{names[number]:<{width}}  {images:>8,}  {right:>8,}  {recall:>8}  {precision:>9}"
    if len(shown) < len(numbers):
        yield f"these are the {len(shown)} classes with the lowest recall, of {len(numbers)}"


def _least_first(recall: float | None) -> float:
    return 2.0 if recall is None else recall  # a class without images comes last


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
