"""The command: python -m econas_jax.search --config configs/econas.py [--workdir DIR] [--config.FIELD=VALUE ...]."""

from __future__ import annotations

from absl import app

from econas_jax.errors import InputError, SearchError
from econas_jax.experiment import cli as command
from econas_jax.search.config import from_mapping
from econas_jax.search.loop import SearchInterruptedError, run_search
from econas_jax.search.progress import Reporter


def parse_flags(arguments: list[str]) -> list[str]:
    """absl's parser with one-line mistakes."""
    return command.parse_flags(arguments, "configs/econas.py")


def main(arguments: list[str]) -> int:
    """Runs the search that the flags describe; returns the exit status."""
    command.quiet_libraries()
    stop = command.StopRequest()
    reporter = Reporter()
    try:
        run_search(from_mapping(command.CONFIG.value), command.workdir(), reporter, stop)
    except InputError as error:
        command.fail(str(error))
    except SearchError as error:
        command.fail(str(error), command.FAILURE)
    except (SearchInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; the same command goes on from here")
        return stop.status
    return 0


if __name__ == "__main__":
    app.run(main, flags_parser=parse_flags)
