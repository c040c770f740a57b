"""Images a second of a stream of image files, decoded, cropped to 224x224 and flipped, as uint8 in the host's memory.

    taskset -c 0 python -m benchmarks.data.our_reading --folder DIR --json OUT

With --jitter the colours of every batch are changed as well, which a training does on its device; here that is the CPU.
"""

from __future__ import annotations

import jax

from benchmarks.data.reading import RESOLUTION, reading_parser, time_epochs
from econas_jax.data.colour_jitter import colour_jitter
from econas_jax.data.config import IMAGENET_JITTER
from econas_jax.data.stream import StreamConfig


def main() -> None:
    """Runs the command."""
    flags = reading_parser(__doc__)
    flags.add_argument("--jitter", action="store_true")
    arguments = flags.parse_args()
    source = StreamConfig(path=str(arguments.folder), workers=arguments.workers).open(0, RESOLUTION)
    batches = source.training(arguments.batch, 0, short_batch=True)
    change = jax.jit(lambda key, images: colour_jitter(key, images / 255.0, IMAGENET_JITTER))

    def read_epoch(number: int) -> int:
        count = 0
        for batch in batches.epoch(number):
            count += len(batch)
            if arguments.jitter:
                change(jax.random.key(count), batch.images).block_until_ready()
        batches.close()
        return count

    time_epochs(read_epoch, arguments)
    source.close()


if __name__ == "__main__":
    main()
