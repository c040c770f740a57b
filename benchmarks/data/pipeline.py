"""Streamed images against PyTorch's DataLoader with torchvision: same folder, same pinned core, in turn.

    python -m benchmarks.data.pipeline --torch-python TORCH_ENV/bin/python --data DIR --json OUT

Claims: images a second, by the clock and by processor time, that one core reads, decodes, crops to 224x224 and flips,
ours and torchvision's, whole epochs in turn with one worker process each, main process included; and the same with
colour jitter, which torchvision does in the worker and ours on the device (here the same core), and with torchvision's
images made float and normalized, as most scripts have it and as ours are on the device.
Setting: JPEGs of about 500x375 pixels made from CIFAR-10 (photographs.py says how), batch 64, all in the file cache.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from benchmarks.common.pinned import run_in_turn, script
from benchmarks.common.result_file import write_result
from benchmarks.data.photographs import write_photographs
from econas_jax.data import load_dataset

CASES = {  # ours and theirs
    "crop and flip": ([], []),
    "crop, flip and jitter": (["--jitter"], ["--jitter"]),
    "crop and flip; theirs float and normalized": ([], ["--float"]),
}


def compare(folder: Path, torch_python: str, core: int, epochs: int) -> dict[str, Any]:
    """Times all cases and returns images a second and the ratios, epoch by epoch."""
    cases: dict[str, Any] = {}
    for case, (our_flags, their_flags) in CASES.items():
        shared = ["--folder", str(folder), "--epochs", str(epochs)]
        ours = [*script("data.our_reading"), *shared, *our_flags]
        theirs = [*script("data.torch_reading", torch_python), *shared, *their_flags]
        own, released = run_in_turn([ours, theirs], epochs + 1, {core})
        cases[case] = {"torch": released["torch"], "torchvision": released["torchvision"]}
        for rate in ("images_a_second", "images_a_processor_second"):
            ratios = [a / b for a, b in zip(own[rate], released[rate], strict=True)]
            cases[case][rate] = {"ours": own[rate], "torchvision": released[rate], "ratios": ratios}
            print(f"{case}, {rate}: ours / torchvision {statistics.median(ratios):.2f}", flush=True)
    return cases


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    needs = "with PyTorch, torchvision, psutil and lazy_loader"
    parser.add_argument("--torch-python", default=sys.executable, help=needs)
    parser.add_argument("--data", help="CIFAR-10, as the data set's path option takes it")
    parser.add_argument("--images", type=int, default=768)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    source = load_dataset("cifar10", path=arguments.data).train.take(np.arange(arguments.images))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_photographs(folder, source)
        sizes = [file.stat().st_size for file in folder.rglob("*.jpg")]
        result = {
            "cases": compare(folder, arguments.torch_python, arguments.core, arguments.epochs),
            "images": arguments.images,
            "mean_bytes": statistics.mean(sizes),
            "pillow": PIL.__version__,
        }
    write_result(arguments.json, result)


if __name__ == "__main__":
    main()
