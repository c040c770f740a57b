"""The contenders' paired differences to the baseline, with their 95 % intervals and the line where none is shown."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from econas_jax.compare.analysis import Finding
from econas_jax.compare.config import CompareConfig
from econas_jax.compare.wording import MEASURE_NAMES, budget_text
from econas_jax.figures.style import ACCENT, INK, NOTE_SIZE, QUIET, chart, note, nothing_yet, shown_name


def plot_differences(config: CompareConfig, findings: Sequence[Finding]) -> Figure:
    """Draws a row for each finding that has a difference; findings: of one budget and measure."""
    drawn = [finding for finding in findings if finding.difference is not None]
    name = MEASURE_NAMES[findings[0].measure] if findings else "accuracy"
    after = f" after {budget_text(findings[0].budget, config.unit)}" if findings else ""
    title = f"Difference to {config.baseline}{after}"
    figure, axes = chart(title, f"Difference of {name} (percentage points)", "")
    if not drawn:
        nothing_yet(axes, "there are no two contenders with runs of the same seed")
        return figure
    for place, finding in enumerate(reversed(drawn)):
        difference = finding.difference
        assert difference is not None
        shown = difference.sign != 0
        if difference.low is not None and difference.high is not None:
            ends = [100 * difference.low, 100 * difference.high]
            axes.plot(ends, [place, place], color=INK if shown else QUIET, linewidth=1.6)
        axes.plot([100 * difference.mean], [place], marker="o", color=INK if shown else QUIET, markersize=6)
    axes.axvline(0, color=ACCENT, linewidth=1.2)
    labels = [shown_name(finding.contender) for finding in reversed(drawn)]
    axes.set_yticks(range(len(drawn)), labels, fontsize=NOTE_SIZE)
    axes.set_ylim(-0.6, len(drawn) - 0.4)
    note(figure, "lines: 95 % intervals of the mean paired difference; grey: they contain 0, no difference shown")
    return figure
