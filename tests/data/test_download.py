"""Tests of the download against a server on this machine: resuming, broken connections, wrong files."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from econas_jax.data.download import RemoteFile, fetch
from econas_jax.errors import InputError

CONTENT = np.random.default_rng(0).bytes(300_000)


class Server(ThreadingHTTPServer):
    """Serves CONTENT; what it does wrong is set by the tests."""

    daemon_threads = True
    cut_after = len(CONTENT)  # bytes a connection brings
    resumes = True  # whether it answers a Range
    shift = 0  # bytes by which an answered Range is wrong
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []

    def remote(self, content: bytes = CONTENT) -> RemoteFile:
        url = f"http://127.0.0.1:{self.server_port}/file.tar.gz"
        return RemoteFile(url, len(content), hashlib.sha256(content).hexdigest())


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:  # noqa: N802 (the name http.server calls)
        server = self.server
        asked = self.headers["Range"]
        server.ranges.append(asked)
        start = 0
        if server.status != 200:
            self.send_error(server.status)
            return
        if asked and server.resumes:
            start = int(asked.removeprefix("bytes=").removesuffix("-")) + server.shift
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + server.cut_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "file.tar.gz"


@pytest.fixture
def part(target: Path) -> Path:
    target.parent.mkdir()
    return target.with_name("file.tar.gz.part")


def test_a_whole_file_is_fetched_with_progress(server: Server, target: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fetch(server.remote(), target)
    assert target.read_bytes() == CONTENT
    assert [file.name for file in target.parent.iterdir()] == ["file.tar.gz"]
    assert "downloading file.tar.gz" in capfd.readouterr().err
    assert server.ranges == [None]


def test_it_goes_on_where_it_stopped(server: Server, target: Path, part: Path) -> None:
    part.write_bytes(CONTENT[:100_001])
    fetch(server.remote(), target)
    assert server.ranges == ["bytes=100001-"]
    assert target.read_bytes() == CONTENT
    assert not part.exists()


def test_a_broken_connection_is_opened_again(server: Server, target: Path) -> None:
    server.cut_after = 80_000
    fetch(server.remote(), target)
    assert server.ranges == [None, "bytes=80000-", "bytes=160000-", "bytes=240000-"]
    assert target.read_bytes() == CONTENT


def test_a_server_that_cannot_resume_starts_again(server: Server, target: Path, part: Path) -> None:
    server.resumes = False
    part.write_bytes(b"x" * 1000)
    fetch(server.remote(), target)
    assert target.read_bytes() == CONTENT


def test_connections_that_bring_nothing_more_end_it_and_keep_what_came(server: Server, target: Path) -> None:
    server.cut_after, server.resumes = 80_000, False
    with pytest.raises(InputError, match="ended after 80000 of 300000 bytes.*what has arrived is kept"):
        fetch(server.remote(), target)
    assert not target.exists()
    assert target.with_name("file.tar.gz.part").read_bytes() == CONTENT[:80_000]


def test_an_answer_with_other_bytes_is_refused(server: Server, target: Path, part: Path) -> None:
    server.shift = 1
    part.write_bytes(CONTENT[:100])
    with pytest.raises(InputError, match="sent other bytes than bytes 100-"):
        fetch(server.remote(), target)
    assert part.read_bytes() == CONTENT[:100]


@pytest.mark.parametrize("left", [b"", b"x" * 300_000, b"x" * 300_001])
def test_another_file_is_not_kept(server: Server, target: Path, part: Path, left: bytes) -> None:
    part.write_bytes(left)
    if len(left) == len(CONTENT):  # complete, but damaged: found without asking the server
        with pytest.raises(InputError, match="sha256"):
            fetch(server.remote(), target)
        assert server.ranges == []
    else:
        with pytest.raises(InputError, match="sha256"):
            fetch(server.remote(b"y" * len(CONTENT)), target)
    assert list(target.parent.iterdir()) == []


def test_an_error_of_the_server_is_one_line(server: Server, target: Path) -> None:
    server.status = 404
    with pytest.raises(InputError, match="404") as caught:
        fetch(server.remote(), target)
    assert "\n" not in str(caught.value)


def test_a_server_out_of_reach_and_a_folder_that_cannot_be_made_are_refused(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        remote = RemoteFile(f"http://127.0.0.1:{unused.getsockname()[1]}/file", 10, "")
        with pytest.raises(InputError, match="an answer from the server"):
            fetch(remote, tmp_path / "file")
        (tmp_path / "taken").touch()
        with pytest.raises(InputError, match="room in"):
            fetch(remote, tmp_path / "taken" / "file")
