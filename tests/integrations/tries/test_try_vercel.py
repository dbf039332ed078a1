"""A token of Vercel is tried by reading alone, and what it does not reach is said with its way out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.integrations.trial_result import Tried
from shared.integrations.vercel.trial import try_vercel
from shared.local.simulators.vercel.simulator import VercelSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.descriptions.vercel_description import of_exchange

WORD = "-".join(["vercel", "token"])
ASKED: list[dict[str, Any]] = []


@pytest.fixture(scope="module")
def served(kept_served: Callable[[Any], Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    return kept_served(VercelSimulator(tmp_path_factory.mktemp("vercel")))


@pytest.fixture
def vercel(served: Served) -> Iterator[Served]:
    """Whatever is tried, nothing changes; and every request is one that the published description allows."""
    ASKED.clear()
    served.control("/_seed", {"token": WORD, "user": "ada"})
    before = served.effects()
    yield served
    assert served.effects() == before
    assert [problem for exchange in ASKED for problem in of_exchange(exchange)] == []


def tried(vercel: Served, token: str = WORD) -> Tried:
    return try_vercel(Secret(token), at=vercel.url, trace=ASKED.append)


def test_a_good_token_says_whose_it_is(vercel: Served):
    facts = {"login": "ada", "email": "ada@example.com"}
    assert tried(vercel) == Tried(True, "This token reaches the projects of ada on Vercel.", "", facts)


@pytest.mark.parametrize("token", ["", "a b", "https://vercel.com/account/tokens", "gh" + "p_1"])
def test_what_is_not_a_token_is_never_sent(vercel: Served, token: str):
    found = tried(vercel, token)
    assert (found.ok, ASKED) == (False, [])
    assert "Account Settings › Tokens" in found.way_out


def test_a_wrong_an_expired_and_a_deleted_token_are_refused(vercel: Served):
    vercel.control("/_seed", {"token": "old-" + WORD, "expires_at": 1})
    vercel.control("/_seed", {"token": "gone-" + WORD})
    assert tried(vercel, "gone-" + WORD).ok
    vercel.control("/_seed", {"revoked": "gone-" + WORD})
    for word in ("wrong", "old-" + WORD, "gone-" + WORD):
        found = tried(vercel, word)
        assert found.says == "Vercel does not accept this token: it is not complete, has expired, or was deleted."
        assert not found.ok


def test_a_token_that_is_deleted_in_the_middle_is_no_good(vercel: Served):
    body = {"error": {"code": "forbidden", "message": "Not authorized", "invalidToken": True}}
    vercel.fault(status=403, skip=1, body=body)
    assert tried(vercel).says.startswith("Vercel does not accept this token")


def test_a_token_of_a_team_alone(vercel: Served):
    vercel.control("/_seed", {"token": "team-" + WORD, "user": "ada", "teams": ["team_1"], "team_only": True})
    found = tried(vercel, "team-" + WORD)
    assert "is limited to a team, and does not reach its person's own account" in found.says
    assert "“Full Account”" in found.way_out


def test_words_about_a_scope_alone_limit_nothing(vercel: Served):
    words = "Nothing under scope of the kind."
    vercel.fault(path="/v10/projects", status=403, body={"error": {"code": "forbidden", "message": words}})
    assert tried(vercel).says == f"Vercel lets this token do nothing here: {words}"


def test_a_team_that_asks_for_its_own_sign_in(vercel: Served):
    body = {
        "error": {"code": "forbidden", "message": "Not authorized", "saml": True, "enforced": True, "scope": "acme"}
    }
    vercel.fault(path="/v10/projects", status=403, body=body)
    found = tried(vercel)
    assert "SAML" in found.says
    assert found.way_out.startswith("Sign in to the team in a browser; then, on vercel.com")


@pytest.mark.parametrize(("status", "says"), [(500, "does not answer"), (429, "no more calls")])
def test_a_vercel_that_is_away_says_nothing_about_the_token(vercel: Served, status: int, says: str):
    vercel.fault(status=status)
    assert says in tried(vercel).says
