"""The command `econas-jax retrain`, or python -m econas_jax.retrain: trains networks from scratch, or goes on."""

from __future__ import annotations

import sys

from econas_jax import retrain  # its names are imported when they are used: JAX not before the flags are right
from econas_jax.errors import FAILURE, InputError, SearchError
from econas_jax.experiment import cli, help_text
from econas_jax.experiment.output import print_lines

ABOUT = (
    "Trains found or published networks from scratch into models and writes them into a folder; the same command goes "
    "on with a retraining that was stopped."
)


def main(arguments: list[str]) -> int:
    """Runs the retraining that the command line describes; returns the exit status."""
    if help_text.asked_for(arguments):
        print_lines(help_text.help_lines("retrain", ABOUT, (cli.CONFIG, cli.WORKDIR), retrain.RetrainConfig))
        return 0
    cli.parse_flags(arguments, "retrain", "retrain_digits")
    cli.set_up_process()
    stop = cli.StopRequest("step")
    reporter = retrain.Reporter()
    try:
        config = retrain.from_mapping(cli.CONFIG.value)  # a mistake in it is told at once, before JAX is loaded
        result = retrain.run_retrain(config, cli.workdir(), reporter, stop)
    except InputError as error:
        cli.fail(str(error))
    except SearchError as error:
        cli.fail(str(error), FAILURE)
    except (retrain.RetrainInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; the same command goes on from here")
        from econas_jax.training.compile.beside import leave

        return leave(stop.status)
    if result.failed:
        cli.fail(f"{len(result.failed)} of {len(result.networks)} networks came to no result", FAILURE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
