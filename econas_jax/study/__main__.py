"""The command `econas-jax study`, or python -m econas_jax.study: trains and analyses a study, or analyses a table."""

from __future__ import annotations

import sys
from pathlib import Path

from absl import flags

from econas_jax import study  # its names are imported when they are used: JAX not before the flags are right
from econas_jax.errors import FAILURE, InputError, SearchError
from econas_jax.experiment import cli, help_text
from econas_jax.experiment.console import Reporter
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.output import print_lines
from econas_jax.study.recommendation import MARGIN
from econas_jax.study.recommendation_text import below_zero
from econas_jax.study.resampling import RESAMPLES

ABOUT = (
    "Finds out which proxies rank networks as their full training does, by training networks under every proxy of the "
    "config; the same command goes on with a study that was stopped. Or, for accuracies that were made elsewhere: "
    "econas-jax study --table FILE.csv --original NAME"
)
TABLE = flags.DEFINE_string("table", None, "Instead of --config: a CSV file of accuracies to analyse.")
ORIGINAL = flags.DEFINE_string("original", None, "With --table: the setting whose ranks are the truth.")
MARGIN_FLAG = flags.DEFINE_float("margin", MARGIN, "With --table: how far below the best rho the choice may be.")


def main(arguments: list[str]) -> int:
    """Runs the study that the command line describes; returns the exit status."""
    if help_text.asked_for(arguments):
        holders = (cli.CONFIG, cli.WORKDIR, TABLE, ORIGINAL, MARGIN_FLAG)
        print_lines(help_text.help_lines("study", ABOUT, holders, study.StudyConfig))
        return 0
    cli.parse_flags(arguments, "study", None)
    _check_flags()
    cli.set_up_process()
    stop = cli.StopRequest()
    reporter = Reporter()
    try:
        outcome = _run(reporter, stop)
    except InputError as error:
        cli.fail(str(error))
    except SearchError as error:
        cli.fail(str(error), FAILURE)
    except (study.StudyInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; every finished row is in table.csv, and the same command goes on from there")
        return stop.status
    _show(outcome, reporter)
    return 0


def _check_flags() -> None:
    if (cli.CONFIG.value is None) == (TABLE.value is None):
        cli.fail("expected either --config (a name such as study_small, or a file) or --table (a CSV file)")
    if (TABLE.value is None) != (ORIGINAL.value is None):
        cli.fail("--table and --original go together: the CSV file and its setting whose ranks are the truth")


def _run(reporter: Reporter, stop: cli.StopRequest) -> study.StudyOutcome:
    if TABLE.value is None or ORIGINAL.value is None:
        config = study.from_mapping(cli.CONFIG.value)  # a mistake in it is told at once, before JAX is loaded
        return study.run_study(config, cli.workdir(), reporter, stop)
    table = Path(TABLE.value)
    workdir = local_folder(cli.WORKDIR.value or Path("runs") / table.stem)
    return study.study_table(table, ORIGINAL.value, workdir, MARGIN_FLAG.value, RESAMPLES, 0, reporter)


def _show(outcome: study.StudyOutcome, reporter: Reporter) -> None:
    for result in outcome.analysis.proxies:
        if result.undefined is not None:
            reporter.say(f"{result.name}: {result.undefined}")
    for line in study.previous_proxies(outcome.analysis):
        reporter.say(line)
    if outcome.recommendation.proxy is not None:  # without one the text says it
        for line in below_zero(outcome.analysis):
            reporter.say(line)
    reporter.say(outcome.recommendation.text)
    reporter.say(f"report: {outcome.report}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
