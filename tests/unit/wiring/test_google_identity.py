"""Where this machine has no identity of Google's, or a broken one, whoever needs it says so and how to get one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.cli.setup.trials import try_system
from shared.core.errors import ConfigError
from shared.integrations.trial_result import Given
from shared.wiring import knowledge, models, sites

WAY_OUT = "gcloud auth application-default login"
FIELD_LEFT_OUT = '{"type": "impersonated_service_account"}'


def _leave_file_out(path: Path) -> None:
    assert not path.exists()


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file": (_leave_file_out, "DefaultCredentialsError"),
    "no JSON": (lambda path: path.write_text("x"), "DefaultCredentialsError"),
    "a folder": (Path.mkdir, "IsADirectoryError"),
    "a field left out": (lambda path: path.write_text(FIELD_LEFT_OUT), "AttributeError"),
}


@pytest.fixture(params=BROKEN.values(), ids=BROKEN.keys())
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point Google's client to what is no identity; return the class of the error with which it refuses that."""
    prepare, named = request.param
    prepare(tmp_path / "identity.json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "identity.json"))
    return str(named)


def test_a_model_at_vertex_says_that_there_is_no_identity(kind: str) -> None:
    with pytest.raises(ConfigError, match=rf"^vertex is configured.*\({kind}\).*{WAY_OUT}"):
        models._google()


def test_a_search_of_vertex_says_that_there_is_no_identity(kind: str) -> None:
    with pytest.raises(ConfigError, match=rf"\({kind}\).*{WAY_OUT}"):
        knowledge._vertex("nobodys-project", "us-central1")


def test_a_bucket_for_sites_says_that_there_is_no_identity(kind: str) -> None:
    with pytest.raises(ConfigError, match=rf"^a bucket for sites is configured.*\({kind}\).*{WAY_OUT}"):
        sites._google()


def test_a_trial_of_a_bucket_says_that_there_is_no_identity(kind: str) -> None:
    tried = try_system("cloud_storage", Given(lambda: datetime.now(UTC)))
    assert not tried.ok
    assert f"({kind})" in tried.says
    assert WAY_OUT in tried.way_out
