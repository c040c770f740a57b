"""The command: python -m econas_jax.study --config configs/study.py [--workdir DIR] [--config.FIELD=VALUE ...].

Or, for accuracies that were made elsewhere: python -m econas_jax.study --table FILE.csv --original NAME.
"""

from __future__ import annotations

from pathlib import Path

from absl import app, flags

from econas_jax.errors import InputError, SearchError
from econas_jax.experiment import cli as command
from econas_jax.experiment.console import Reporter
from econas_jax.study.config import from_mapping
from econas_jax.study.recommendation import MARGIN, previous_proxies
from econas_jax.study.resampling import RESAMPLES
from econas_jax.study.runner import StudyInterruptedError, StudyOutcome, run_study, study_table

_TABLE = flags.DEFINE_string("table", None, "Instead of --config: a CSV file of accuracies to analyse.")
_ORIGINAL = flags.DEFINE_string("original", None, "With --table: the setting whose ranks are the truth.")
_MARGIN = flags.DEFINE_float("margin", MARGIN, "With --table: how far below the best rho the choice may be.")


def parse_flags(arguments: list[str]) -> list[str]:
    """absl's parser with one-line mistakes; either a config or a table must be named."""
    rest = command.parse_flags(arguments, None)
    if (command.CONFIG.value is None) == (_TABLE.value is None):
        command.fail("expected either --config (a file such as configs/study.py) or --table (a CSV file)")
    if (_TABLE.value is None) != (_ORIGINAL.value is None):
        command.fail("--table and --original go together: the CSV file and its setting whose ranks are the truth")
    return rest


def main(arguments: list[str]) -> int:
    """Runs the study that the flags describe; returns the exit status."""
    command.quiet_libraries()
    stop = command.StopRequest()
    reporter = Reporter()
    try:
        if _TABLE.value is not None and _ORIGINAL.value is not None:
            table = Path(_TABLE.value)
            workdir = Path(command.WORKDIR.value or Path("runs") / table.stem)
            outcome = study_table(table, _ORIGINAL.value, workdir, _MARGIN.value, RESAMPLES, seed=0)
        else:
            outcome = run_study(from_mapping(command.CONFIG.value), command.workdir(), reporter, stop)
    except InputError as error:
        command.fail(str(error))
    except SearchError as error:
        command.fail(str(error), command.FAILURE)
    except (StudyInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; every finished row is in table.csv, and the same command goes on from there")
        return stop.status
    _show(outcome, reporter)
    return 0


def _show(outcome: StudyOutcome, reporter: Reporter) -> None:
    for result in outcome.analysis.proxies:
        if result.undefined is not None:
            reporter.say(f"{result.name}: {result.undefined}")
    for line in previous_proxies(outcome.analysis):
        reporter.say(line)
    reporter.say(outcome.recommendation.text)
    reporter.say(f"report: {outcome.report}")


if __name__ == "__main__":
    app.run(main, flags_parser=parse_flags)
