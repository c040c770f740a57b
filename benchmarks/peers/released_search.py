"""EcoNAS's released training script as processes on a CPU, for end_to_end to compare a search with.

Needs a clone of github.com/DongzhanZhou/EcoNAS, and a Python with PyTorch and torchvision. Their `search/` folder is
copied and `train.py` runs as their `main.py` runs it, a process for each candidate. `CHANGES` holds only what a CPU and
a current PyTorch need (each text must be there, so that another version of the code is noticed), and makes images come
from arrays instead of a download. Their augmentation, loaders, loss, optimiser and validation stay.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from econas_jax import Genotype
from econas_jax.data import Dataset

CHANGES = {
    "train.py": {
        "if not torch.cuda.is_available():": "if False:",
        ".cuda(async=True)": "",
        ".cuda()": "",
        ", volatile=True": "",
        "def infer(": "@torch.no_grad()\ndef infer(",
        "clip_grad_norm(": "clip_grad_norm_(",
        ".data[0]": ".item()",
        "best_acc.cpu().numpy()": "best_acc",
        "import torchvision.datasets as dset": "from array_images import ArrayImages",
        "dset.CIFAR10(root=args.data, train=True, download=True, ": "ArrayImages(args.data, 'train', ",
        "dset.CIFAR10(root=args.data, train=False, download=True, ": "ArrayImages(args.data, 'validation', ",
    },
    "network/utils.py": {"correct[:k].view(-1)": "correct[:k].reshape(-1)", "np.sum(np.prod": "sum(np.prod"},
}
ARRAY_IMAGES = '''
import json
import os
import numpy as np
from PIL import Image
from torch.utils.data import Dataset


class ArrayImages(Dataset):
    """torchvision's CIFAR10, its images read from arrays."""

    def __init__(self, folder, split, transform):
        self.images = np.load(os.path.join(folder, split + "_images.npy"))
        self.labels = np.load(os.path.join(folder, split + "_labels.npy"))
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])
'''
ARCHITECTURE = """from collections import namedtuple
Genotype = namedtuple("Genotype", "normal normal_concat reduce reduce_concat")
arch = """


def prepare(repository: Path, folder: Path, dataset: Dataset) -> None:
    """Copies their search code into the folder, changes it, and writes the images beside it."""
    shutil.copytree(repository / "search", folder / "search")
    for name, changes in CHANGES.items():
        file = folder / "search" / name
        text = file.read_text(encoding="utf-8")
        for old, new in changes.items():
            if old not in text:
                raise SystemExit(f"{name} of the released code has no {old!r}: it is not the version this script knows")
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    (folder / "search" / "array_images.py").write_text(ARRAY_IMAGES, encoding="utf-8")
    for split in ("train", "validation"):
        images = getattr(dataset, split)
        np.save(folder / f"{split}_images.npy", images.images)
        np.save(folder / f"{split}_labels.npy", images.labels)


def train(folder: Path, python: str, genotypes: Sequence[Genotype], epochs: int, cores: Sequence[int]) -> list[float]:
    """Trains each genotype in a process, one at a time on each core; returns the best accuracies."""
    nets = folder / "search" / "nets"
    shutil.rmtree(nets, ignore_errors=True)
    queues: list[list[str]] = [[] for _ in cores]
    for number, genotype in enumerate(genotypes):
        net = nets / f"a{number}"
        net.mkdir(parents=True)
        (net / "__init__.py").touch()
        cells = (genotype.normal, genotype.reduce)
        edges, concats = ([tuple(edge) for edge in cell.edges] for cell in cells), (list(cell.concat) for cell in cells)
        fields = [value for pair in zip(edges, concats, strict=True) for value in pair]
        (net / "arch.py").write_text(ARCHITECTURE + f"Genotype({', '.join(map(repr, fields))})\n", encoding="utf-8")
        command = f"{python} train.py --save=nets/{net.name} --epochs={epochs} --data={folder}"
        queues[number % len(cores)].append(f"{command} > nets/{net.name}/output.txt 2>&1")
    lines = [
        f"taskset -c {core} sh -c '{' && '.join(queue)}' &" for core, queue in zip(cores, queues, strict=True) if queue
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder / "search")}
    script = "\n".join([*lines, "wait"])
    subprocess.run(["sh", "-c", script], cwd=folder / "search", check=True, env=environment)
    return [_accuracy(nets / f"a{number}") for number in range(len(genotypes))]


def _accuracy(net: Path) -> float:
    """Returns the accuracy, in [0, 1], that their script recorded for a candidate."""
    record = net / "record.json"
    if not record.exists():
        raise SystemExit(f"the released code failed: {(net / 'output.txt').read_text(encoding='utf-8')[-2000:]}")
    return float(json.loads(record.read_text(encoding="utf-8"))["e1"][1]) / 100
