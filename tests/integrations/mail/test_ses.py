"""The SES client against a simulated SES over real HTTP, and against answers that never come."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from shared.core.errors import NeedsHuman, RateLimited, Rejected, Unauthorized, Unavailable
from shared.integrations.ses.client import Ses, connect
from shared.integrations.ses.trial import try_ses
from shared.integrations.trial_result import Tried
from shared.local.simulators.ses import SesSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served

pytestmark = pytest.mark.slow

REGION = "eu-central-1"
FROM = "agent@example.test"


def client(url: str) -> Any:
    return connect(endpoint_url=url, region=REGION, access_key=Secret("key"), secret_key=Secret("word"))


@pytest.fixture
def sim(served: Callable[[Any], Served]) -> Served:
    started = served(SesSimulator())
    client(started.url).create_email_identity(EmailIdentity=FROM)
    return started


def test_a_mail_is_sent_with_both_texts(sim: Served) -> None:
    mail = Ses(client(sim.url), FROM)
    sent_id = mail.send("a@example.test", "Hi\r\nBcc: x@example.test", "text ż", "<p>html</p>", {"tenant": "t 1"})
    (sent,) = sim.simulator.state["outbox"]
    assert (sent["id"], sent["from"], sent["to"], sent["bcc"]) == (sent_id, FROM, ["a@example.test"], [])
    assert (sent["subject"], sent["text"], sent["html"]) == ("Hi Bcc: x@example.test", "text ż", "<p>html</p>")
    assert sent["tags"] == {"tenant": "t_1"}


def test_a_mail_from_an_unknown_sender_is_refused(sim: Served) -> None:
    with pytest.raises(Rejected, match="MessageRejected"):
        Ses(client(sim.url), "stranger@example.test").send("a@example.test", "s", "t", "", {})


def test_a_mail_whose_answer_was_lost_is_for_a_person_to_look_at(sim: Served) -> None:
    sim.fault(method="POST", path="/v2/email/outbound-emails", drop=True, when="after")
    with pytest.raises(NeedsHuman):
        Ses(client(sim.url), FROM).send("a@example.test", "s", "t", "", {})
    assert len(sim.simulator.state["outbox"]) == 1


def test_nobody_there_means_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(Unavailable):
        Ses(client(url), FROM).send("a@example.test", "s", "t", "", {})


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "TooManyRequestsException", RateLimited),
        (400, "LimitExceededException", RateLimited),
        (400, "SendingPausedException", Rejected),
        (400, "AccountSuspendedException", Rejected),
        (403, "InvalidClientTokenId", Unauthorized),
        (500, "InternalFailure", NeedsHuman),
        (503, "ServiceUnavailable", NeedsHuman),
        (0, "", NeedsHuman),  # the connection drops after the mail was handed over
    ],
)
def test_an_answer_is_believed_and_never_asked_for_twice(status: int, code: str, kind: type[Exception]) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    if status:
                        body = f'{{"message":"no","__type":"{code}"}}'
                        head = f"HTTP/1.1 {status} X\r\nx-amzn-ErrorType: {code}\r\nContent-Length: {len(body)}\r\n"
                        connection.sendall(f"{head}Connection: close\r\n\r\n{body}".encode())

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(kind) as caught:
            Ses(client(url), FROM).send("a@example.test", "s", "t", "h", {})
        listener.shutdown(socket.SHUT_RDWR)
    assert type(caught.value) is kind
    assert len([each for each in asked if each]) == 1


def test_the_environments_proxy_is_not_asked(sim: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert Ses(client(sim.url), FROM).send("a@example.test", "s", "t", "", {})


def test_the_library_is_only_loaded_where_mail_is_sent() -> None:
    code = "import sys, shared.integrations.ses.client; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def tried(sim: Served, sender: str = FROM, word: str = "word", region: str = REGION) -> Tried:
    return try_ses(sender, region, Secret("key"), Secret(word), at=sim.url)


def test_a_try_says_who_may_send_and_to_whom(sim: Served) -> None:
    assert tried(sim, f"Workwright <{FROM}>") == Tried(
        True,
        f"Amazon SES sends as {FROM} from {REGION}.",
        "",
        {"region": REGION, "sender": FROM, "sandbox": "no"},
    )
    sim.control("/_account", {"sandbox": True})
    boxed = tried(sim)
    assert (boxed.ok, boxed.facts["sandbox"]) == (True, "yes")
    assert "Request production access" in boxed.way_out
    sim.control("/_account", {"sandbox": False, "paused": True})
    assert "has stopped all sending" in tried(sim).says
    assert sim.simulator.state["outbox"] == []


def test_a_sender_that_was_not_verified_there_is_named(sim: Served) -> None:
    stranger, elsewhere = tried(sim, "stranger@example.com"), tried(sim, region="us-east-1")
    assert stranger.says == f"stranger@example.com is not verified in {REGION}, so Amazon SES refuses mail from it."
    assert "Identities › Create identity" in stranger.way_out
    assert elsewhere.says == f"{FROM} is not verified in us-east-1, so Amazon SES refuses mail from it."
    client(sim.url).create_email_identity(EmailIdentity="example.com")
    assert tried(sim, "anybody@example.com").ok


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({"status": 403, "headers": {"x-amzn-ErrorType": "UnrecognizedClientException"}}, "does not accept this key"),
        ({"status": 403, "headers": {"x-amzn-ErrorType": "AccessDeniedException"}}, "does not accept this key"),
        ({"status": 403, "skip": 1, "headers": {"x-amzn-ErrorType": "ExpiredTokenException"}}, "does not accept"),
        ({"status": 429}, "no more calls"),
        ({"status": 503}, "does not answer"),
        ({"drop": True}, "does not answer"),
    ],
)
def test_a_key_that_is_refused_is_told_from_a_service_that_is_away(sim: Served, order: Any, says: str) -> None:
    sim.fault(**order)
    found = tried(sim)
    assert not found.ok
    assert says in found.says


def test_what_is_missing_is_said_before_anything_is_sent() -> None:
    assert "address that mail comes from is missing" in try_ses("", REGION, Secret("k"), Secret("w")).says
    assert "key or its secret is missing" in try_ses(FROM, REGION, Secret(""), Secret("w")).says
    assert "not a region" in try_ses(FROM, "mars 1", Secret("k"), Secret("w")).says
