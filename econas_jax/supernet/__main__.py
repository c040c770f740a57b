"""The command `econas-jax supernet`, or python -m econas_jax.supernet: searches inside a supernet, or goes on."""

from __future__ import annotations

import sys

from econas_jax import supernet  # its names are imported when they are used: JAX not before the flags are right
from econas_jax.errors import FAILURE, InputError, SearchError
from econas_jax.experiment import cli, help_text
from econas_jax.experiment.output import print_lines

ABOUT = (
    "Searches for a cell inside one network that contains all of them (DARTS and its kin), and writes what it found "
    "into a folder; the same command goes on with a search that was stopped."
)


def main(arguments: list[str]) -> int:
    """Runs the search that the command line describes; returns the exit status."""
    if help_text.asked_for(arguments):
        print_lines(help_text.help_lines("supernet", ABOUT, (cli.CONFIG, cli.WORKDIR), supernet.SupernetConfig))
        return 0
    cli.parse_flags(arguments, "supernet", "darts_digits")
    cli.set_up_process()
    stop = cli.StopRequest("step")
    reporter = supernet.Reporter()
    try:
        config = supernet.from_mapping(cli.CONFIG.value)  # a mistake in it is told at once, before JAX is loaded
        supernet.run_supernet(config, cli.workdir(), reporter, stop)
    except InputError as error:
        cli.fail(str(error))
    except SearchError as error:
        cli.fail(str(error), FAILURE)
    except (supernet.SupernetInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; the same command goes on from here")
        from econas_jax.training.compile.beside import leave

        return leave(stop.status)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
