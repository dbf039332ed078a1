"""Signatures as Standard Webhooks and its receivers have them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from shared.core.notify.webhook_signature import format_secret, sign_webhook, webhook_headers

PUBLISHED = "MfKQ9r8GKYqr" + "TwjUPD8ILPZIo2LaLaSw"
SECRET = f"whsec_{PUBLISHED}"
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="  # the vector of the reference libraries' tests


def test_the_published_vector() -> None:
    assert sign_webhook(SECRET, MESSAGE, AT, BODY) == SIGNED


def test_the_vector_of_a_forge_that_signs_the_same_way() -> None:
    body = b'{"object_kind":"issue","object_attributes":{"iid":1,"action":"update"}}'
    signed = sign_webhook(format_secret(bytes(range(32))), "msg_1", 1790000000, body)
    assert signed == "v1,ae8Z5U4J7Chr37Wa8XdI+Nht3Xgxm5PMg4JMIuqyDJE="


def test_headers_have_a_signature_for_each_secret() -> None:
    other = format_secret(b"another key, which is being replaced"[:32])
    headers = webhook_headers([other, SECRET], MESSAGE, datetime.fromtimestamp(AT, UTC), BODY)
    assert headers["webhook-id"] == MESSAGE
    assert headers["webhook-timestamp"] == str(AT)
    key = base64.b64decode(other.removeprefix("whsec_"))
    mac = hmac.new(key, f"{MESSAGE}.{AT}.".encode() + BODY, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()} {SIGNED}"


@pytest.mark.parametrize("wrong", ["", "MfKQ9r8GKYqrTwjU", "whsec_not base64", "whsec_ä"])
def test_what_is_no_secret_signs_nothing(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        sign_webhook(wrong, MESSAGE, AT, BODY)
