"""API keys: shown once, kept as a hash, refused in every way a key can be wrong."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.app.api.exchange import ApiRequest
from shared.app.api.keys import caller_of, create_key, make_key
from shared.app.api.router import Api
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.ports import Put
from tests.functions.conftest import MINE, OTHER, ROLES, Service


def _id(key: str) -> str:
    found = re.fullmatch(r"ww_local_t-[0-9a-f]{24}\.([0-9a-f]{12})\.[0-9a-f]{64}_[0-9a-f]{8}", key)
    assert found, "a key names its environment and tenant, and ends in a checksum"
    return found.group(1)


def _signed(front: str) -> str:
    """Return a key with the right checksum, as anybody can make one."""
    return f"{front}_{zlib.crc32(front.encode()) & 0xFFFFFFFF:08x}"


def _change(service: Service, key_id: str, **fields: Any) -> None:
    doc = service.deps.store.get(MINE, "api_keys", key_id)
    assert doc is not None
    service.deps.store.put(MINE, Put("api_keys", key_id, {**doc.body, **fields}))


def test_a_key_is_shown_once_and_works(service: Service) -> None:
    made = service.call("POST", "/v1/keys", json={"role": "viewer", "name": "the wall screen", "days": 30})
    assert made.status_code == 201
    key = made.json["key"]
    assert made.json["id"] == _id(key)
    assert service.call("GET", "/v1/runs", key=key).status_code == 200
    listed = service.call("GET", "/v1/keys")
    assert key not in listed.text
    assert key.rpartition(".")[2][:64] not in listed.text
    (line,) = [k for k in listed.json["keys"] if k["id"] == made.json["id"]]
    assert (line["role"], line["name"], line["created_by"]) == ("viewer", "the wall screen", "owner's key")
    assert "hash" not in line


def test_the_secret_is_in_no_file(service: Service) -> None:
    secret = service.keys["owner"].rpartition(".")[2][:64].encode()
    folder = Path(service.deps.store.path)  # type: ignore[attr-defined]
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file.name for file in files if secret in file.read_bytes()]


def _wrong_keys(service: Service) -> dict[str, str]:
    key = service.keys["owner"]
    front, _, checksum = key.rpartition("_")
    head, key_id, secret = front.split(".")
    other_secret = ("0" if secret[0] != "0" else "1") + secret[1:]
    foreign = service.keys["foreign owner"]
    return {
        "nothing": "",
        "not a key": "letmein",
        "a mistyped letter": f"{head}.{key_id}.{other_secret}_{checksum}",
        "a wrong checksum": f"{front}_{'0' * 8 if checksum != '0' * 8 else '1' * 8}",
        "no checksum": front,
        "a forged secret": _signed(f"{head}.{key_id}.{other_secret}"),
        "an unknown id": _signed(f"{head}.{'0' * 12}.{secret}"),
        "another tenant's id": _signed(f"{head}.{_id(foreign)}.{foreign.split('.')[2][:64]}"),
        "another tenant's name": _signed(f"ww_local_{OTHER}.{key_id}.{secret}"),
        "another environment": _signed(f"ww_live_{MINE}.{key_id}.{secret}"),
        "the operator's tenant": _signed(f"ww_local__system.{key_id}.{secret}"),
        "a tenant beside": _signed(f"ww_local_../{OTHER}.{key_id}.{secret}"),
        "upper case": key.upper(),
        "twice": f"{key} {key}",
    }


def test_every_wrong_key_is_refused(service: Service) -> None:
    assert service.call("GET", "/v1/runs").status_code == 200
    for what, key in _wrong_keys(service).items():
        answer = service.call("GET", "/v1/runs", key=key)
        assert answer.status_code == 401, what
        assert answer.headers["WWW-Authenticate"] == "Bearer", what
        assert answer.json["way_out"], what


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_another_scheme_is_no_key(service: Service, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {service.keys['owner']}".strip()}
    assert service.call("GET", "/v1/runs", key="", headers=headers).status_code == 401


def test_an_expired_key_says_so(service: Service) -> None:
    now = service.deps.clock.now()
    _change(service, _id(service.keys["viewer"]), expires_at=(now - timedelta(seconds=1)).isoformat())
    answer = service.call("GET", "/v1/runs", key="viewer")
    assert (answer.status_code, answer.json["detail"]) == (401, "This API key has expired.")


def test_a_revoked_key_is_useless_and_stays_listed(service: Service) -> None:
    viewer = _id(service.keys["viewer"])
    assert service.call("GET", "/v1/runs", key="viewer").status_code == 200
    first = service.call("DELETE", f"/v1/keys/{viewer}")
    assert first.status_code == 200
    assert first.json["revoked_at"]
    answer = service.call("GET", "/v1/runs", key="viewer")
    assert (answer.status_code, answer.json["detail"]) == (401, "This API key was revoked.")
    assert service.call("DELETE", f"/v1/keys/{viewer}").json == first.json
    assert viewer in {key["id"] for key in service.call("GET", "/v1/keys").json["keys"]}


def test_an_admin_can_neither_make_nor_revoke_an_owner(service: Service) -> None:
    owner = _id(service.keys["owner"])
    made = service.call("POST", "/v1/keys", key="admin", json={"role": "owner", "name": "me too"})
    gone = service.call("DELETE", f"/v1/keys/{owner}", key="admin")
    assert (made.status_code, gone.status_code) == (403, 403)
    assert service.call("GET", "/v1/runs").status_code == 200
    assert service.call("POST", "/v1/keys", key="admin", json={"role": "admin", "name": "peer"}).status_code == 201


def test_the_last_use_is_noted_at_most_once_in_ten_minutes(service: Service) -> None:
    key_id = _id(service.keys["viewer"])
    for _ in range(3):
        service.call("GET", "/v1/runs", key="viewer")
    first = service.deps.store.get(MINE, "api_keys", key_id)
    assert first is not None
    assert first.body["last_used_at"]
    earlier = (service.deps.clock.now() - timedelta(minutes=11)).isoformat()
    _change(service, key_id, last_used_at=earlier)
    service.call("GET", "/v1/runs", key="viewer")
    again = service.deps.store.get(MINE, "api_keys", key_id)
    assert again is not None
    assert again.body["last_used_at"] > earlier


def test_there_is_an_end_to_keys(service: Service) -> None:
    assert len({service.keys[role] for role in ROLES}) == 4
    answers = [service.call("POST", "/v1/keys", json={"role": "viewer", "name": f"{n}"}) for n in range(97)]
    assert [a.status_code for a in answers[:96]] == [201] * 96  # four were there before: a hundred in all
    assert answers[96].status_code == 409
    assert "Revoke" in answers[96].json["way_out"]


def test_without_the_pepper_nobody_comes_in(service: Service, tmp_path: Path) -> None:
    bare = Api(replace(service.deps, secrets=LocalSecrets(tmp_path)))
    headers = {"authorization": f"Bearer {service.keys['owner']}"}
    assert bare.answer(ApiRequest("GET", "/v1/runs", headers=headers)).status == 503
    assert bare.answer(ApiRequest("GET", "/v1/health")).status == 200


OPERATORS = ("workwright up", "workwright attach")


@pytest.mark.parametrize("name", OPERATORS)
def test_no_name_makes_a_key_the_operators(service: Service, name: str) -> None:
    """A key of nobody's that is called like the operator's command makes another, which says that it was its maker."""
    first = make_key(service.deps, MINE, "owner", name)[1]
    second = service.call("POST", "/v1/keys", key=first, json={"role": "owner", "name": name})
    assert second.json["created_by"] == name
    for key in (first, second.json["key"]):
        assert not caller_of(service.deps, f"Bearer {key}").operator


def test_the_operators_key_has_a_mark_that_goes_on_when_the_operator_replaces_it(service: Service) -> None:
    own = create_key(service.deps, MINE, "owner", "the operator", by="whoever", operator=True)
    caller = caller_of(service.deps, f"Bearer {own}")
    assert caller.operator
    rotated = service.call("POST", f"/v1/keys/{_id(own)}/rotate", key=own, json={})
    assert caller_of(service.deps, f"Bearer {rotated.json['key']}").operator
    taken = service.call("POST", f"/v1/keys/{_id(own)}/rotate", key="owner", json={})
    assert not caller_of(service.deps, f"Bearer {taken.json['key']}").operator


@pytest.mark.parametrize(("made_by", "is_operators"), [*((each, True) for each in OPERATORS), ("Ada", False)])
def test_keys_of_an_earlier_version_are_whose_they_were(service: Service, made_by: str, is_operators: bool) -> None:
    key = create_key(service.deps, MINE, "owner", "the operator", by=made_by)
    doc = service.deps.store.get(MINE, "api_keys", _id(key))
    assert doc is not None
    before = {name: value for name, value in doc.body.items() if name != "operator"}
    service.deps.store.put(MINE, Put("api_keys", _id(key), before))
    assert caller_of(service.deps, f"Bearer {key}").operator is is_operators
