"""Reads the arrays of a .npz file that nobody vouches for: no pickles, no trust in what it claims."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from econas_jax.errors import InputError, require

MAXIMUM_BYTES = 32 * 2**30  # of all arrays: they live in memory, and a small file can claim any size


def read_arrays(file: Path) -> dict[str, npt.NDArray[np.generic]]:
    """All arrays by name. Not numpy.load, which would also take pickles and single arrays and leave a bad file open.

    Raises:
        InputError: the file is absent, damaged (each array has a checksum), too large, or holds anything but arrays.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
            require(size <= MAXIMUM_BYTES, f"bytes of arrays in {file}", size, f"at most {MAXIMUM_BYTES}")
            for member in archive.infolist():
                with archive.open(member) as stream:
                    name = member.filename.removesuffix(".npy")
                    arrays[name] = np.lib.format.read_array(stream, allow_pickle=False)
    except InputError:
        raise
    except (OSError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError("path", str(file), f"a readable .npz file of plain arrays ({error})") from error
    return arrays
