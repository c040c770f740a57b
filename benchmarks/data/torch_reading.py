"""Images a second of PyTorch's DataLoader with torchvision's ImageFolder, in the JSON form of our_reading.

    taskset -c 0 python -m benchmarks.data.torch_reading --folder DIR --json OUT

Needs a Python with PyTorch, torchvision, NumPy, psutil and lazy_loader. RandomResizedCrop(224) and
RandomHorizontalFlip on Pillow's images, then uint8 tensors (PILToTensor); with --float as most scripts have it,
ToTensor and Normalize; with --jitter ColorJitter(0.4, 0.4, 0.4, 0.2) before that. Workers are kept from epoch to epoch.
"""

from __future__ import annotations

import torch
import torchvision
from torchvision import transforms

from benchmarks.data.reading import RESOLUTION, reading_parser, time_epochs


def main() -> None:
    """Runs the command."""
    flags = reading_parser(__doc__)
    flags.add_argument("--float", action="store_true")
    flags.add_argument("--jitter", action="store_true")
    arguments = flags.parse_args()
    torch.set_num_threads(1)
    steps = [transforms.RandomResizedCrop(RESOLUTION), transforms.RandomHorizontalFlip()]
    if arguments.jitter:
        steps.append(transforms.ColorJitter(0.4, 0.4, 0.4, 0.2))
    if arguments.float:
        steps += [transforms.ToTensor(), transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
    else:
        steps.append(transforms.PILToTensor())
    images = torchvision.datasets.ImageFolder(str(arguments.folder / "train"), transforms.Compose(steps))
    loader = torch.utils.data.DataLoader(
        images,
        arguments.batch,
        shuffle=True,
        num_workers=arguments.workers,
        persistent_workers=arguments.workers > 0,
    )
    time_epochs(
        lambda _: sum(len(labels) for _, labels in loader),
        arguments,
        torch=torch.__version__,
        torchvision=torchvision.__version__,
    )


if __name__ == "__main__":
    main()
