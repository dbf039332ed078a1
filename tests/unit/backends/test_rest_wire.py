"""The wire under the small clients: a refused token, a lost answer, a broken connection; and the account's token."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator

import pytest

from shared.backends.cloud.api_error import ApiError, short
from shared.backends.cloud.rest.firestore import RestFirestore
from shared.backends.cloud.rest.services import RestKms, RestSecretManager
from shared.backends.cloud.rest.token import KeptToken, account_token
from shared.backends.cloud.rest.wire import Rest, connections
from tests.support.servers.http_loopback import Handler, HttpServer


class World:
    """A server that gives the answers it was given, in order, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | None] = []  # None: the connection breaks
        self.asked: list[tuple[str, str]] = []  # path and Authorization (or Metadata-Flavor)
        world = self

        class Answer(Handler):
            def do_GET(self) -> None:
                self.body()
                told = self.headers.get("Authorization") or self.headers.get("Metadata-Flavor") or ""
                world.asked.append((self.path, told))
                answer = world.answers.pop(0)
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.reply(*answer, {})

            do_POST = do_GET  # noqa: N815 — the name the standard library calls

        self.http = HttpServer(Answer)
        self.tokens = ["first", "second"]
        self.paused: list[float] = []

    def token(self, fresh: bool) -> str:
        if fresh:
            self.tokens.pop(0)
        return self.tokens[0]

    def rest(self) -> Rest:
        return Rest(f"{self.http.url}/v1", self.token, pause=self.paused.append)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with world.http:
        yield world
    connections().clear()


def _refused(status: int, name: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"code": status, "status": name, "message": "no"}}).encode()


def test_a_refused_token_is_asked_for_once_more(world: World) -> None:
    world.answers = [_refused(401, "UNAUTHENTICATED"), (200, b'{"a": 1}')]
    assert world.rest().call("POST", "x", {}, timeout=5) == {"a": 1}
    assert world.asked == [("/v1/x", "Bearer first"), ("/v1/x", "Bearer second")]


def test_a_call_is_sent_once_and_a_read_again_where_nobody_knows(world: World) -> None:
    world.answers = [_refused(503, "UNAVAILABLE")]
    with pytest.raises(ApiError) as caught:
        world.rest().call("POST", "x", {}, timeout=5)
    assert caught.value.code == "UNAVAILABLE"
    world.answers = [_refused(503, "UNAVAILABLE"), None, (200, b"[]")]
    assert world.rest().read("GET", "x", timeout=5) == []
    assert len(world.asked) == 4
    assert len(world.paused) == 2


def test_a_read_that_is_refused_is_not_repeated(world: World) -> None:
    world.answers = [_refused(403, "PERMISSION_DENIED")]
    with pytest.raises(ApiError) as caught:
        world.rest().read("GET", "x", timeout=5)
    assert (caught.value.code, caught.value.unclear) == ("PERMISSION_DENIED", False)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "UNAVAILABLE"),
        ((502, b"<html>"), "UNAVAILABLE"),
        ((504, b""), "DEADLINE_EXCEEDED"),
        ((400, b'[{"error": {"status": "FAILED_PRECONDITION", "message": "m"}}]'), "FAILED_PRECONDITION"),
        ((429, b"{}"), "RESOURCE_EXHAUSTED"),
        ((302, b""), "UNKNOWN"),
        ((200, b"<html>"), "UNKNOWN"),
    ],
    ids=str,
)
def test_every_refusal_has_the_name_of_its_code(world: World, answer: tuple[int, bytes] | None, code: str) -> None:
    world.answers = [answer]
    with pytest.raises(ApiError) as caught:
        world.rest().call("POST", "x", {}, timeout=5)
    assert caught.value.code == code


def test_where_nobody_listens_the_request_counts_as_unclear(world: World) -> None:
    with pytest.raises(ApiError) as caught:
        Rest("http://127.0.0.1:9/v1", world.token).call("POST", "x", {}, timeout=1)
    assert caught.value.unclear


def test_the_accounts_token_comes_from_the_metadata_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", world.http.url.removeprefix("http://"))
    world.answers = [(200, b'{"access_token": "made-up", "expires_in": 3600, "token_type": "Bearer"}')]
    token = account_token()
    assert [token(False), token(False)] == ["made-up", "made-up"]
    assert world.asked == [("/computeMetadata/v1/instance/service-accounts/default/token", "Google")]


def test_a_token_is_kept_until_shortly_before_its_end_or_until_it_is_refused() -> None:
    now, made = [0.0], iter("abc")
    token = KeptToken(lambda: (next(made), 3600.0), lambda: now[0])
    assert [token(False), token(False)] == ["a", "a"]
    now[0] = 3600.0 - 225.0
    assert token(False) == "b"
    assert [token(True), token(False)] == ["c", "c"]


