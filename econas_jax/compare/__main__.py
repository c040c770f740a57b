"""The command `econas-jax compare`, or python -m econas_jax.compare: runs searchers side by side, on equal budgets."""

from __future__ import annotations

import sys

from econas_jax import compare  # its names are imported when they are used: JAX not before the flags are right
from econas_jax.compare.wording import HEADER, MEASURE_NAMES, row, summary
from econas_jax.errors import FAILURE, InputError, SearchError
from econas_jax.experiment import cli, help_text
from econas_jax.experiment.output import print_lines
from econas_jax.search.progress import Reporter

ABOUT = (
    "Runs search algorithms side by side with many seeds, on a table of accuracies or by training, and tells what each "
    "has found at equal budgets, with intervals; the same command goes on with a comparison that was stopped. The "
    "fields of `contenders.NAME.search` are those of its algorithm, as econas-jax search --help lists them."
)


def main(arguments: list[str]) -> int:
    """Runs the comparison that the command line describes; returns the exit status."""
    if help_text.asked_for(arguments):
        print_lines(help_text.help_lines("compare", ABOUT, (cli.CONFIG, cli.WORKDIR), compare.CompareConfig))
        return 0
    cli.parse_flags(arguments, "compare", "compare_table")
    cli.set_up_process()
    reporter = Reporter()
    stop = cli.StopRequest()
    try:
        config = compare.from_mapping(cli.CONFIG.value)  # a mistake in it is told at once, before JAX is loaded
        workdir = cli.workdir()
        analysis = compare.run_comparison(config, workdir, reporter, stop)
    except InputError as error:
        cli.fail(str(error))
    except SearchError as error:
        cli.fail(str(error), FAILURE)
    except (compare.ComparisonInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; every finished run is kept, and the same command goes on from there")
        return stop.status
    _show(analysis, config, reporter)
    reporter.say(f"report: {workdir / 'report.html'}")
    return 0


def _show(analysis: compare.ComparisonAnalysis, config: compare.CompareConfig, reporter: Reporter) -> None:
    """Prints a table to paste, by the measure that counts and with retraining free, then the largest budget's lines."""
    shown = [f for f in analysis.findings if f.measure == analysis.measure and not f.charged]
    reporter.say(f"{MEASURE_NAMES[analysis.measure]}; the other measures: comparison.csv")
    for cells in (HEADER, ["---"] * len(HEADER), *(row(finding, config) for finding in shown)):
        reporter.say("| " + " | ".join(cells) + " |")
    for line in summary(analysis, config):
        reporter.say(line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
