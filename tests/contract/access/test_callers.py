"""Who may call a function: Google's tokens with every forgery we know, and the key of one machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import google.auth.transport.requests
import pytest
import requests
from google.oauth2 import id_token

from shared.backends.cloud.identity import GoogleCallers, GoogleKeys
from shared.backends.cloud.rest.wire import connections
from shared.backends.local.keys.identity import LocalCallers
from shared.core.errors import Forbidden, Unauthenticated, Unavailable
from shared.ports import CallerCheck
from tests.support.servers.cloud.oidc_issuer import OidcIssuer, SigningKey

OURS = "https://execute-step-abc.a.run.app/"
EMAIL = "tasks@test-project.iam.gserviceaccount.com"
REFUSED = (Unauthenticated, Forbidden)


class Hand:
    """The real time, moved by hand: the issuer's tokens are of now."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class World:
    """An issuer, and a function's check of its callers."""

    def __init__(self, issuer: OidcIssuer) -> None:
        self.issuer, self.clock = issuer, Hand()
        self.session = requests.Session()
        self.keys = GoogleKeys(self.clock, issuer.certs_url)
        self.check = GoogleCallers([EMAIL], self.keys, self.clock)

    def mint(self, *args: object, **more: object) -> str:
        return "Bearer " + self.issuer.mint(OURS, EMAIL, *args, **more)  # type: ignore[arg-type]


@pytest.fixture
def world() -> Iterator[World]:
    with OidcIssuer() as issuer:
        world = World(issuer)
        yield world
        world.session.close()


@pytest.fixture(scope="module")
def forger() -> Iterator[tuple[World, dict[str, str]]]:
    with OidcIssuer() as issuer:
        world = World(issuer)
        yield world, issuer.forgeries(OURS, EMAIL)
        world.session.close()


def _forged() -> list[str]:
    with OidcIssuer() as issuer:
        return sorted(issuer.forgeries(OURS, EMAIL))


def test_the_queues_own_token_passes_here_and_with_googles_library(world: World) -> None:
    world.check(world.mint(), OURS)
    request = google.auth.transport.requests.Request(world.session)
    claims = id_token.verify_token(world.mint()[7:], request, audience=OURS, certs_url=world.issuer.certs_url)
    assert claims["email"] == EMAIL


def test_there_are_enough_forgeries_to_judge_by() -> None:
    assert len(_forged()) >= 35


@pytest.mark.parametrize("name", _forged())
def test_a_forged_token_is_refused(forger: tuple[World, dict[str, str]], name: str) -> None:
    world, tokens = forger
    with pytest.raises(REFUSED):
        world.check(f"Bearer {tokens[name]}", OURS)
    world.check(world.mint(), OURS)  # and it has spoilt nothing


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer a.b.c d", "Bearer \udcff.b.c"]
)
def test_a_header_without_a_token_is_refused(world: World, header: str) -> None:
    with pytest.raises(Unauthenticated):
        world.check(header, OURS)
    assert world.issuer.fetches == 0


def test_an_honest_token_of_another_service_account_is_forbidden(world: World) -> None:
    with pytest.raises(Forbidden):
        world.check("Bearer " + world.issuer.mint(OURS, "api@test-project.iam.gserviceaccount.com"), OURS)


def test_an_audience_must_be_stated(world: World) -> None:
    with pytest.raises(ValueError, match="audience"):
        world.check("Bearer " + world.issuer.mint("", EMAIL), "")


def test_a_token_ends_half_a_minute_after_its_hour(world: World) -> None:
    header = world.mint()
    world.clock.ahead = timedelta(seconds=3600 + 20)
    world.check(header, OURS)
    world.clock.ahead = timedelta(seconds=3600 + 40)
    with pytest.raises(Unauthenticated, match="expired"):
        world.check(header, OURS)


def test_certificates_are_fetched_once_and_again_when_they_are_old(world: World) -> None:
    for _ in range(50):
        world.check(world.mint(), OURS)
    assert world.issuer.fetches == 1
    world.clock.ahead = timedelta(seconds=21_001)  # the issuer says max-age=21000
    now = int(world.clock.now().timestamp())
    world.check(world.mint({"iat": now, "exp": now + 3600}), OURS)
    assert world.issuer.fetches == 2


def test_a_new_key_is_found_but_unknown_keys_cannot_make_us_ask_all_the_time(world: World) -> None:
    world.check(world.mint(), OURS)
    foreign = SigningKey()
    for _ in range(20):
        with pytest.raises(Unauthenticated, match="unknown key"):
            world.check(world.mint(header={"kid": foreign.kid}, sign=foreign.rs256), OURS)
    assert world.issuer.fetches == 1  # asked less than a minute ago
    world.issuer.rotate()
    world.clock.ahead = timedelta(seconds=61)
    world.check(world.mint(), OURS)
    assert world.issuer.fetches == 2


def test_without_certificates_nobody_passes_and_old_ones_last_a_day() -> None:
    with OidcIssuer() as issuer:
        world = World(issuer)
        world.check(world.mint(), OURS)
    connections().clear()  # a connection kept open would outlive the server
    now = datetime.now(UTC)
    world.clock.ahead = timedelta(hours=20)
    later = int((now + world.clock.ahead).timestamp())
    world.check(world.mint({"iat": later, "exp": later + 3600}), OURS)
    world.clock.ahead = timedelta(hours=31)
    with pytest.raises(Unavailable):
        world.check(world.mint(), OURS)


def test_behind_the_platforms_own_check_the_removed_signature_passes_but_not_its_claims(world: World) -> None:
    private = GoogleCallers([EMAIL], world.keys, world.clock, behind_iam=True)
    removed = world.issuer.forgeries(OURS, EMAIL)["signature removed at the edge"]
    private(f"Bearer {removed}", OURS)
    private(world.mint(), OURS)
    with pytest.raises(Unauthenticated):
        private(f"Bearer {removed}", "https://other.example/")
    with pytest.raises(Unauthenticated):
        private("Bearer " + world.issuer.forgeries(OURS, EMAIL)["foreign key, same kid"], OURS)


# --- one machine


def test_a_machines_own_token_is_for_one_audience_and_one_installation(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    check: CallerCheck = LocalCallers(tmp_path / "a")
    check(LocalCallers(tmp_path / "a").authorization(OURS), OURS)
    for header, audience in [
        (LocalCallers(tmp_path / "a").authorization("plan"), OURS),
        (LocalCallers(tmp_path / "b").authorization(OURS), OURS),
        (LocalCallers(tmp_path / "a").authorization(OURS)[:-1], OURS),
        (LocalCallers(tmp_path / "a").authorization(OURS).replace("Bearer", "Basic"), OURS),
        ("Bearer ", OURS),
        ("", OURS),
        ("Bearer é\udcff", OURS),
    ]:
        with pytest.raises(Unauthenticated):
            check(header, audience)
