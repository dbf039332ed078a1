"""What deliveries of GitHub and GitLab tell, and the published vectors of their signatures."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from shared.ports import Secret
from shared.wiring import wire


def test_githubs_published_vector_holds() -> None:
    """GitHub's documentation of webhook signatures: this secret signs this body with this signature."""
    from shared.app.intake.forge_signatures import check
    from shared.integrations.hooks import Keys

    secret, body = "It's a Secret to Everybody", b"Hello, World!"
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    now = wire().deps.clock.now()
    check("github", body, {"x-hub-signature-256": signature}, Keys(Secret(secret), secret.encode()), now)


def test_the_vector_of_standard_webhooks_holds() -> None:
    """The specification's own example: key, id, time and body give this signature."""
    from datetime import UTC, datetime

    from shared.app.intake.forge_signatures import check
    from shared.integrations.hooks import Keys

    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    then = datetime.fromtimestamp(1614265330, UTC)
    check("gitlab", b'{"test": 2432232314}', headers, Keys(Secret("t"), key), then)


def _github(event: str, **body: Any) -> tuple[str, str, dict[str, Any]]:
    return "github", event, {"repository": {"full_name": "acme/shop"}, "sender": {"login": "bo"}, **body}


def _gitlab(kind: str, **body: Any) -> tuple[str, str, dict[str, Any]]:
    project = {"path_with_namespace": "acme/shop"}
    return "gitlab", "", {"object_kind": kind, "project": project, "user": {"username": "bo"}, **body}


OURS, HEAD = {"pull_request": {"number": 7}}, "workwright/shop-1"
TOLD = [
    (_github("pull_request_review_comment", action="created", **OURS), ["reviewed #7"]),
    (_github("issue_comment", action="created", issue={"number": 7, "pull_request": {}}), ["reviewed #7"]),
    (_github("issue_comment", action="created", issue={"number": 7}), []),  # of an issue
    (_github("pull_request", action="closed", pull_request={"number": 7, "merged": True}), ["merged #7"]),
    (_github("pull_request", action="closed", pull_request={"number": 7, "merged": False}), ["closed #7"]),
    (_github("pull_request", action="synchronize", **OURS), ["pushed #7"]),
    (_github("pull_request", action="labeled", **OURS), []),
    (_github("check_suite", action="completed", check_suite={"head_branch": HEAD}), [f"checked @{HEAD}"]),
    (_github("check_suite", action="requested", check_suite={"head_branch": HEAD}), []),
    (_github("check_suite", action="completed", check_suite={"head_branch": "main"}), []),
    (_github("check_run", action="completed", check_run={"check_suite": {"head_branch": HEAD}}), []),  # its suite tells
    (_github("status", branches=[{"name": "main"}, {"name": HEAD}]), [f"checked @{HEAD}"]),
    (_github("push", ref=f"refs/heads/{HEAD}"), [f"pushed @{HEAD}"]),
    (_github("push", ref="refs/heads/main"), []),
    (_github("star", action="created"), []),
    (_github("pull_request", action="closed", pull_request={"number": "7"}), []),
    (_github("pull_request", action="closed", pull_request={"number": -7}), []),
    (_github("push", ref=f"refs/heads/{HEAD}/../main"), []),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "approved"}), ["reviewed #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "close"}), ["closed #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "merge"}), ["merged #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "update", "oldrev": "1"}), ["pushed #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "update"}), []),
    (_gitlab("pipeline", object_attributes={"status": "success", "ref": HEAD}), [f"checked @{HEAD}"]),
    (_gitlab("pipeline", object_attributes={"status": "failed", "ref": "x"}, merge_request={"iid": 7}), ["checked #7"]),
    (_gitlab("pipeline", object_attributes={"status": "running", "ref": HEAD}), []),
    (_gitlab("push", ref=f"refs/heads/{HEAD}"), [f"pushed @{HEAD}"]),
    (_gitlab("note", object_attributes={"noteable_type": "Issue"}), []),
    (_gitlab("note", object_attributes={"noteable_type": "MergeRequest"}, merge_request={"iid": True}), []),
]


@pytest.mark.parametrize(("delivery", "expected"), TOLD, ids=lambda each: str(each)[:70])
def test_what_a_delivery_tells(delivery: tuple[str, str, dict[str, Any]], expected: list[str]) -> None:
    from shared.app.intake.accept_forge_delivery import news_of

    system, event, body = delivery
    told = [f"{each.what} {each.place}" for each in news_of(system, {"x-github-event": event}, body)]
    assert told == [each.replace(" ", " acme/shop", 1) for each in expected]
