"""The command `econas-jax search`, or python -m econas_jax.search: runs a search, or goes on with one."""

from __future__ import annotations

import sys

from econas_jax import search  # its names are imported when they are used: JAX not before the flags are right
from econas_jax.errors import FAILURE, InputError, SearchError
from econas_jax.experiment import cli, help_text
from econas_jax.experiment.output import print_lines

ABOUT = "Runs a search and writes its results into a folder; the same command goes on with a search that was stopped."


def main(arguments: list[str]) -> int:
    """Runs the search that the command line describes; returns the exit status."""
    if help_text.asked_for(arguments):
        print_lines(help_text.help_lines("search", ABOUT, (cli.CONFIG, cli.WORKDIR), search.SearchConfig))
        return 0
    cli.parse_flags(arguments, "search", "digits")
    cli.set_up_process()
    stop = cli.StopRequest()
    reporter = search.Reporter()
    try:
        config = search.from_mapping(cli.CONFIG.value)  # a mistake in it is told at once, before JAX is loaded
        search.run_search(config, cli.workdir(), reporter, stop)
    except InputError as error:
        cli.fail(str(error))
    except SearchError as error:
        cli.fail(str(error), FAILURE)
    except (search.SearchInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; the same command goes on from here")
        return stop.status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
