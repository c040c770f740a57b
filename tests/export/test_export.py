"""Exports give the network's logits: as Flax code without this package, as StableHLO, as ONNX."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import jax.export
import numpy as np
import numpy.typing as npt
import pytest
import safetensors
from exported_networks import CLASSES, EVERYTHING, evaluation_logits, random_images, random_model

from econas_jax.errors import InputError, SearchError
from econas_jax.export import export_model
from econas_jax.export.check import check_exported
from econas_jax.export.onnx import CONVERTER, convert_to_onnx, converter_python
from econas_jax.models.model_card import ModelCard, read_card, sha256

ONNX_PYTHON = "ECONAS_JAX_ONNX_PYTHON"
ALONE = """
import sys
sys.modules["econas_jax"] = None  # an import of it fails
sys.path.insert(0, sys.argv[1])
import numpy, network
logits = network.predict(network.load(sys.argv[1]), numpy.load(sys.argv[2]))
numpy.save(sys.argv[3], logits)
"""


class Case(NamedTuple):
    folder: Path
    card: ModelCard
    images: npt.NDArray[np.uint8]
    expected: npt.NDArray[np.float32]  # logits

    def check(self, logits: npt.NDArray[np.float32]) -> None:
        scale = np.abs(self.expected).max()
        np.testing.assert_allclose(logits / scale, self.expected[: len(logits)] / scale, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    model, images = random_model(EVERYTHING), random_images(3)
    folder = tmp_path_factory.mktemp("export") / "new"
    card = export_model(model, folder)
    expected = evaluation_logits(model, images)
    assert np.ptp(expected, axis=0).max() > 0.01 * np.abs(expected).max()  # images matter
    return Case(folder, card, images, expected)


def test_the_code_runs_without_this_package(case: Case, tmp_path: Path) -> None:
    pixels, logits = tmp_path / "pixels.npy", tmp_path / "logits.npy"
    np.save(pixels, case.images)
    subprocess.run([sys.executable, "-I", "-B", "-c", ALONE, str(case.folder), str(pixels), str(logits)], check=True)
    case.check(np.load(logits))


@pytest.mark.parametrize("batch", [1, 3])
def test_the_program_takes_any_batch(case: Case, batch: int) -> None:
    program = jax.export.deserialize(bytearray((case.folder / "network.stablehlo").read_bytes()))
    case.check(np.asarray(program.call(case.images[:batch].astype(np.float32))))


def test_the_program_is_plain_and_portable(case: Case) -> None:
    program = jax.export.deserialize(bytearray((case.folder / "network.stablehlo").read_bytes()))
    assert program.platforms == ("cpu", "cuda")
    assert list(program.disabled_safety_checks) == []
    text = program.mlir_module()
    assert "stablehlo.convolution" in text and "stablehlo.reduce_window" in text
    assert set(re.findall(r"custom_call @(\w+)", text)) == {"shape_assertion"}  # of the batch's size
    assert "stablehlo.gather" not in text


def test_the_card_tells_what_it_is(case: Case) -> None:
    assert read_card(case.folder) == case.card
    assert case.card.classes == CLASSES and case.card.network["kind"] == "darts"
    assert case.card.files == {
        file.name: sha256(file.read_bytes()) for file in case.folder.iterdir() if file.name != "model_card.json"
    }
    assert set(case.card.files) == {"README.md", "network.py", "network.stablehlo", "weights.safetensors"}
    with safetensors.safe_open(case.folder / "weights.safetensors", "numpy") as file:
        assert json.loads(file.metadata()["classes"]) == list(CLASSES)


def test_a_program_of_another_network_is_noticed(case: Case) -> None:
    content = (case.folder / "network.stablehlo").read_bytes()
    other = random_model(EVERYTHING, mean=(0.1, 0.1, 0.1))
    with pytest.raises(SearchError, match="^the exported program's logits are not the network's"):
        check_exported(content, other)


def test_onnx_gives_the_same_logits(case: Case, tmp_path: Path) -> None:
    python = os.environ.get(ONNX_PYTHON)
    if python is None:
        pytest.skip(f"jax2onnx cannot be installed beside this package; {ONNX_PYTHON} may name a Python that has it")
    for name in ("network.py", "weights.safetensors"):
        (tmp_path / name).write_bytes((case.folder / name).read_bytes())
    facts = convert_to_onnx(tmp_path, converter_python(python))
    assert facts["opset"] >= 17 and facts["difference"] < 1e-5
    np.save(tmp_path / "pixels.npy", case.images.astype(np.float32))
    run = (
        "import sys, numpy, onnxruntime; folder = sys.argv[1]\n"
        "session = onnxruntime.InferenceSession(folder + '/network.onnx')\n"
        "pixels = numpy.load(folder + '/pixels.npy')\n"
        "for batch in (1, 3):\n"
        "    numpy.save(f'{folder}/{batch}.npy', session.run(['logits'], {'pixels': pixels[:batch]})[0])"
    )
    subprocess.run([python, "-I", "-c", run, str(tmp_path)], check=True)
    for batch in (1, 3):
        case.check(np.load(tmp_path / f"{batch}.npy"))


@pytest.mark.parametrize("python", [sys.executable, "no such python"])
def test_a_python_without_jax2onnx_is_told_what_to_install(python: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"-m venv onnx-env && onnx-env/bin/pip install jax2onnx==0\.17\.1"):
        export_model(random_model(), tmp_path / "new", onnx_python=python)
    assert list(tmp_path.iterdir()) == []


def test_a_conversion_that_fails_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="could not convert the network to ONNX, or not exactly: ModuleNotFoundError"):
        convert_to_onnx(tmp_path, sys.executable)
    assert CONVERTER.is_file()
