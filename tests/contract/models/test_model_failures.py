"""Provider: what every vendor's failure becomes: its class, its cost, and whether it may have been charged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from shared.core.errors import (
    AgentError,
    Missing,
    OutcomeUnknown,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.core.models.model_errors import ContextTooLong, InvalidOutput, Refused
from shared.core.run.run import NOTHING, Usage
from shared.ports.model import ModelRequest, request_tokens
from tests.support.builders.model_requests import LOOK, a_request
from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.model_vendors import (
    KEY,
    ON_THE_LINE,
    VENDORS,
    Rig,
    answers,
    rig,
)

EXPECTED: dict[str, type[AgentError]] = {
    "limited for 34 s": RateLimited,
    "limited": RateLimited,
    "quota": QuotaExhausted,
    "overloaded": Overloaded,
    "too long": ContextTooLong,
    "key": Unauthorized,
    "bad request": Rejected,
    "no such model": Missing,
    "failed": OutcomeUnknown,
    "refused": Refused,
    "unusable": InvalidOutput,
    "unclear": OutcomeUnknown,
}


TABLE = [
    pytest.param(name, situation, answer, id=f"{name}: {situation} {number}")
    for name in VENDORS
    for situation, said in answers(name).items()
    for number, answer in enumerate(said, 1)
]


@pytest.mark.parametrize(("name", "situation", "answer"), TABLE)
def test_every_failure_has_its_class_and_its_cost_and_is_asked_once(
    rigs: Callable[[str], Rig], name: str, situation: str, answer: Answer
) -> None:
    expected = Rejected if (name, situation) == ("vertex", "key") else EXPECTED[situation]
    vendor = rigs(name)
    vendor.endpoint.script([answer])
    request = a_request(tools=(LOOK,) if "look" in json.dumps(str(answer.body)) else ())
    with pytest.raises(expected) as caught:
        vendor.provider.complete(vendor.model, request)
    assert type(caught.value) is expected
    assert KEY not in str(caught.value)
    assert len(vendor.endpoint.requests) == 1
    used: Usage = getattr(caught.value, "used", NOTHING)
    if situation in ("refused", "unusable") and answer.status == 200:
        assert used.tokens == _billed(vendor, request, answer)
    elif situation in ("failed", "unclear") and not (answer.body or {}).get("usage"):
        assert used == vendor.provider.estimate(vendor.model, request)
    elif answer.status != 200:
        assert used == NOTHING
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == (timedelta(seconds=34) if "34" in situation else None)


def _billed(vendor: Rig, request: ModelRequest, answer: Answer) -> int:
    """Return what the answer itself says was used; an answer that does not say is booked at the upper bound."""
    body = answer.body
    told = body.get("usage") or body.get("usageMetadata")
    if not told:
        return vendor.provider.estimate(vendor.model, request).tokens
    if "totalTokenCount" in told or "total_tokens" in told:
        return int(told.get("totalTokenCount") or told["total_tokens"])
    cached = told["cache_read_input_tokens"] + told["cache_creation_input_tokens"]
    return int(told["input_tokens"] + cached + told["output_tokens"])


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("fault", ON_THE_LINE)
def test_what_the_line_did_not_tell_may_have_been_charged(rigs: Callable[[str], Rig], name: str, fault: str) -> None:
    vendor = rigs(name)
    vendor.endpoint.script([ON_THE_LINE[fault](name)])
    request = a_request(timeout=timedelta(seconds=0.05 if fault == "too slow" else 5))
    with pytest.raises(OutcomeUnknown) as caught:
        vendor.provider.complete(vendor.model, request)
    assert caught.value.used == vendor.provider.estimate(vendor.model, request)
    assert caught.value.used.tokens > 2000
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", VENDORS)
def test_an_address_where_nobody_listens_is_certainly_not_charged(session: requests.Session, name: str) -> None:
    with rig(name, session, url="http://127.0.0.1:9") as vendor:
        with pytest.raises(Unavailable) as caught:
            vendor.provider.complete(vendor.model, a_request())
        assert caught.value.used == NOTHING
        assert vendor.provider.count(vendor.model, a_request()) == request_tokens(a_request())
