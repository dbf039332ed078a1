"""The way in: consent, single-use codes, rotation that kills the old pair, introspection, revocation."""

import requests

from tests.support.simulators.seeded_notion import CALLBACK, CLIENT_ID, CLIENT_WORD, Notion


def _asked(**changes):
    asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": CALLBACK, "state": "a b&c"}
    return {**asked, **changes}


def _authorize(notion: Notion, **changes):
    url = f"{notion.url}/v1/oauth/authorize"
    return requests.get(url, params=_asked(**changes), allow_redirects=False, timeout=10)


def test_a_code_buys_a_grant_once(notion: Notion):
    code = notion.authorize()
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    grant, again = notion.grant(body), notion.grant(body)
    assert grant.json()["owner"]["user"]["person"]["email"] == "ada@example.test"
    assert grant.json()["workspace_name"] == "Demo"
    assert "expires_in" not in grant.json()
    me = notion.call("GET", "/v1/users/me", token=grant.json()["access_token"]).json()
    assert me["id"] == grant.json()["bot_id"]
    assert (again.status_code, again.json()["code"]) == (400, "invalid_grant")


def test_the_granted_bot_sees_the_home_page(notion: Notion):
    token = notion.connect()["access_token"]
    assert notion.call("GET", f"/v1/pages/{notion.home}", token=token).status_code == 200


def test_the_redirect_address_must_match_exactly(notion: Notion):
    assert _authorize(notion, redirect_uri=CALLBACK + "/").status_code == 400
    body = {"grant_type": "authorization_code", "code": notion.authorize(), "redirect_uri": CALLBACK + "/"}
    assert notion.grant(body).json()["code"] == "invalid_grant"
    del body["redirect_uri"]
    assert notion.grant(body).json()["code"] == "invalid_request"


def test_the_state_comes_back_as_it_went(notion: Notion):
    assert _authorize(notion).headers["Location"].endswith("&state=a+b%26c")


def test_a_person_approves_or_cancels_by_button(notion: Notion):
    notion.control("/_config", {"auto_approve": False})
    consent = _authorize(notion)
    assert consent.status_code == 200
    assert 'value="approve"' in consent.text
    ben = notion.seeded["people"][1]["id"]
    url = f"{notion.url}/v1/oauth/authorize"
    form = {**_asked(), "person": ben, "page": notion.home}
    no = requests.post(url, data={**form, "decision": "deny"}, allow_redirects=False, timeout=10)
    yes = requests.post(url, data={**form, "decision": "approve"}, allow_redirects=False, timeout=10)
    assert no.headers["Location"] == f"{CALLBACK}?error=access_denied&state=a+b%26c"
    code = yes.headers["Location"].split("code=")[1].split("&")[0]
    grant = notion.grant({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}).json()
    assert grant["owner"]["user"]["id"] == ben


def test_a_refresh_kills_the_old_pair_at_once(notion: Notion):
    old = notion.connect()
    body = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
    new, again = notion.grant(body), notion.grant(body)
    assert new.json()["bot_id"] == old["bot_id"]
    statuses = [
        notion.call("GET", "/v1/users/me", token=pair["access_token"]).status_code for pair in (old, new.json())
    ]
    assert statuses == [401, 200]
    assert (again.status_code, again.json()["code"]) == (400, "invalid_grant")


def test_two_people_of_one_workspace_have_two_bots(notion: Notion):
    first = notion.connect()
    notion.control("/_config", {"authorize_as": "ben@example.test"})
    second = notion.connect()
    assert first["workspace_id"] == second["workspace_id"]
    assert first["bot_id"] != second["bot_id"]


def test_introspection_and_revocation(notion: Notion):
    token = notion.connect()["access_token"]
    assert notion.grant({"token": token}, "introspect").json()["active"] is True
    assert notion.grant({"token": token}, "revoke").status_code == 200
    assert notion.grant({"token": token}, "introspect").json()["active"] is False
    assert notion.call("GET", "/v1/users/me", token=token).status_code == 401


def test_a_wrong_client_is_refused_in_both_styles(notion: Notion):
    assert notion.grant({"token": "x"}, "introspect", word="other").json()["code"] == "invalid_client"
    notion.control("/_config", {"oauth_error_style": "rfc6749"})
    refused = notion.grant({"token": "x"}, "introspect", word="other")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_a_code_expires(notion: Notion):
    code = notion.authorize()
    notion.control("/_clock", {"offset_s": 601})
    answer = notion.grant({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK})
    assert answer.json()["code"] == "invalid_grant"


def test_a_connection_does_only_what_it_was_given(notion: Notion):
    token = notion.connect()["access_token"]
    secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_WORD, "redirect_uris": [CALLBACK]}
    notion.control("/_seed", {"integration": {**secret, "capabilities": ["read_content"]}})
    read = notion.call("GET", f"/v1/pages/{notion.home}", token=token)
    written = notion.call("PATCH", f"/v1/blocks/{notion.home}/children", {"children": []}, token=token)
    assert (read.status_code, written.status_code, written.json()["code"]) == (200, 403, "restricted_resource")
