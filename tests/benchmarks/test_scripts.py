"""All scripts import, say how they are run, and stand in the table of benchmarks/README.md."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
FILES = [file for file in sorted(FOLDER.rglob("*.py")) if "__main__" in file.read_text(encoding="utf-8")]
SCRIPTS = {".".join(file.relative_to(FOLDER).with_suffix("").parts): file for file in FILES}
NEEDED = {  # not of this package
    "data.torch_reading": "torchvision",
    "peers.darts_search_step": "torch",
    "peers.darts_step": "torch",
    "peers.published_outputs": "torch",
    "peers.released_step": "torch",
}


def test_the_readme_lists_the_scripts_and_no_others() -> None:
    assert set(re.findall(r"^\| `([\w.]+)` \|", README, re.MULTILINE)) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_and_its_docstring_is_right_about_the_command(name: str) -> None:
    source = SCRIPTS[name].read_text(encoding="utf-8")
    assert f"python -m benchmarks.{name} " in source
    if name in NEEDED and importlib.util.find_spec(NEEDED[name]) is None:
        pytest.skip(f"needs {NEEDED[name]}")
    pytest.importorskip("psutil")
    module = importlib.import_module(f"benchmarks.{name}")
    assert callable(module.main)


def test_names_of_scripts_that_other_scripts_start_exist() -> None:
    started = {
        name
        for file in FOLDER.rglob("*.py")
        for name in re.findall(r'"((?:step|peers|searches)\.\w+|data\.\w+_reading)"', file.read_text())
    }
    assert len(started) >= 5 and started <= set(SCRIPTS)
