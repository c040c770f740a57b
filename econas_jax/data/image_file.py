"""One image file as square RGB pixels: turned upright, laid on white, cut to its centre and resized."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from econas_jax.data.image_kinds import HEAD_BYTES, READ, image_kind, kind_of
from econas_jax.data.origin import Tally
from econas_jax.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

MODES = frozenset({"1", "CMYK", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"})  # Pillow's, of 8 bits a channel
ORIENTATION = 0x0112  # EXIF's tag
BITS_PER_SAMPLE = 258  # TIFF's tag
ALPHA = ("white", "refuse")  # what can be done with transparent pixels


def read_image(file: str, name: str, size: int, alpha: str, tally: Tally) -> npt.NDArray[np.uint8]:
    """Reads one image file as uint8[size, size, 3]; counts in `tally` what was done that is worth telling.

    The image is turned as its EXIF orientation says, laid on white where it is transparent, cut to its central square
    and resized (bilinear with antialiasing). Of several frames the first is read. name: the file in the tally.

    Raises:
        InputError: no image that can be read, more than 8 bits a channel, or transparent pixels with alpha "refuse".
    """
    from PIL import Image

    square = _square(file, name, alpha, tally)
    if square.width < size:
        tally.add(f"smaller than {size}x{size}, enlarged", name)
    return np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))


def read_square(file: str, name: str, alpha: str, tally: Tally) -> npt.NDArray[np.uint8]:
    """Reads one image file as `read_image` does, but in its own size: uint8[side, side, 3].

    Raises InputError as `read_image` does.
    """
    return np.asarray(_square(file, name, alpha, tally))


def _square(file: str, name: str, alpha: str, tally: Tally) -> Image.Image:
    """The central square of an image file, in its own size."""
    with opened_image(file, file) as image:
        return _central_square(upright_rgb(image, file, name, alpha, tally))


@contextlib.contextmanager
def opened_image(content: str | bytes, file: str) -> Iterator[Image.Image]:
    """Opens an image of 8 bits a channel and closes it; whatever goes wrong with it meanwhile names the image.

    content: the file's path, or its bytes; file: its name in messages.

    Raises:
        InputError: no image that can be read, more than 8 bits a channel, or more pixels than Pillow opens.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Pillow warns of half as many pixels as it refuses; such an image fits in memory and is read as any other.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content) if isinstance(content, bytes) else content, formats=READ) as image:
                _refuse_deep(image, file)
                yield image
    except InputError:
        raise
    except Image.DecompressionBombError:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise InputError("image", file, f"at most {most:,} pixels: a larger one may fill the memory") from None
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them stumble on
        kind = kind_of(content[:HEAD_BYTES]) if isinstance(content, bytes) else image_kind(content)
        allowed = f"a readable image file ({error})" if kind in (*READ, None) else f"{', '.join(READ)}, not {kind}"
        raise InputError("image", file, allowed) from error


def upright_rgb(image: Image.Image, file: str, name: str, alpha: str, tally: Tally) -> Image.Image:
    """Decodes an image that `opened_image` opened, turns it upright and makes it RGB; arguments: as `read_image`'s."""
    if getattr(image, "is_animated", False):
        tally.add("of several frames, of which the first was read", name)
    return _opaque(_upright(image, name, tally), file, name, alpha, tally)


def is_turned(image: Image.Image) -> bool:
    """Whether the image's EXIF orientation says that it is to be turned or mirrored."""
    return image.getexif().get(ORIENTATION, 1) in range(2, 9)


def _refuse_deep(image: Image.Image, file: str) -> None:
    """Raises InputError for more than 8 bits a channel, before Pillow drops those that do not fit."""
    if image.mode not in MODES:
        raise InputError("image", file, f"8 bits a channel, not Pillow's mode {image.mode}")
    bits = max(np.atleast_1d(getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, 8)))
    for _, _, _, arguments in getattr(image, "tile", []):
        raw = arguments if isinstance(arguments, tuple) else (arguments,)
        if re.search(r";16[BLN]", str(raw[0])):  # "BGR;16" without a letter is 16 bits a pixel, of BMP
            bits = 16
        if image.format == "PPM" and len(raw) > 1 and isinstance(raw[1], int) and raw[1] > 255:  # its largest value
            bits = 16
    if bits > 8:
        raise InputError("image", file, f"8 bits a channel, not {bits}: its values would be rounded")


def _upright(image: Image.Image, name: str, tally: Tally) -> Image.Image:
    """The image as its EXIF orientation says that it is to be seen."""
    from PIL import ImageOps

    turned = is_turned(image)  # asked before loading, when TIFF is turned by Pillow
    image.load()
    if not (turned or is_turned(image)):  # PNG may tell it at its end
        return image
    tally.add("turned as their EXIF orientation says", name)
    return ImageOps.exif_transpose(image)


def _opaque(image: Image.Image, file: str, name: str, alpha: str, tally: Tally) -> Image.Image:
    """The image as RGB. An alpha channel or a transparent colour counts only where it hides something."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    transparent = image.convert("RGBA")
    if transparent.getchannel("A").getextrema() == (255, 255):
        return transparent.convert("RGB")
    if alpha == "refuse":
        raise InputError("image", file, "no transparent pixels, or data.alpha=white, which lays them on white")
    tally.add("with transparent pixels, laid on white", name)
    white = Image.new("RGBA", transparent.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, transparent).convert("RGB")


def _central_square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    # Cut first: resizing a box of the image would mix in pixels from outside of it.
    return image.crop((left, top, left + side, top + side))
