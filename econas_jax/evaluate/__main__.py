"""The command `econas-jax evaluate`: the accuracy of a trained model, each class's, and the confusion matrix.

Without --data the images are those that the run's config names: of a search the validation images, else the test
images.
"""

from __future__ import annotations

import argparse
import sys

from econas_jax.errors import FAILURE, USAGE_ERROR, InputError, SearchError
from econas_jax.experiment.folder import local_folder
from econas_jax.experiment.output import print_lines

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Evaluates what the arguments name; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        run = local_folder(given.run, "run")
        to = None if given.to is None else local_folder(given.to, "to")
        from econas_jax.evaluate.images import Asked  # with JAX, which help has no need of
        from econas_jax.evaluate.lines import evaluation_lines
        from econas_jax.evaluate.running import evaluate
        from econas_jax.experiment.console import Reporter
        from econas_jax.search.found_model import find_model

        found = find_model(run, rank=given.rank, network=given.network)
        evaluation, folder = evaluate(found, Asked(given.data, given.path), given.split, to, Reporter())
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    except SearchError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILURE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    print_lines([*evaluation_lines(evaluation), f"written to {folder}"])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="econas-jax evaluate", description=__doc__)
    parser.add_argument(
        "run", help="the folder of a retraining run, of one of its networks, of a model, or of a search"
    )
    parser.add_argument(
        "--rank", type=int, metavar="K", help="which of a search's best candidates; default: 0, the best"
    )
    parser.add_argument("--network", type=int, metavar="K", help="which of a retraining's networks; default: the best")
    parser.add_argument("--data", metavar="NAME", help="a data set, as in a config: digits, cifar10, image_folder, ...")
    parser.add_argument("--path", help="the file or folder of the data set")
    parser.add_argument("--split", choices=("train", "validation", "test"), help="which of its images")
    parser.add_argument("--to", metavar="DIR", help="the folder for the results; default: evaluation/ beside the model")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
