"""Tests of single image files: what of them is kept, what is refused, and what is told."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from econas_jax.data.image_file import read_image
from econas_jax.data.origin import Tally
from econas_jax.errors import InputError

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8)


def _read(file: Path, alpha: str = "white", size: int = 8) -> tuple[npt.NDArray[np.uint8], dict[str, int]]:
    tally = Tally()
    pixels = read_image(str(file), file.name, size, alpha, tally)
    return pixels, {count.what: count.number for count in tally.counts()}


ON_WHITE = "with transparent pixels, laid on white"


def _glyph() -> npt.NDArray[np.uint8]:
    """A shape that is in the alpha channel alone, as glyphs often are: the colour is black everywhere."""
    glyph = np.zeros((8, 8, 4), np.uint8)
    glyph[2:6, 3:5, 3] = 255
    glyph[0, 0, 3] = 128
    return glyph


def _rgba(file: Path) -> None:
    Image.fromarray(_glyph()).save(file)


def _grey_alpha(file: Path) -> None:
    Image.fromarray(_glyph()).convert("LA").save(file)


def _palette_with_alphas(file: Path) -> None:
    indexed = Image.fromarray((_glyph()[..., 3] // 127).astype(np.uint8))  # 0, 1 and 2
    indexed.putpalette([0] * 768)
    indexed.save(file, transparency=bytes([0, 128, 255]))


@pytest.mark.parametrize("write", [_rgba, _grey_alpha, _palette_with_alphas])
def test_what_is_drawn_in_alpha_is_seen_on_white(tmp_path: Path, write: Any) -> None:
    file = tmp_path / "glyph.png"
    write(file)
    pixels, told = _read(file)
    expected = 255.0 - _glyph()[..., 3:].repeat(3, axis=-1)  # black of that weight on white
    np.testing.assert_allclose(pixels, expected, atol=1)
    assert told == {ON_WHITE: 1}
    with pytest.raises(InputError, match=r"glyph.png'?: expected no transparent pixels, or data.alpha=white"):
        _read(file, alpha="refuse")


@pytest.mark.parametrize(("mode", "suffix"), [("RGB", "png"), ("L", "png"), ("P", "png"), ("P", "gif")])
def test_a_transparent_colour_is_white(tmp_path: Path, mode: str, suffix: str) -> None:
    drawn = np.zeros((8, 8), np.uint8)
    drawn[4:] = 200
    image = Image.fromarray(drawn)
    transparent: Any = 0
    if mode == "RGB":
        image, transparent = image.convert("RGB"), (0, 0, 0)
    elif mode == "P":
        image.putpalette([value for value in range(256) for _ in range(3)])
    image.save(tmp_path / f"file.{suffix}", transparency=transparent)
    pixels, told = _read(tmp_path / f"file.{suffix}")
    assert told == {ON_WHITE: 1}
    assert (pixels[:4] == 255).all() and (pixels[4:] == 200).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("alpha", ["white", "refuse"])
def test_an_alpha_channel_that_hides_nothing_changes_nothing(tmp_path: Path, mode: str, alpha: str) -> None:
    Image.fromarray(PICTURE).convert(mode).save(tmp_path / "file.png")
    pixels, told = _read(tmp_path / "file.png", alpha)
    np.testing.assert_array_equal(pixels, np.asarray(Image.fromarray(PICTURE).convert(mode[:-1]).convert("RGB")))
    assert told == {}


def _png(file: Path, depth: int, colour_type: int, channels: int) -> None:
    """A PNG file of 8x8 pixels written by hand: Pillow writes no 16 bits of colour."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    line = b"\0" + RNG.bytes(8 * channels * depth // 8)
    header = struct.pack(">IIBBBBB", 8, 8, depth, colour_type, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(line * 8)), chunk(b"IEND", b""))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def _tiff(file: Path, samples: int, bits: int, order: str, planes: int) -> None:
    """An uncompressed TIFF file of 8x8 pixels, in Intel's (<) or Motorola's (>) order of bytes."""
    size = 8 * 8 * samples * bits // 8
    starts = [8 + plane * size // planes for plane in range(planes)]
    fields: list[tuple[int, str, list[int]]] = [
        (256, "I", [8]),
        (257, "I", [8]),
        (258, "H", [bits] * samples),
        (259, "H", [1]),
        (262, "H", [2]),
        (273, "I", starts),
        (277, "H", [samples]),
        (278, "I", [8]),
        (279, "I", [size // planes] * planes),
        (284, "H", [1 if planes == 1 else 2]),
        *([(338, "H", [2])] if samples == 4 else []),
    ]
    directory, elsewhere = struct.pack(order + "H", len(fields)), b""
    for tag, kind, values in fields:
        packed = struct.pack(order + kind * len(values), *values)
        if len(packed) > 4:  # then its place stands in the directory
            elsewhere, packed = elsewhere + packed, struct.pack(order + "I", 8 + size + len(elsewhere))
        directory += struct.pack(order + "HHI", tag, 3 if kind == "H" else 4, len(values)) + packed.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8 + size + len(elsewhere))
    file.write_bytes(head + RNG.bytes(size) + elsewhere + directory + b"\0" * 4)


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("depth", [8, 16])
def test_png_of_16_bits_is_refused_whatever_its_channels(
    tmp_path: Path, depth: int, colour_type: int, channels: int
) -> None:
    _png(tmp_path / "file.png", depth, colour_type, channels)
    if depth == 8:
        assert _read(tmp_path / "file.png")[0].shape == (8, 8, 3)
    else:
        with pytest.raises(InputError, match=r"file.png'?: expected 8 bits a channel"):
            _read(tmp_path / "file.png")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("samples", [3, 4])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", [False, True])
def test_tiff_of_16_bits_is_refused_whatever_its_channels(
    tmp_path: Path, bits: int, samples: int, order: str, planar: bool
) -> None:
    _tiff(tmp_path / "file.tif", samples, bits, order, samples if planar else 1)
    if bits == 8:
        assert _read(tmp_path / "file.tif")[0].shape == (8, 8, 3)
    else:
        with pytest.raises(InputError, match=r"file.tif'?: expected 8 bits a channel"):
            _read(tmp_path / "file.tif")


@pytest.mark.parametrize("kind", ["P2", "P3", "P5", "P6"])
@pytest.mark.parametrize("largest", [15, 255, 1023, 65535])
def test_netpbm_of_more_than_8_bits_is_refused(tmp_path: Path, kind: str, largest: int) -> None:
    values = RNG.integers(0, largest + 1, 8 * 8 * (3 if kind in ("P3", "P6") else 1))
    plain = kind in ("P2", "P3")
    content = (
        " ".join(map(str, values)).encode() if plain else values.astype(">u2" if largest > 255 else "u1").tobytes()
    )
    (tmp_path / "file.ppm").write_bytes(f"{kind}\n8 8\n{largest}\n".encode() + content)
    if largest <= 255:
        assert _read(tmp_path / "file.ppm")[0].shape == (8, 8, 3)
    else:
        with pytest.raises(InputError, match=r"file.ppm'?: expected 8 bits a channel"):
            _read(tmp_path / "file.ppm")


def test_bmp_of_16_bits_a_pixel_is_not_16_bits_a_channel(tmp_path: Path) -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 16, 0, 128, 0, 0, 0, 0)
    head = b"BM" + struct.pack("<IHHI", 14 + 40 + 128, 0, 0, 54)
    (tmp_path / "file.bmp").write_bytes(head + header + b"\xff\x7f" * 64)  # 5 bits a channel, all set
    assert (_read(tmp_path / "file.bmp")[0] == 255).all()


# EXIF's own words for where row 0 and column 0 of the stored image are to be seen, as NumPy says them.
UPRIGHT: dict[int, Any] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored[::-1].swapaxes(0, 1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "jpg"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_images_are_turned_as_exif_says(tmp_path: Path, orientation: int, suffix: str) -> None:
    stored = np.zeros((8, 8, 3), np.uint8)  # four quarters, each with a grey of its own
    for place, grey in enumerate((0, 80, 160, 240)):
        stored[4 * (place // 2) :, 4 * (place % 2) :] = grey
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"lossless": True} if suffix == "webp" else {"quality": 100} if suffix == "jpg" else {}
    Image.fromarray(stored).save(tmp_path / f"file.{suffix}", exif=exif, **options)
    pixels, told = _read(tmp_path / f"file.{suffix}")
    np.testing.assert_allclose(pixels.astype(int), UPRIGHT[orientation](stored).astype(int), atol=12)
    assert told == ({} if orientation == 1 else {"turned as their EXIF orientation says": 1})


def test_the_centre_of_an_oblong_image_is_that_of_the_turned_one(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.zeros((4, 12, 3), np.uint8)
    stored[:, 4:8] = PICTURE[:4, :4]
    Image.fromarray(stored).save(tmp_path / "file.png", exif=exif)
    np.testing.assert_array_equal(_read(tmp_path / "file.png", size=4)[0], UPRIGHT[6](PICTURE[:4, :4]))


def test_a_small_image_is_enlarged_and_told(tmp_path: Path) -> None:
    Image.fromarray(PICTURE).save(tmp_path / "file.png")
    assert _read(tmp_path / "file.png", size=9)[1] == {"smaller than 9x9, enlarged": 1}
    assert _read(tmp_path / "file.png", size=7)[1] == {}


@pytest.mark.parametrize("suffix", ["gif", "png", "tif", "webp"])
def test_the_first_of_several_frames_is_read_and_told(tmp_path: Path, suffix: str) -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), grey, np.uint8)) for grey in (200, 10, 60)]
    frames[0].save(tmp_path / f"file.{suffix}", save_all=True, append_images=frames[1:])
    pixels, told = _read(tmp_path / f"file.{suffix}")
    np.testing.assert_allclose(pixels, 200, atol=2)
    assert told == {"of several frames, of which the first was read": 1}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF or AVIF"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "HEIF or AVIF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "JPEG 2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"qoif\0\0\0\x08", "QOI"),
    ],
)
@pytest.mark.parametrize("suffix", [".heic", ".jpg", ""])
def test_images_of_other_formats_are_named(tmp_path: Path, content: bytes, name: str, suffix: str) -> None:
    (tmp_path / f"file{suffix}").write_bytes(content + bytes(100))
    with pytest.raises(InputError, match=f"file{suffix}'?: expected BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP, not {name}"):
        _read(tmp_path / f"file{suffix}")


def test_a_large_image_is_read_and_a_very_large_one_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "large.png"
    Image.fromarray(PICTURE).save(file)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)  # 64 are more: Pillow's warning would be an error here
    np.testing.assert_array_equal(_read(file)[0], PICTURE)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    with pytest.raises(InputError, match=r"large\.png'?: expected at most 60 pixels"):
        _read(file)
