"""Tells by a file's first bytes whether it is an image, and of which format; its name says nothing for sure."""

from __future__ import annotations

import os
import re

from econas_jax.errors import InputError

# Pillow's names. Of all of these `image_file` can tell how many bits a channel has.
READ = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# Files with these are images whatever is in them: a damaged one is an error and not passed over.
SUFFIXES = frozenset(
    {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
HEAD_BYTES = 32

SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF....WEBP",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "BMP": rb"BM.{12}[\x0c(48@l|]\0\0\0",  # "BM" alone begins many a text: the size of a known second header follows
    "PPM": rb"P[1-6]\s+[#\d]",
    # Images that are not read, known so that they are refused by name and not taken for something else.
    "HEIF or AVIF": rb"....ftyp(?:hei|hev|mif|msf|avi[fs])",
    "JPEG 2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "JPEG XL": rb"\0\0\0\x0cJXL |\xff\x0a",
    "Photoshop": rb"8BPS\0",
    "OpenEXR": rb"\x76\x2f\x31\x01",
    "QOI": rb"qoif",
    "DDS": rb"DDS \x7c\0\0\0",
}
PATTERNS = {name: re.compile(signature, re.DOTALL) for name, signature in SIGNATURES.items()}


def image_kind(file: str) -> str | None:
    """Returns the format of an image file by its content, None for others; raises InputError if it is unreadable."""
    try:
        with open(file, "rb", buffering=0) as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise InputError("image", file, f"a file that can be read ({error.strerror})") from error
    return kind_of(head)


def kind_of(head: bytes) -> str | None:
    """Returns the format of an image whose first `HEAD_BYTES` are these, None for others."""
    return next((name for name, pattern in PATTERNS.items() if pattern.match(head)), None)


def is_image(file: str) -> bool:
    """Whether a file is an image; a known suffix decides at once, which spares opening most files twice."""
    return os.path.splitext(file)[1].lower() in SUFFIXES or image_kind(file) is not None
