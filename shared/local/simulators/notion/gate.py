"""The gate before every call: the version header, the token, the budget of requests, and what a connection may do."""

import fnmatch
import json
import math
from collections import deque
from typing import Any

from werkzeug.wrappers import Request

from shared.local.simulators.notion.calls import NEW, OLD
from shared.local.simulators.notion.refusals import ApiError
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]

CAPABILITIES = ("read_content", "update_content", "insert_content", "read_comments", "insert_comments", "read_users")


def version_of(request: Request) -> str:
    """Return the version a call speaks; the header is mandatory."""
    version = request.headers.get("Notion-Version")
    head = "Notion-Version header failed validation: Notion-Version header should be"
    if version is None:
        raise ApiError(400, "missing_version", f"{head} defined, instead was `undefined`.")
    if version not in (OLD, NEW):
        wanted = f'`"{NEW}"` or `"{OLD}"`'
        raise ApiError(400, "validation_error", f"{head} {wanted}, instead was `{json.dumps(version)}`.")
    return version


class Gate:
    """Lets bots in, and counts. The counts live in memory: a new process starts with full budgets."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._spent: dict[str, deque[float]] = {}

    def bot(self, request: Request) -> Caller:
        """Return who calls, or refuse: 401 for a dead token, 429 when the budget is spent."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        state = self.world.state
        bot_id = state["tokens"].get(token.strip()) if kind.lower() == "bearer" else None
        if bot_id is None:
            raise ApiError(401, "unauthorized", "API token is invalid.")
        bot, config = state["bots"][bot_id], state["config"]
        if config["blocked"]:
            raise _rate_limit_error("public_api_request_blocked", 3600)
        large = self.world.plan(bot["workspace_id"]) in ("business", "enterprise")
        own = int(config["rate_limit_business" if large else "rate_limit"])
        budgets = [
            (bot_id, own, "public_api_request_rate_limit"),
            (bot["workspace_id"], int(config["workspace_rate_limit"]), "public_api_space_request_rate_limit"),
        ]
        asked = f"{request.method} {request.path}"
        for pattern, budget in config["endpoint_rate_limits"].items():
            if fnmatch.fnmatchcase(asked, pattern):
                budgets.append((f"{bot_id} {pattern}", int(budget), "public_api_endpoint_rate_limit"))
        self._spend([part for part in budgets if part[1] > 0])
        return Caller(bot_id, "bot", bot["workspace_id"], bot)

    def _spend(self, budgets: list[tuple[str, int, str]]) -> None:
        """Take one request off every budget, or off none; windows slide, and a whole one may be spent in one burst."""
        now = self.world.simulator.now().timestamp()
        window = float(self.world.state["config"]["rate_window_s"])
        for key, budget, reason in budgets:
            spent = self._spent.setdefault(key, deque())
            while spent and spent[0] <= now - window:
                spent.popleft()
            if len(spent) >= budget:
                raise _rate_limit_error(reason, max(1, math.ceil(spent[len(spent) - budget] + window - now)))
        for key, _, _ in budgets:
            self._spent[key].append(now)

    def allow(self, caller: Caller, capability: str | None) -> None:
        """Refuse what the connection was not given."""
        if capability is not None and not self.world.may(caller, capability):
            raise ApiError(403, "restricted_resource", "Insufficient permissions for this endpoint.")


def _rate_limit_error(reason: str, seconds: int) -> ApiError:
    additional = {"rate_limit_reason": reason, "retry_after": str(seconds)}
    return ApiError(429, "rate_limited", "You have been rate limited. Please try again later.", additional)
