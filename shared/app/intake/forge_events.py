"""What a forge or a host tells: of which change or deployment it is news, in words they share. Nothing of its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.integrations.hooks import DEPLOYED, News
from shared.integrations.webhooks import load_webhook

_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_BRANCH = re.compile(r"workwright/[A-Za-z0-9._-]{1,100}")


def news_of(system: str, headers: Mapping[str, str], body: Any) -> list[News]:
    """Return what a delivery tells, nothing where it is of no interest to us; what does not fit is taken for nothing.

    The body is a stranger's text inside a genuine envelope: only names and numbers of the expected shape are read.
    """
    if not isinstance(body, dict):
        return []
    found = load_webhook(system).read(headers, body)
    return [each for each in found if each.what == DEPLOYED or _whole(each)]


def _whole(news: News) -> bool:
    named = news.number > 0 or _BRANCH.fullmatch(news.branch) is not None
    return named and _NAME.fullmatch(news.repository) is not None and len(news.repository) <= 300
