"""Webhooks: kept in the state until they are delivered, each once, signed with HMAC-SHA1 as Vercel signs them.

Account webhooks need a paid plan. `POST /_deliver` sends what waits; `POST /_redeliver` sends all again, ids unchanged.
"""

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from shared.local.simulators._hooks import Outbox, post
from shared.local.simulators._server import json_response
from shared.local.simulators.vercel.checks import Refused, json_body

if TYPE_CHECKING:
    from shared.local.simulators.vercel.call import VercelCall
    from shared.local.simulators.vercel.simulator import VercelSimulator

Json = dict[str, Any]
EVENTS = frozenset(
    f"deployment.{each}"
    for each in ("created", "ready", "succeeded", "error", "canceled", "blocked", "promoted", "rollback")
)
_LOOK_S = 0.25  # how often builds are looked at while somebody wants to hear of them


def tell(state: Json, kind: str, deployment: Json, now: int) -> None:
    """Put an event into the outbox of everybody who wants to hear of it."""
    for hook in state["webhooks"].values():
        wanted = not hook["projectIds"] or deployment["projectId"] in hook["projectIds"]
        if kind in hook["events"] and wanted and hook["ownerId"] == deployment["ownerId"]:
            state["next_id"] += 1
            item = {"id": f"evt_sim{state['next_id']:021d}", "hook": hook["id"], "type": kind, "createdAt": now}
            kept = ("id", "name", "meta", "projectId", "target")
            state["outbox"].append(item | {"deployment": {key: deployment[key] for key in kept}})


def create(call: "VercelCall") -> Response:
    """Answer `POST /v1/webhooks`: the secret is shown this once."""
    body = json_body(call.request, "url events projectIds", ("url", "events"))
    if call.state["config"]["plan"] == "hobby":
        raise Refused(403, "forbidden", "Webhooks are available on Pro and Enterprise plans.")
    unknown = sorted(set(map(str, body["events"])) - EVENTS)
    if unknown or not body["events"]:
        raise Refused(400, "bad_request", f"Invalid request: `events` should not have {unknown[:1] or 'nothing'}.")
    if not str(body["url"]).startswith(("https://", "http://127.0.0.1:")):
        raise Refused(400, "bad_request", "Invalid request: `url` should be an address.")
    made = {
        "id": call.sim.next_id("hook"),
        "url": body["url"],
        "events": list(body["events"]),
        "projectIds": list(body.get("projectIds") or ()),
        "ownerId": call.caller["account"],
        "createdAt": call.sim.milliseconds(),
        "updatedAt": call.sim.milliseconds(),
    }
    secret = hashlib.sha256(f"secret of {made['id']}".encode()).hexdigest()[:40]
    call.state["webhooks"][made["id"]] = made | {"secret": secret}
    call.sim.effect("webhook.create", id=made["id"], url=made["url"])
    return json_response(made | {"secret": secret})


def list_webhooks(call: "VercelCall") -> Response:
    """Answer `GET /v1/webhooks`, without secrets."""
    mine = [webhook for webhook in call.state["webhooks"].values() if webhook["ownerId"] == call.caller["account"]]
    return json_response([{key: value for key, value in webhook.items() if key != "secret"} for webhook in mine])


def delete(call: "VercelCall") -> Response:
    """Answer `DELETE /v1/webhooks/{id}`."""
    found = call.state["webhooks"].get(call.parameters["webhook"])
    if found is None or found["ownerId"] != call.caller["account"]:
        raise Refused(404, "not_found", "Webhook not found.")
    del call.state["webhooks"][found["id"]]
    call.sim.effect("webhook.delete", id=found["id"])
    return Response(status=204)


def signature(secret: str, raw: bytes) -> str:
    """Return the value of x-vercel-signature for a raw body."""
    return hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()


class Webhooks(Outbox):
    """Sends what waits in the state's outbox."""

    def __init__(self, sim: "VercelSimulator") -> None:
        super().__init__(sim, "vercel-webhooks")
        self._sim = sim

    def turn(self) -> float:
        """Deliver all that waits, where somebody wants to hear of it."""
        if self._sim.state["webhooks"]:
            self.deliver()
        return _LOOK_S

    def deliver(self) -> int:
        """Let time have passed, and deliver all that waits; return how many deliveries were taken."""
        with self._sim.lock:
            self._sim.catch_up()
        return super().deliver()

    def send(self, item: Json) -> int:
        """Send one delivery, signed, unless its webhook was deleted."""
        hook = self._sim.state["webhooks"].get(item["hook"])
        if hook is None:
            return 0
        raw = json.dumps(self._body(item), ensure_ascii=False).encode()
        return post(
            hook["url"], raw, {"User-Agent": "Vercel/Webhooks", "x-vercel-signature": signature(hook["secret"], raw)}
        )

    def _body(self, item: Json) -> Json:
        about = item["deployment"]
        host = self._sim.base_url.split("://", 1)[-1]
        deployment = {"id": about["id"], "name": about["name"], "url": f"{host}/_site/{about['id']}"}
        payload = {"deployment": deployment | {"meta": about["meta"]}, "project": {"id": about["projectId"]}}
        shown = {key: item[key] for key in ("id", "type", "createdAt")}
        return shown | {"region": "iad1", "payload": payload | {"target": about["target"], "plan": "pro"}}
