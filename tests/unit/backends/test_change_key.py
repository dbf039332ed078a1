"""The installation's key is changed, cut off at any point, and nothing is unreadable in between or afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.backends import envelope as envelopes
from shared.backends.local.keys.keyfile import derive_key, installation_key, installation_keys
from shared.backends.local.keys.local_secrets import LocalSecrets, name_of_key
from shared.ports import Secret
from tests.support.ports.dying import Died

POINTS = ("rotate.after/both-keys", "rotate.after/operator-secrets", "rotate.after/tenant-keys", "")


def _sealed(folder: Path) -> dict[str, dict[str, object]]:
    """Seal something with each sort of key: a tenant's own, one of two, and one that older versions derived."""
    secrets = LocalSecrets(folder)
    secrets.set("api", Secret("operator's"))
    first = secrets.seal("acme", "f", Secret("first"))
    secrets.rotate("acme")
    key, name = installation_key(folder), name_of_key(folder)
    older = envelopes.seal(derive_key(key, "tenant", "older"), name, "older", "f", Secret("older"))
    return {"first": dict(first), "second": dict(secrets.seal("acme", "f", Secret("second"))), "older": older}


def _check(folder: Path, sealed: dict[str, dict[str, object]]) -> None:
    """Open everything as a process does that has just been started."""
    secrets = LocalSecrets(folder)
    assert secrets.get("api").reveal() == "operator's"
    for text, tenant in (("first", "acme"), ("second", "acme"), ("older", "older")):
        assert secrets.open(tenant, "f", sealed[text]).reveal() == text
    new = secrets.seal("older", "f", Secret("new"))
    assert not str(new["key"]).startswith("local-"), "a derived key only opens"
    assert secrets.open("older", "f", new).reveal() == "new"


@pytest.mark.parametrize("point", POINTS)
def test_a_change_that_is_cut_off_leaves_everything_readable_and_is_finished_by_doing_it_again(
    tmp_path: Path, point: str
) -> None:
    sealed, before = _sealed(tmp_path), name_of_key(tmp_path)

    def die(passed: str) -> None:
        if passed == point:
            raise Died

    if point:
        with pytest.raises(Died):
            LocalSecrets(tmp_path).change_key(["acme", "older"], die)
        _check(tmp_path, sealed)
    LocalSecrets(tmp_path).change_key(["acme", "older"], lambda _: None)
    _check(tmp_path, sealed)
    assert len(installation_keys(tmp_path)) == 1
    assert name_of_key(tmp_path) != before
    for name in ("secrets.json", "keys.json"):
        wrapped = [line for line in (tmp_path / name).read_text().splitlines() if '"key": ' in line and before in line]
        assert wrapped == [], f"{name} still needs the key before"


def test_what_was_shredded_stays_unreadable_after_a_change(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path)
    secrets = LocalSecrets(tmp_path)
    secrets.shred("acme")
    secrets.shred("older")
    secrets.shred("older")
    secrets.change_key(["acme", "older"], lambda _: None)
    for text, tenant in (("first", "acme"), ("second", "acme"), ("older", "older")):
        with pytest.raises(ValueError, match=r"does not open|destroyed"):
            LocalSecrets(tmp_path).open(tenant, "f", sealed[text])
    assert LocalSecrets(tmp_path).get("api").reveal() == "operator's"
    again = secrets.seal("acme", "f", Secret("anew"))
    assert secrets.open("acme", "f", again).reveal() == "anew"
