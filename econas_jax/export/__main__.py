"""The command `econas-jax export`: writes a trained network as files that need this package no more.

Flax code with its weights, a StableHLO program for CPUs and CUDA GPUs, ONNX on request, and a model card.
"""

from __future__ import annotations

import argparse
import functools
import sys

from econas_jax.errors import FAILURE, USAGE_ERROR, InputError, SearchError
from econas_jax.experiment.folder import local_folder

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Exports what the arguments name; returns the exit status."""
    parser = argparse.ArgumentParser(prog="econas-jax export", description=__doc__)
    parser.add_argument(
        "run", help="the folder of a trained model, of a retraining run, of one of its networks, or of a search"
    )
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder to write; made if need be")
    parser.add_argument("--network", type=int, metavar="K", help="which of a run's networks; default: the best")
    parser.add_argument(
        "--rank", type=int, metavar="K", help="which of a search's best candidates; default: 0, the best"
    )
    parser.add_argument("--onnx", metavar="PYTHON", help="write ONNX too, with this Python, which has jax2onnx")
    parser.add_argument("--overwrite", action="store_true", help="write into a folder that is no earlier export, too")
    given = parser.parse_args(arguments)
    try:
        run, folder = local_folder(given.run, "run"), local_folder(given.to, "to")
        from econas_jax.export.exporting import export_model  # with JAX, which help has no need of
        from econas_jax.search.found_model import find_model

        found = find_model(run, rank=given.rank, network=given.network)
        print(found.folder)
        say = functools.partial(print, flush=True)
        card = export_model(found.model, folder, onnx_python=given.onnx, overwrite=given.overwrite, say=say)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    except SearchError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILURE
    except OSError as error:
        print(f"error: {folder} cannot be written ({error.strerror}); it is as it was", file=sys.stderr)
        return FAILURE
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return INTERRUPTED
    print(f"exported to {folder}: {', '.join(card.files)} and model_card.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