def test_an_answer_that_cannot_be_read_is_not_quoted(world: World) -> None:
    secret = base64.b64encode(b"a key of a tenant").decode()
    world.answers = [(200, f'{{"plaintext": "{secret}'.encode())] * 3
    with pytest.raises(ApiError) as caught:
        RestKms(world.rest()).decrypt({"name": "k", "ciphertext": b"c", "additional_authenticated_data": b"t"})
    assert (caught.value.code, len(world.asked)) == ("UNKNOWN", 3)
    assert secret not in f"{caught.value} {caught.value.__cause__} {caught.value.__context__}"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ([{"error": {"status": "UNAVAILABLE", "message": "m"}}], "UNAVAILABLE"),
        ([{"readTime": "2026-01-01T00:00:00Z"}], "UNKNOWN"),
        ([], "UNKNOWN"),
        ({"error": {"status": "UNAVAILABLE"}}, "UNKNOWN"),
        (None, "UNKNOWN"),
    ],
    ids=str,
)
def test_a_document_is_missing_only_where_firestore_says_so(world: World, told: object, code: str) -> None:
    world.answers = [(200, json.dumps(told).encode())]
    document = RestFirestore(world.rest(), "p").document("tenants/t/runs/r")
    with pytest.raises(ApiError) as caught:
        document.get()
    assert caught.value.code == code
    world.answers = [(200, json.dumps([{"missing": document.name}]).encode())]
    assert not document.get().exists


@pytest.mark.parametrize(
    "told", [{"error": {}}, [None], 7, [{"document": {}}, {"error": {"status": "ABORTED"}}]], ids=str
)
def test_a_query_gives_nothing_where_its_answer_breaks_off(world: World, told: object) -> None:
    world.answers = [(200, json.dumps(told).encode())]
    with pytest.raises(ApiError):
        next(RestFirestore(world.rest(), "p").collection("a").order_by("b").stream())


@pytest.mark.parametrize(
    "ask",
    [
        lambda rest: RestSecretManager(rest).access_secret_version("projects/p/secrets/s/versions/latest"),
        lambda rest: RestKms(rest).decrypt({"name": "k", "ciphertext": b"", "additional_authenticated_data": b""}),
        lambda rest: RestKms(rest).encrypt({"name": "k", "plaintext": b"", "additional_authenticated_data": b""}),
        lambda rest: RestFirestore(rest, "p").batch().commit(),
    ],
    ids=["secret", "decrypt", "encrypt", "commit"],
)
def test_an_answer_of_another_shape_does_not_pass_for_a_missing_secret(
    world: World, ask: Callable[[Rest], object]
) -> None:
    world.answers = [(200, b'{"payload": []}')]
    with pytest.raises(ApiError) as caught:
        ask(world.rest())
    assert caught.value.code == "UNKNOWN"


def test_a_secret_without_content_is_empty_as_googles_client_has_it(world: World) -> None:
    world.answers = [(200, b'{"name": "n", "payload": {}}')]
    assert RestSecretManager(world.rest()).access_secret_version("s").payload.data == b""


def test_what_google_quotes_of_a_request_is_not_told() -> None:
    quoting = 'Invalid value at \'writes[0].update.fields[1].value\' (TYPE_STRING), "Dear "Ada", my password'
    assert short(ApiError("INVALID_ARGUMENT", quoting)) == (
        "INVALID_ARGUMENT: Invalid value at 'writes[0].update.fields[1].value' (TYPE_STRING), …"
    )
    assert short(ApiError("FAILED_PRECONDITION", "needs an index")) == "FAILED_PRECONDITION: needs an index"


def test_the_last_token_is_used_to_its_end_while_no_new_one_can_be_had() -> None:
    now, asked = [0.0], [0]

    def fetch() -> tuple[str, float]:
        asked[0] += 1
        if asked[0] > 1:
            raise ApiError("UNAVAILABLE", "no")
        return "a", 3600.0

    token = KeptToken(fetch, lambda: now[0])
    assert token(False) == "a"
    now[0] = 3500.0
    assert [token(False), token(False), asked[0]] == ["a", "a", 2]
    now[0] = 3506.0
    assert [token(False), asked[0]] == ["a", 3]
    with pytest.raises(ApiError):
        token(True)  # refused, so it is worth nothing
    now[0] = 3600.0
    with pytest.raises(ApiError):
        token(False)


def test_threads_that_wait_for_a_token_share_the_failure_to_get_one() -> None:
    waiting, asked, told = threading.Barrier(5), [0], []
    gone = threading.Event()

    def fetch() -> tuple[str, float]:
        asked[0] += 1
        if asked[0] == 1:
            gone.wait(5)
        raise ApiError("UNAVAILABLE", "no")

    token = KeptToken(fetch)

    def ask() -> None:
        waiting.wait(5)
        try:
            token(False)
        except ApiError as error:
            told.append(error.code)

    class Lock:
        """Lets the first one on when all others wait."""

        def __init__(self) -> None:
            self.inner, self.count, self.guard = threading.Lock(), 0, threading.Lock()

        def __enter__(self) -> None:
            with self.guard:
                self.count += 1
                if self.count == 4:
                    gone.set()
            self.inner.acquire()

        def __exit__(self, *_: object) -> None:
            self.inner.release()

    token._lock = Lock()  # type: ignore[assignment]
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    waiting.wait(5)
    for thread in threads:
        thread.join(10)
    assert (told, asked[0]) == (["UNAVAILABLE"] * 4, 1)
