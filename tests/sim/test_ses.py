"""The simulated mail service, judged by Amazon's own client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from shared.local.simulators._server import serve
from shared.local.simulators.ses import SesSimulator


def client_of(sim: SesSimulator) -> Any:
    serve(sim)
    return boto3.client(
        "sesv2",
        region_name="eu-central-1",
        endpoint_url=sim.base_url,
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def sim(tmp_path: Path) -> SesSimulator:
    return SesSimulator(tmp_path / "ses")


@pytest.fixture
def ses(sim: SesSimulator) -> Iterator[Any]:
    client = client_of(sim)
    yield client
    client.close()


def send(ses: Any, sender: str = "agent@example.com") -> str:
    answer = ses.send_email(
        FromEmailAddress=f"Agent <{sender}>",
        Destination={"ToAddresses": ["ada@example.org"]},
        Content={
            "Simple": {
                "Subject": {"Data": "Ready: äöü", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "in text"}, "Html": {"Data": "<p>in HTML</p>"}},
                "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://example.com>"}],
            }
        },
        EmailTags=[{"Name": "kind", "Value": "approval"}],
    )
    return str(answer["MessageId"])


def test_a_mail_from_a_known_sender_is_sent_once_and_kept_whole(ses: Any, sim: SesSimulator) -> None:
    ses.create_email_identity(EmailIdentity="agent@example.com")
    number = send(ses)
    outbox = requests.get(f"{sim.base_url}/_outbox", timeout=10).json()
    assert [(m["id"], m["to"], m["subject"], m["text"], m["html"]) for m in outbox] == [
        (number, ["ada@example.org"], "Ready: äöü", "in text", "<p>in HTML</p>")
    ]
    assert (outbox[0]["from"], outbox[0]["tags"]) == ("Agent <agent@example.com>", {"kind": "approval"})
    sent = [e for entry in sim.journal for e in entry["effects"] if e["kind"] == "email.send"]
    assert [e["id"] for e in sent] == [number]


def test_an_unknown_sender_is_rejected_and_nothing_is_sent(ses: Any, sim: SesSimulator) -> None:
    with pytest.raises(ClientError) as refused:
        send(ses)
    assert refused.value.response["Error"]["Code"] == "MessageRejected"
    assert sim.state["outbox"] == []


def test_a_raw_message_is_read_into_its_parts(ses: Any, sim: SesSimulator) -> None:
    ses.create_email_identity(EmailIdentity="example.com")
    raw = b"From: a@example.com\r\nTo: b@example.org\r\nSubject: Hi\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    ses.send_email(
        FromEmailAddress="a@example.com", Destination={"ToAddresses": ["b@example.org"]}, Content={"Raw": {"Data": raw}}
    )
    assert [(m["subject"], m["text"].strip()) for m in sim.state["outbox"]] == [("Hi", "hello")]


def test_identities_and_mails_are_there_after_a_restart(ses: Any, sim: SesSimulator, tmp_path: Path) -> None:
    ses.create_email_identity(EmailIdentity="agent@example.com")
    send(ses)
    again = SesSimulator(tmp_path / "ses")
    client = client_of(again)
    send(client)
    assert len(again.state["outbox"]) == 2
    assert len([e for entry in again.journal for e in entry["effects"] if e["kind"] == "email.send"]) == 2
    client.delete_email_identity(EmailIdentity="agent@example.com")
    with pytest.raises(ClientError):
        send(client)
    client.close()


def test_two_simulators_do_not_share_identities(ses: Any, tmp_path: Path) -> None:
    ses.create_email_identity(EmailIdentity="agent@example.com")
    other = client_of(SesSimulator(tmp_path / "other"))
    with pytest.raises(ClientError):
        send(other)
    other.close()


def test_a_limit_can_be_ordered(ses: Any, sim: SesSimulator) -> None:
    ses.create_email_identity(EmailIdentity="agent@example.com")
    requests.post(f"{sim.base_url}/_faults", json={"status": 429, "method": "POST"}, timeout=10)
    with pytest.raises(ClientError) as refused:
        send(ses)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert send(ses)


def test_an_unsigned_request_is_refused(sim: SesSimulator, ses: Any) -> None:
    assert requests.get(f"{sim.base_url}/v2/email/identities", timeout=10).status_code == 403


def test_the_page_escapes_mail(ses: Any, sim: SesSimulator) -> None:
    ses.create_email_identity(EmailIdentity="agent@example.com")
    send(ses)
    text = requests.get(sim.base_url, timeout=10).text
    assert "Ready: äöü" in text
    assert "Agent &lt;agent@example.com&gt;" in text
