"""A token of GitLab is tried by reading alone, and what it may not do is said with its way out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shared.http_client import HttpClient
from shared.integrations.gitlab.client import GitLab
from shared.integrations.gitlab.trial import try_gitlab
from shared.integrations.trial_result import Tried
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served


@dataclass
class Lab:
    """A GitLab with Ada, Ben and the group acme/inner."""

    sim: Served
    count: int = 0

    def token(self, **more: Any) -> Secret:
        """Make a token of Ada's."""
        self.count += 1
        made = f"glp{'at-'}{self.count}"
        self.sim.control("/_seed", {"username": "ada", "token": made, **more})
        return Secret(made)

    def member(self, level: int, creation: str = "developer") -> None:
        """Make Ada a member of acme/inner."""
        order = {"group": "acme/inner", "group_member": "ada", "access": level, "creation": creation}
        self.sim.control("/_seed", order)

    def tried(self, token: Secret, **more: Any) -> Tried:
        """Try a token."""
        return try_gitlab(token, at=self.sim.url, **more)


@pytest.fixture(scope="module")
def gitlab(kept_served: Callable[[Any], Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    sim = kept_served(GitLabSimulator(tmp_path_factory.mktemp("gitlab")))
    sim.control("/_seed", {"username": "ben", "group": "acme/inner", "token": "glp" + "at-ben"})
    GitLab(HttpClient("gitlab", sim.url, Secret("glp" + "at-ben"))).ensure_repository("acme/inner", "shop")
    return sim


@pytest.fixture
def lab(gitlab: Served) -> Iterator[Lab]:
    """Whatever is tried, nothing changes, and nothing is even asked to."""
    before, asked = gitlab.effects(), len(gitlab.journal())
    made = Lab(gitlab)
    made.member(0)
    yield made
    assert gitlab.effects() == before
    assert {entry["method"] for entry in gitlab.journal()[asked:]} <= {"GET"}


def test_a_good_token_says_whose_it_is(lab: Lab):
    tried = lab.tried(lab.token(expires_at=4_099_680_000))
    facts = {"login": "ada", "scopes": "api", "expires": "2099-11-30", "host": lab.sim.url, "owner": "ada"}
    says = "This token of ada may make projects at ada until 2099-11-30, when it expires."
    assert tried == Tried(True, says, "", facts)


@pytest.mark.parametrize("token", ["", "https://gitlab.com/-/user_settings", "a b", "gh" + "p_1", "ntn_" + "1"])
def test_what_is_not_a_token_of_gitlab_is_never_sent(gitlab: Served, token: str):
    before = len(gitlab.journal())
    tried = try_gitlab(Secret(token), at=gitlab.url)
    assert (tried.ok, len(gitlab.journal())) == (False, before)
    assert "Personal access tokens" in tried.way_out


def test_a_wrong_an_expired_and_a_revoked_token_are_told_apart(lab: Lab):
    expired, revoked = lab.token(expires_at=1), lab.token()
    assert lab.tried(revoked).ok
    lab.sim.control("/_seed", {"revoked": revoked.reveal()})
    begins = f"GitLab at {lab.sim.url} no longer accepts this token: "
    words = "“Token is expired. You can either do re-authorization or token refresh.”"
    assert lab.tried(expired).says == begins + words
    assert lab.tried(revoked).says == f"{begins}“Token was revoked. You have to re-authorize from the user.”"
    wrong = lab.tried(Secret("glp" + "at-wrong"))
    assert "does not accept this token: it is not complete, or belongs to another GitLab." in wrong.says
    assert not wrong.ok


def test_what_is_wrong_with_a_token_is_told_by_the_code_whatever_the_words_are(lab: Lab):
    body = {"error": "invalid_token", "error_description": "Das Token ist abgelaufen."}
    lab.sim.fault(status=401, body=body)
    assert lab.tried(lab.token()).says.endswith("no longer accepts this token: “Das Token ist abgelaufen.”")
    lab.sim.fault(status=401, body={"message": "401 Unauthorized: nothing expired, nothing revoked"})
    assert "it is not complete, or belongs to another GitLab." in lab.tried(lab.token()).says


@pytest.mark.parametrize("calls", range(4))
def test_a_token_that_is_revoked_in_the_middle_is_no_good(lab: Lab, calls: int):
    lab.member(30)
    token = lab.token()
    words = "Token was revoked. You have to re-authorize from the user."
    lab.sim.fault(status=401, skip=calls, body={"error": "invalid_token", "error_description": words})
    tried = lab.tried(token, owner="acme/inner")
    lab.sim.simulator.faults.clear()
    assert (tried.ok, "revoked" in tried.says) == (False, True)


@pytest.mark.parametrize("scope", ["read_api", "read_user", "read_repository", "read_api write_repository"])
def test_a_token_without_the_scope_api(lab: Lab, scope: str):
    tried = lab.tried(lab.token(scope=scope))
    assert tried.says == "This token lacks the scope “api”, so Workwright can neither make nor change projects."
    assert "make another with “api”" in tried.way_out


def test_a_group_that_is_not_there_or_not_to_be_seen(lab: Lab):
    for group in ("nobody", "acme/inner"):
        tried = lab.tried(lab.token(), owner=group)
        assert tried.says == f"There is no group “{group}” at {lab.sim.url} that ada can see."
        assert not tried.ok


@pytest.mark.parametrize(
    ("level", "creation", "needed"),
    [(20, "developer", "Developer"), (30, "maintainer", "Maintainer"), (10, "maintainer", "Maintainer")],
)
def test_a_role_that_is_too_low_to_make_projects(lab: Lab, level: int, creation: str, needed: str):
    lab.member(level, creation)
    tried = lab.tried(lab.token(), owner="acme/inner")
    assert "in the group acme/inner, and may not make projects there." in tried.says
    assert f"at least a {needed} under acme/inner › Manage › Members" in tried.way_out


@pytest.mark.parametrize(("level", "creation"), [(30, "developer"), (40, "maintainer"), (40, "developer")])
def test_a_role_that_is_high_enough(lab: Lab, level: int, creation: str):
    lab.member(level, creation)
    assert lab.tried(lab.token(), owner="acme/inner").ok


def test_a_group_that_lets_nobody_make_projects(lab: Lab):
    lab.member(40, "noone")
    tried = lab.tried(lab.token(), owner="acme/inner")
    assert not tried.ok
    assert "Settings › General › Permissions and group features." in tried.way_out


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("gitlab.example", "is not the address of a GitLab"),
        ("ftp://gitlab.example", "is not the address of a GitLab"),
        ("http://gitlab.example", "is not encrypted"),
        ("http://127.0.0.1:9", "does not answer"),
    ],
)
def test_a_host_that_is_none(at: str, says: str):
    tried = try_gitlab(Secret("glp" + "at-1"), at=at)
    assert not tried.ok
    assert says in tried.says


def test_a_host_that_is_something_else(lab: Lab):
    lab.sim.fault(status=404, body={"detail": "Not Found"})
    assert lab.tried(lab.token()).says == f"There is no GitLab at {lab.sim.url}."


@pytest.mark.parametrize(("status", "says"), [(502, "does not answer"), (429, "no more calls")])
def test_a_gitlab_that_is_away_says_nothing_about_the_token(lab: Lab, status: int, says: str):
    token = lab.token()
    lab.sim.fault(status=status)
    assert says in lab.tried(token).says
