"""The secret of our app's webhook is changed at GitHub and with us: no delivery waits for an instance to forget it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path

import pytest

from shared.app.intake.accept_forge_delivery import APP_SECRET, accept_forge_delivery
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.core.errors import BadSignature
from shared.ports import Secret
from tests.support.rigs.small_house import SmallHouse

BODY = b'{"action": "created"}'


class Keeping(LocalSecrets):
    """Secrets as an instance in the cloud has them: what it has read it keeps, until it is told to look again."""

    def get(self, name: str, *, refresh: bool = False) -> Secret:
        """Return what was read before, if anything."""
        kept: dict[str, Secret] = self.__dict__.setdefault("kept", {})
        if refresh or name not in kept:
            kept[name] = super().get(name)
        return kept[name]


def test_a_new_secret_of_the_app_is_taken_at_once_and_the_old_one_no_more(tmp_path: Path) -> None:
    house = SmallHouse(tmp_path)
    deps = replace(house.deps, secrets=Keeping(tmp_path))

    def deliver(word: str) -> object:
        signature = "sha256=" + hmac.new(word.encode(), BODY, hashlib.sha256).hexdigest()
        headers = {"x-hub-signature-256": signature, "x-github-event": "star", "x-github-delivery": "d-1"}
        return accept_forge_delivery("/hooks/github", BODY, headers, deps)

    try:
        for word, before in (("one", "none"), ("two", "one")):
            house.secrets.set(APP_SECRET, Secret(word))
            assert deliver(word) == {"ignored": True}
            with pytest.raises(BadSignature):
                deliver(before)
    finally:
        house.close()
