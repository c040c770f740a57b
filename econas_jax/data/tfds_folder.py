"""Finds a data set that TensorFlow Datasets prepared in array_record format; reading it needs no TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path

from econas_jax.errors import InputError, require

INFO = "dataset_info.json"


def find_version(folder: Path, name: str) -> Path | None:
    """The newest readable version in a TFDS data_dir, in its folder for the data set, or the folder itself.

    name: of the data set, such as cifar10. None without any version.

    Raises:
        InputError: there are versions, but of another data set or in a format that only TensorFlow reads.
    """
    if (folder / INFO).is_file():
        versions = [folder]
    else:
        found = [info.parent for parent in (folder / name, folder) for info in parent.glob(f"*/{INFO}")]
        versions = sorted((version for version in found if _numbers(version)), key=_numbers, reverse=True)
    refusal: InputError | None = None
    for version in versions:
        try:
            _check_info(version, name)
        except InputError as error:
            refusal = refusal or error
        else:
            return version
    if refusal:
        raise refusal
    return None


def _check_info(version: Path, expected: str) -> None:
    try:
        info = json.loads((version / INFO).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("path", str(version), f"a readable {INFO} ({error})") from error
    name, file_format = (info.get("name"), info.get("fileFormat")) if isinstance(info, dict) else (None, None)
    require(name == expected, f"data set in {version}", name, expected)
    allowed = "array_record: prepare it with download_and_prepare(file_format='array_record')"
    require(file_format == "array_record", f"file format of {version}", file_format, allowed)


def _numbers(version: Path) -> tuple[int, ...]:
    """(3, 0, 2) of a folder named 3.0.2; () for other names."""
    parts = version.name.split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
