"""Configs by name and by file, with an argument, and what is told of those that give none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_files import CONFIGS, SUPERNET_METHODS
from ml_collections import ConfigDict

from econas_jax.experiment import config_source
from econas_jax.experiment.config_source import ConfigSourceError, belongs_to, find, load, shipped_configs, summary

CONFIG = (
    "from ml_collections import ConfigDict\ndef get_config(size='1'):\n    return ConfigDict({'size': int(size)})\n"
)


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_shipped_configs_are_those_of_the_checkout() -> None:
    assert shipped_configs() == {file.stem: file for file in CONFIGS.glob("*.py")}


def test_the_shipped_configs_of_a_wheel_lie_in_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "small.py").write_text(CONFIG)
    monkeypatch.setattr(config_source, "PACKAGE", tmp_path)
    assert load("small").to_dict() == {"size": 1}


@pytest.mark.parametrize(
    ("text", "file", "argument", "title"),
    [
        ("digits", CONFIGS / "digits.py", None, "digits"),
        ("digits:random", CONFIGS / "digits.py", "random", "digits_random"),
        ("configs/digits.py", Path("configs/digits.py"), None, "digits"),
        ("configs/digits.py:random", Path("configs/digits.py"), "random", "digits_random"),
        ("mine.py", Path("mine.py"), None, "mine"),
        ("./mine", Path("mine"), None, "mine"),
        ("mine.py:", Path("mine.py"), "", "mine"),
        ("mine.py:a/b c:d", Path("mine.py"), "a/b c:d", "mine_a_b_c_d"),
    ],
)
def test_a_name_is_a_shipped_config_and_a_path_is_a_file(
    text: str, file: Path, argument: str | None, title: str
) -> None:
    assert find(text) == (file, argument)
    assert find(text).title == title


def test_an_unknown_name_is_told_with_the_names() -> None:
    names = ", ".join(sorted(file.stem for file in CONFIGS.glob("*.py")))
    with pytest.raises(ConfigSourceError, match=f"^no config is named 'digit': expected one of {names}, or a file"):
        load("digit")
    of_command = "compare_cifar10, compare_cifar10_small, compare_digits, compare_lag, compare_table"
    with pytest.raises(
        ConfigSourceError, match=f"^no config is named 'digit': expected one of {of_command}, or a file"
    ):
        load("digit", "compare")
    with pytest.raises(ConfigSourceError, match="^no config is named '': "):
        load("")


def test_what_follows_the_colon_goes_to_get_config(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CONFIG)
    assert load("mine.py").size == 1
    assert load("mine.py:12").size == 12


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    for size in ("3", "4"):
        (tmp_path / "mine.py").write_text(CONFIG.replace("1", size))
        assert load("mine.py").size == int(size)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]  # nothing compiled is left


def test_a_file_may_define_dataclasses(tmp_path: Path) -> None:
    code = (
        "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\nclass A:\n    size: int = 5\n"
    )
    (tmp_path / "mine.py").write_text(f"{code}{CONFIG.replace('int(size)', 'A().size')}")
    assert isinstance(load("mine.py"), ConfigDict) and load("mine.py").size == 5


MISTAKES = {
    "undefined name": (
        "def get_config():\n    return ConfigDict()\n",
        "mine.py, line 2: NameError: name 'ConfigDict' is not defined",
    ),
    "environment": ("import os\n\nos.environ['NO_SUCH']\n", "mine.py, line 3: KeyError: 'NO_SUCH'"),
    "sibling": ("import no_sibling\n", "mine.py, line 1: ModuleNotFoundError: No module named 'no_sibling'"),
    "syntax": ("\ndef get_config(:\n", "mine.py, line 2: SyntaxError: invalid syntax"),
    "missing file inside": ("\n\nopen('none.csv')\n", "mine.py, line 3: FileNotFoundError: .*'none.csv'"),
    "further down": (
        "def get_config():\n    return twice(None)\ndef twice(x):\n    return x * 2\n",
        "mine.py, line 4: TypeError: unsupported operand .*",
    ),
    "in a library": (
        "from econas_jax.errors import require\n\ndef get_config():\n    require(False, 'seed', -1, 'more')\n",
        "mine.py, line 4: InputError: seed = -1: expected more",
    ),
    "misspelt field": (
        "from ml_collections import ConfigDict\ndef get_config():\n"
        "    config = ConfigDict({'seed': 1}).lock()\n    config.sed = 2\n",
        "mine.py, line 4: AttributeError: .*seed.*",
    ),
    "several lines": ("raise ValueError('one\\n  two')\n", "mine.py, line 1: ValueError: one two"),
    "no function": ("x = 1\n", r"mine.py: the config file has no function get_config\(\) .*"),
    "number": ("def get_config():\n    return 3\n", r"mine.py: get_config\(\) returned 3: expected a ConfigDict"),
    "nothing": ("def get_config():\n    pass\n", r"mine.py: get_config\(\) returned None: expected a ConfigDict"),
    "argument missing": ("def get_config(size):\n    pass\n", r"mine.py: get_config\(\) needs one: .*:ARGUMENT"),
}


@pytest.mark.parametrize(("text", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_a_file_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ConfigSourceError) as refused:
        load("mine.py")
    assert re.fullmatch(told, str(refused.value))


def test_an_argument_that_is_not_taken_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def get_config():\n    pass\n")
    with pytest.raises(ConfigSourceError, match=r"^mine.py: get_config\(\) takes no argument, and got 'random'$"):
        load("mine.py:random")


@pytest.mark.parametrize("name", ["missing.py", "."])
def test_a_file_that_cannot_be_read_is_told(name: str) -> None:
    with pytest.raises(ConfigSourceError, match="No such file or directory: 'missing.py'|directory: '.'"):
        load(f"./{name}")


def test_a_shipped_config_says_what_it_is_and_whose() -> None:
    for name, file in shipped_configs().items():
        assert len(summary(file)) > 30
        commands = ("search", "study", "retrain", "compare", "supernet")
        owners = [command for command in commands if belongs_to(file, command)]
        prefix = name.partition("_")[0]
        own = prefix if prefix in ("study", "retrain", "compare") else "search"
        assert owners == ["supernet" if prefix in SUPERNET_METHODS else own]
