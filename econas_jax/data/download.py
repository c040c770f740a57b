"""Fetches one large file: shows progress, goes on where it stopped, and keeps nothing it has not verified."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from econas_jax.errors import InputError

CHUNK = 1 << 16  # bytes
TIMEOUT = 60.0  # seconds without a byte


@dataclass(frozen=True)
class RemoteFile:
    """A file that is known to the last bit."""

    url: str
    size: int  # bytes
    sha256: str


def fetch(remote: RemoteFile, target: Path) -> None:
    """Downloads to `target`; what has arrived so far is kept as `<target>.part`, so that the next call goes on there.

    A broken connection is opened again for as long as each one brings something.

    Raises:
        InputError: the folder cannot be written, the server cannot be reached, or the file is not the one expected.
    """
    part = target.with_name(target.name + ".part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _receive_all(remote, part)
    except (OSError, http.client.HTTPException) as error:
        message = f"an answer from the server and room in {target.parent} ({error}); what has arrived is kept"
        raise InputError("download", remote.url, message) from error
    digest = _sha256(part)
    if digest != remote.sha256:
        part.unlink()
        raise InputError("download", remote.url, f"a file with sha256 {remote.sha256}, not {digest}")
    part.replace(target)


def _receive_all(remote: RemoteFile, part: Path) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"downloading {part.stem}", total=remote.size)
        if _length(part) > remote.size:  # of another file
            part.unlink()
        received = _length(part)
        while received != remote.size:
            broken: Exception | None = None
            try:
                _receive(remote, part, lambda done: progress.update(task, completed=done))
            except (OSError, http.client.HTTPException) as error:
                broken = error
            before, received = received, _length(part)
            if received <= before:
                raise broken or OSError(f"the connection ended after {received} of {remote.size} bytes")
        progress.update(task, completed=received)


def _receive(remote: RemoteFile, part: Path, report: Callable[[int], None]) -> None:
    """One connection: appends to the part file from where it ends, or starts again if the server cannot do that."""
    start = _length(part)
    with _open(remote.url, start) as response:
        goes_on = response.status == http.client.PARTIAL_CONTENT
        expected = f"bytes {start}-"
        if goes_on and not response.headers.get("Content-Range", "").startswith(expected):
            raise OSError(f"the server sent other bytes than {expected}")
        done = start if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            while done < remote.size and (chunk := response.read(min(CHUNK, remote.size - done))):
                file.write(chunk)
                done += len(chunk)
                report(done)


def _open(url: str, start: int) -> http.client.HTTPResponse:
    """The server's answer to a request for the bytes from `start` on; raises OSError for an error status."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise OSError(f"status {error.code}: {error.reason}") from None
    return response


def _length(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
