"""A token of GitHub is tried by calls that make nothing, and what it may not do is said with its way out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.core.errors import NotAllowed
from shared.http_client import HttpClient
from shared.integrations.github.client import GitHub
from shared.integrations.github.trial import try_github
from shared.integrations.trial_result import Tried
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.descriptions.github_description import of_exchange

FINE = {"administration": "write", "contents": "write", "issues": "write", "pull_requests": "write", "metadata": "read"}
CLASSIC = "gh" + "p_"


@dataclass
class Hub:
    """A GitHub with Ada, Ben and the organisation acme, and all that was asked of it."""

    sim: Served
    count: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)

    def token(self, **more: Any) -> Secret:
        """Make a token of Ada's."""
        self.count += 1
        look = "github_" + "pat_" if "permissions" in more else CLASSIC
        made = f"{look}{self.count}"
        self.sim.control("/_seed", {"login": "ada", "token": made, **more})
        return Secret(made)

    def tried(self, token: Secret, **more: Any) -> Tried:
        """Try a token."""
        return try_github(token, at=self.sim.url, trace=self.asked.append, **more)


@pytest.fixture(scope="module")
def github(kept_served: Callable[[Any], Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    sim = kept_served(GitHubSimulator(tmp_path_factory.mktemp("github")))
    maker = CLASSIC + "maker"
    sim.control("/_seed", [{"login": "ben"}, {"login": "ada", "org": "acme", "token": maker}])
    client = GitHub(HttpClient("github", sim.url, Secret(maker)))
    client.ensure_repository("acme", "shop")
    client.ensure_repository("ada", "notes")
    return sim


@pytest.fixture
def hub(github: Served) -> Iterator[Hub]:
    """Whatever is tried, nothing changes; and every request is one that the published description allows."""
    before = github.effects()
    github.control("/_seed", {"login": "ada", "org": "acme", "rules": {}, "role": "admin"})
    made = Hub(github)
    yield made
    assert github.effects() == before
    left_out = f"{github.url}/users/"  # of the copy of the description at hand, which holds 70 of some 700 paths
    asked = [exchange for exchange in made.asked if not exchange["url"].startswith(left_out)]
    assert [problem for exchange in asked for problem in of_exchange(exchange)] == []


def test_a_classic_token_says_whose_it_is(hub: Hub):
    tried = hub.tried(hub.token(scopes=["repo", "workflow"], expires_at="2099-12-01T10:00:00Z"))
    assert tried == Tried(
        True,
        "This token of ada may make repositories at ada until 2099-12-01, when it expires.",
        "",
        {
            "login": "ada",
            "kind": "classic",
            "scopes": "repo workflow",
            "expires": "2099-12-01",
            "workflows": "yes",
            "owner": "ada",
        },
    )


def test_a_fine_grained_token_with_all_rights_is_good(hub: Hub):
    tried = hub.tried(hub.token(permissions=FINE))
    assert (tried.ok, tried.facts["kind"], tried.facts["workflows"]) == (True, "fine-grained", "unknown")
    assert tried.says == "This token of ada may make and change repositories at ada."


@pytest.mark.parametrize("token", ["", "https://github.com/settings/tokens", "a b", "glp" + "at-1", "sk-" + "ant-1"])
def test_what_is_no_token_of_github_is_never_sent(github: Served, token: str):
    before = len(github.journal())
    tried = try_github(Secret(token), at=github.url)
    assert (tried.ok, len(github.journal())) == (False, before)
    assert "Developer settings › Personal access tokens" in tried.way_out


def test_a_wrong_an_expired_and_a_revoked_token_are_refused(hub: Hub):
    expired, revoked = hub.token(expires_at="2020-01-01T00:00:00Z"), hub.token()
    assert hub.tried(revoked).ok
    hub.sim.control("/_seed", {"revoked": revoked.reveal()})
    for token in (Secret(CLASSIC + "wrong"), expired, revoked):
        tried = hub.tried(token)
        assert not tried.ok
        assert tried.says == "GitHub does not accept this token: it is not complete, has expired, or was revoked."


@pytest.mark.parametrize("calls", range(5))
def test_a_token_that_is_revoked_in_the_middle_is_no_good(hub: Hub, calls: int):
    token = hub.token(permissions=FINE)
    hub.sim.fault(status=401, skip=calls)
    tried = hub.tried(token)
    hub.sim.simulator.faults.clear()
    assert tried.says.startswith("GitHub does not accept this token")


@pytest.mark.parametrize("scopes", [[], ["public_repo"], ["workflow", "read:org"]])
def test_a_classic_token_without_the_right_to_repositories(hub: Hub, scopes: list[str]):
    tried = hub.tried(hub.token(scopes=scopes))
    assert not tried.ok
    assert "lacks the scope “repo”" in tried.says
    assert "tick “repo”" in tried.way_out


@pytest.mark.parametrize("owner", ["ada", "acme"])
def test_a_fine_grained_token_that_may_not_create(hub: Hub, owner: str):
    rights = {name: level for name, level in FINE.items() if name != "administration"}
    tried = hub.tried(hub.token(permissions=rights, org="acme"), owner=owner)
    assert not tried.ok
    assert tried.says == (
        f"This fine-grained token may not make repositories at {owner}: "
        "“Administration” is not on “Read and write” there."
    )
    assert f"its resource owner must be {owner}" in tried.way_out


def test_a_fine_grained_token_that_may_create_and_not_change(hub: Hub):
    tried = hub.tried(hub.token(permissions={**FINE, "contents": "read"}))
    assert "may not change ada/notes at ada: “Contents” is not" in tried.says


def test_an_owner_that_does_not_exist_or_is_somebody_else(hub: Hub):
    token = hub.token()
    nobody, other = hub.tried(token, owner="nobody"), hub.tried(token, owner="ben")
    assert nobody.says == "There is no person or organisation “nobody” on GitHub."
    assert other.says == "“ben” is another person, and a token of ada cannot make repositories there."
    assert not nobody.ok
    assert not other.ok


def test_an_organisation_that_the_person_does_not_belong_to(hub: Hub):
    tried = hub.tried(hub.token(), owner="acme")
    assert tried.says == "ada may not make repositories at acme, whatever the token."
    assert "Member privileges" in tried.way_out


def test_an_organisation_whose_members_may_not_create(hub: Hub):
    token = hub.token(org="acme", rules={"members_create": False}, role="member")
    tried = hub.tried(token, owner="acme")
    assert tried.says == "ada may not make repositories at acme, whatever the token."
    hub.sim.control("/_seed", {"login": "ada", "org": "acme", "rules": {}})
    assert hub.tried(token, owner="acme").ok


def test_single_sign_on_that_was_not_done(hub: Hub):
    token = hub.token(org="acme", rules={"sso": True})
    tried = hub.tried(token, owner="acme")
    assert tried.says == "acme lets tokens in only after single sign-on, and this one is not authorised for it."
    assert "Configure SSO" in tried.way_out
    assert "https://github.com/orgs/acme/sso?" in tried.way_out
    assert hub.tried(hub.token(org="acme", sso=["acme"]), owner="acme").ok


def test_an_organisation_that_forbids_classic_tokens(hub: Hub):
    tried = hub.tried(hub.token(org="acme", rules={"classic": False}), owner="acme")
    assert tried.says.startswith("acme does not let this kind of token in")
    assert "make one with acme as its resource owner" in tried.way_out
    assert hub.tried(hub.token(org="acme", permissions=FINE), owner="acme").ok


@pytest.mark.parametrize(
    ("status", "says"), [(502, "does not answer"), (500, "does not answer"), (429, "no more calls")]
)
def test_a_github_that_is_away_says_nothing_about_the_token(hub: Hub, status: int, says: str):
    token = hub.token()
    hub.sim.fault(path="/user", status=status)
    tried = hub.tried(token)
    assert not tried.ok
    assert says in tried.says


def test_the_client_says_what_keeps_a_token_out_during_a_run(hub: Hub):
    """The same refusals, met in the middle of the work: the way out is in the error that people are shown."""

    def create(token: Secret) -> str:
        client = GitHub(HttpClient("github", hub.sim.url, token))
        with pytest.raises(NotAllowed) as refused:
            client.ensure_repository("acme", "new")
        return refused.value.way_out

    rights = {name: level for name, level in FINE.items() if name != "administration"}
    assert "give it the right (administration: write)" in create(hub.token(org="acme", permissions=rights))
    assert "Configure SSO" in create(hub.token(org="acme", rules={"sso": True}))
    assert "make one as the organisation asks" in create(hub.token(org="acme", rules={"classic": False}))
