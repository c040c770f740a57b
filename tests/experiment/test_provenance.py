"""What results were made with."""

from __future__ import annotations

import importlib.metadata
import os
import re

import pytest

from econas_jax.experiment import provenance


def test_versions_are_those_installed() -> None:
    versions = provenance.versions()
    assert versions["jax"] == importlib.metadata.version("jax")
    assert set(provenance.PACKAGES) | {"python"} == set(versions)


def test_a_package_that_is_not_installed_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("no-such-package",))
    assert provenance.versions()["no-such-package"] == "not installed"


def test_revision_is_none_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert provenance.git_revision() is None


def test_machine_names_processor_and_cores() -> None:
    machine = provenance.machine()
    assert machine["processor"]
    assert machine["cores"] == len(os.sched_getaffinity(0))


def test_fingerprint_depends_on_the_processors_features(monkeypatch: pytest.MonkeyPatch) -> None:
    before = provenance.processor_fingerprint()
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    assert provenance.processor_fingerprint() == before
    monkeypatch.setattr(provenance, "_cpuinfo", lambda: {"flags": "other"})
    assert provenance.processor_fingerprint() != before
