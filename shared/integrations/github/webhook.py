"""GitHub's webhook: what signs it, and what it tells of a pull request."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any

from shared.integrations.hooks import (
    CHECKED,
    CLOSED,
    MERGED,
    PUSHED,
    REVIEWED,
    Headers,
    Json,
    Keys,
    News,
    Webhook,
    get_at_path,
    is_equal,
    login_in,
    number_in,
    text_in,
)

_BY_HAND = (
    "In the repository's settings, add a webhook with this address and secret, content type application/json,"
    " for pull requests, reviews, review comments, issue comments, check suites, statuses and pushes."
)


def _check(raw: bytes, headers: Headers, keys: Keys, now: datetime) -> bool:
    expected = "sha256=" + hmac.new(keys.signing, raw, hashlib.sha256).hexdigest()
    return is_equal(expected, headers.get("x-hub-signature-256", ""))


def _name(headers: Headers, body: Any, now: datetime) -> str:
    return headers.get("x-github-delivery", "")


def _read(headers: Headers, body: Json) -> list[News]:
    repository, by = text_in(body, "repository", "full_name"), login_in(body, "sender", "login")
    action, number = body.get("action"), number_in(body, "pull_request", "number")

    def news(what: str, number: int = 0, branch: str = "") -> News:
        return News(what, repository, number, branch, by)

    match headers.get("x-github-event", ""), action:
        case "pull_request_review" | "pull_request_review_comment", "submitted" | "created" | "edited" | "dismissed":
            return [news(REVIEWED, number)]
        case "issue_comment", "created" | "edited" if isinstance(get_at_path(body, "issue", "pull_request"), dict):
            return [news(REVIEWED, number_in(body, "issue", "number"))]
        case "pull_request", "closed":
            return [news(MERGED if get_at_path(body, "pull_request", "merged") is True else CLOSED, number)]
        case "pull_request", "synchronize":
            return [news(PUSHED, number)]
        case "check_suite", "completed":  # once for all its runs; those of Actions are in one as well
            return [news(CHECKED, branch=text_in(body, "check_suite", "head_branch"))]
        case "status", _:
            listed = get_at_path(body, "branches")
            branches = listed if isinstance(listed, list) else []
            return [news(CHECKED, branch=text_in(each, "name")) for each in branches]
        case "push", _:
            return [news(PUSHED, branch=text_in(body, "ref").removeprefix("refs/heads/"))]
    return []


WEBHOOK = Webhook(_check, _name, _read, by_hand=_BY_HAND)
