"""Hostile input: whatever is damaged or made up, there is a right answer or one line that refuses it."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from config_paths import fields_of, nested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from search_output import assert_same_search, stop_every, without_figures
from tiny_search import LONGER, genotypes

from econas_jax.errors import InputError, SearchError
from econas_jax.search import SearchConfig, SearchInterruptedError, from_mapping, run_search
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.status import read_status

QUICK = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Genotype texts.

PUBLISHED = str(genotypes(1)[0])
PIECES = st.sampled_from(
    [
        *"()[]{},='\"\\ \n\0#:.*-",
        "range(2, 6)",
        "range(10**9)",
        "10**9",
        "1_0",
        "0x2",
        "True",
        "None",
        "lambda: 0",
        "f''",
    ]
)


@st.composite
def changed_texts(draw: st.DrawFn) -> str:
    """A published text with a part cut out or replaced."""
    start = draw(st.integers(0, len(PUBLISHED)))
    end = draw(st.integers(start, min(start + 30, len(PUBLISHED))))
    return PUBLISHED[:start] + draw(PIECES | st.text(max_size=5) | st.just("")) + PUBLISHED[end:]


@QUICK
@given(st.text() | changed_texts() | st.integers(1, 20_000).map(lambda count: "Genotype(normal=" + "[" * count))
def test_any_text_is_a_genotype_or_refused(text: str) -> None:
    try:
        genotype = Genotype.parse(text)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
    else:
        assert Genotype.parse(str(genotype)) == genotype == Genotype.from_json(genotype.to_json())


# Config fields.

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NUMBERS = st.integers(-2, 40) | st.sampled_from([2**31, 2**63, 10**400, 10**5000, 0.0, -0.0, 1e-320, 1e308])
PATHS = st.sampled_from(sorted(fields_of(SearchConfig)))


@QUICK
@given(PATHS, VALUES | NUMBERS)
def test_any_value_of_any_field_is_taken_or_refused_by_the_fields_name(path: str, value: Any) -> None:
    try:
        config = from_mapping(nested(path, value))
    except InputError as error:
        assert str(error).startswith(path.split(".")[0]) and "\n" not in str(error)
    else:
        assert from_mapping(dataclasses.asdict(config)) == config


@QUICK
@given(
    st.dictionaries(
        st.text(max_size=9) | st.sampled_from(sorted(dataclasses.asdict(SearchConfig()))), VALUES, max_size=4
    )
)
def test_any_mapping_is_a_config_or_refused(fields: dict[str, Any]) -> None:
    try:
        assert isinstance(from_mapping(fields), SearchConfig)
    except InputError as error:
        assert "\n" not in str(error)


# Damaged folders.


@pytest.fixture(scope="module")
def searches(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A search that was stopped shortly before its end, and the same undisturbed."""
    folder = tmp_path_factory.mktemp("searches")
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_figures(monkeypatch)
        run_search(LONGER, folder / "undisturbed")
        for events in (130, 20):
            with pytest.raises(SearchInterruptedError):
                run_search(LONGER, folder / "stopped", should_stop=stop_every(events))
    return folder / "stopped", folder / "undisturbed"


COPIES = itertools.count()


@pytest.mark.slow
# Orbax stops reading a damaged commit with its event loop closed, and what it leaves complains when it is collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(QUICK, max_examples=25)
@given(data=st.data())
def test_a_folder_damaged_anywhere_gives_the_same_search_or_is_refused(
    data: st.DataObject,
    searches: tuple[Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped, undisturbed = searches
    folder = tmp_path_factory.getbasetemp() / f"damaged_{next(COPIES)}"
    shutil.copytree(stopped, folder)
    damage(data, folder)
    with monkeypatch.context() as patches:
        without_figures(patches)
        try:
            read_status(folder)
        except InputError as error:
            assert "\n" not in str(error)
        try:
            run_search(LONGER, folder)
        except (InputError, SearchError) as error:
            assert "\n" not in str(error)
        else:
            assert_same_search(folder, undisturbed, LONGER)
    shutil.rmtree(folder)


def damage(data: st.DataObject, folder: Path) -> None:
    """Flips a bit of a file, cuts it, or removes it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    file = data.draw(st.sampled_from([path.relative_to(folder) for path in files]))
    content = bytearray((folder / file).read_bytes())
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    kind = data.draw(st.sampled_from(["flip", "flip", "truncate", "remove"]))
    if kind == "remove":
        (folder / file).unlink()
        return
    content[place] ^= 1 << bit
    (folder / file).write_bytes(content[:place] if kind == "truncate" else content)
