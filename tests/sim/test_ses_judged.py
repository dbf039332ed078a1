"""The simulated mail service and moto's are asked the same by Amazon's own client, and answer the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from shared.integrations.ses import connect
from shared.local.simulators._server import serve
from shared.local.simulators.ses import SesSimulator
from shared.ports import Secret
from tests.support.later import import_later

pytestmark = pytest.mark.slow  # moto takes its time to be loaded

moto = import_later("moto.server")
exceptions = import_later("botocore.exceptions")

FROM, DOMAIN = "agent@example.com", "example.org"
Client = Any


def client_at(url: str) -> Client:
    return connect(endpoint_url=url, region="eu-central-1", access_key=Secret("key"), secret_key=Secret("word"))


@pytest.fixture(scope="module")
def judge() -> Iterator[Client]:
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = client_at(f"http://{host}:{port}")
    yield client
    client.close()
    server.stop()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> SesSimulator:
    return SesSimulator(tmp_path_factory.mktemp("ses"))


@pytest.fixture(scope="module")
def ours(simulator: SesSimulator) -> Iterator[Client]:
    server = serve(simulator)
    client = client_at(simulator.base_url)
    yield client
    client.close()
    server.shutdown()


def mail(sender: str = FROM, to: tuple[str, ...] = ("ada@example.test",), **more: Any) -> dict[str, Any]:
    content = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "text"}}}}
    return {"FromEmailAddress": sender, "Destination": {"ToAddresses": list(to)}, "Content": content, **more}


def raw(sender: str) -> dict[str, Any]:
    data = f"From: {sender}\r\nTo: b@example.test\r\nSubject: Hi\r\n\r\nhello\r\n".encode()
    return {"Destination": {}, "Content": {"Raw": {"Data": data}}}


# In the order in which they are asked: what one makes, the next finds.
ASKED: list[tuple[str, Callable[[Client], Any]]] = [
    ("nobody is known yet", lambda it: it.send_email(**mail())),
    ("an unknown identity is looked at", lambda it: it.get_email_identity(EmailIdentity=FROM)),
    ("an address is made", lambda it: it.create_email_identity(EmailIdentity=FROM)),
    ("a domain is made", lambda it: it.create_email_identity(EmailIdentity=DOMAIN)),
    ("a mail is sent", lambda it: it.send_email(**mail())),
    ("under a name", lambda it: it.send_email(**mail(f"Agent <{FROM}>"))),
    ("from an address of the domain", lambda it: it.send_email(**mail(f"any@{DOMAIN}"))),
    ("from below the domain", lambda it: it.send_email(**mail(f"any@below.{DOMAIN}"))),
    ("from another address of the address's domain", lambda it: it.send_email(**mail("other@example.com"))),
    ("to as many as may be", lambda it: it.send_email(**mail(to=tuple(f"p{n}@example.test" for n in range(50))))),
    ("to one too many", lambda it: it.send_email(**mail(to=tuple(f"p{n}@example.test" for n in range(51))))),
    ("a raw mail", lambda it: it.send_email(**raw(FROM))),
    ("a raw mail of a stranger", lambda it: it.send_email(**raw("stranger@example.net"))),
    ("an identity is deleted", lambda it: it.delete_email_identity(EmailIdentity=FROM)),
    ("and is known no more", lambda it: it.get_email_identity(EmailIdentity=FROM)),
    ("and nothing is sent from it", lambda it: it.send_email(**mail())),
]


def outcome(ask: Callable[[Client], Any], client: Client) -> Any:
    try:
        answer = ask(client)
    except exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    del answer["ResponseMetadata"]
    if "MessageId" in answer:
        assert len(answer.pop("MessageId")) > 20
        return "sent", answer
    return answer


def test_both_answer_the_same(judge: Client, ours: Client) -> None:
    assert {name: outcome(ask, ours) for name, ask in ASKED} == {name: outcome(ask, judge) for name, ask in ASKED}


def test_what_is_known_is_looked_at_as_a_verified_sender(judge: Client, ours: Client) -> None:
    for client in (judge, ours):
        client.create_email_identity(EmailIdentity="looked@example.com")
    found, known = (outcome(lambda it: it.get_email_identity(EmailIdentity="looked@example.com"), each)
                    for each in (ours, judge))  # fmt: skip
    assert (found.pop("VerifiedForSendingStatus"), known.pop("VerifiedForSendingStatus")) == (True, False)
    assert found == known


# What moto lets pass and Amazon does not; the names are those of botocore's description of each call.
@pytest.mark.parametrize(
    ("ask", "name", "status"),
    [
        (lambda it: it.create_email_identity(EmailIdentity="twice@example.com"), "AlreadyExistsException", 400),
        (lambda it: it.delete_email_identity(EmailIdentity="nobody@example.com"), "NotFoundException", 404),
        (lambda it: it.send_email(**mail("twice@example.com", to=("no address",))), "BadRequestException", 400),
        (lambda it: it.send_email(**mail("twice@example.com") | {"Content": {}}), "BadRequestException", 400),
    ],
    ids=["made twice", "deleted and not there", "no address", "nothing to send"],
)
def test_it_is_as_strict_as_the_description(
    ask: Callable[[Client], Any], name: str, status: int, ours: Client, simulator: SesSimulator
) -> None:
    if "eu-central-1/twice@example.com" not in simulator.state["identities"]:
        ours.create_email_identity(EmailIdentity="twice@example.com")
    before = list(simulator.state["outbox"])
    assert outcome(ask, ours) == (name, status)
    assert simulator.state["outbox"] == before


def test_a_call_that_is_not_simulated_is_refused_by_name(ours: Client) -> None:
    assert outcome(lambda it: it.list_contact_lists(), ours) == ("UnknownOperationException", 404)


def test_a_body_that_is_no_json_is_refused(simulator: SesSimulator, ours: Client) -> None:
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/eu-central-1/ses/aws4_request"}
    answer = requests.post(f"{simulator.base_url}/v2/email/outbound-emails", data=b"{", headers=signed, timeout=10)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
