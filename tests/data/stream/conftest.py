"""The folder of photographs that the tests of streamed images share; none may write to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from photo_folder import write_photo_folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photo_folder(tmp_path_factory.mktemp("photos"))
