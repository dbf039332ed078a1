"""Webhooks: kept in the state until they are delivered, each once, signed with HMAC-SHA1 as Vercel signs them.

Account webhooks need a paid plan. `POST /_deliver` sends what waits; `POST /_redeliver` sends all again, ids unchanged.
"""

import hashlib
import hmac
import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests
from werkzeug.wrappers import Response

from shared.sim._server import json_response
from shared.sim.vercel.checks import Refused, json_body

if TYPE_CHECKING:
    from shared.sim.vercel.call import VercelCall
    from shared.sim.vercel.simulator import VercelSimulator

Json = dict[str, Any]
EVENTS = frozenset(
    f"deployment.{each}"
    for each in ("created", "ready", "succeeded", "error", "canceled", "blocked", "promoted", "rollback")
)
_SENT = 200  # deliveries that can be sent again
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


def listed(call: "VercelCall") -> Response:
    """Answer `GET /v1/webhooks`, without secrets."""
    mine = [one for one in call.state["webhooks"].values() if one["ownerId"] == call.caller["account"]]
    return json_response([{key: value for key, value in one.items() if key != "secret"} for one in mine])


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


class Webhooks:
    """Sends what waits in the state's outbox."""

    def __init__(self, sim: "VercelSimulator") -> None:
        self._sim = sim
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver in the background."""
        self._thread = threading.Thread(target=self._run, name="vercel-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery under way."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_S):
            if self._sim.state["webhooks"]:
                self.deliver()

    def deliver(self) -> int:
        """Let time have passed, and deliver all that waits; return how many deliveries were taken."""
        with self._sim.lock:
            self._sim.catch_up()
            waiting = list(self._sim.state["outbox"])
        taken = sum(self._post(item) for item in waiting)
        if waiting:
            gone = {item["id"] for item in waiting}
            with self._sim.lock:
                state = self._sim.state
                state["outbox"] = [each for each in state["outbox"] if each["id"] not in gone]
                state["sent"] = [*state["sent"], *waiting][-_SENT:]
                self._sim.touch()
                self._sim.catch_up()
        return taken

    def again(self) -> int:
        """Deliver everything once more; the ids stay the same."""
        with self._sim.lock:
            sent = list(self._sim.state["sent"])
        return sum(self._post(item) for item in sent)

    def _post(self, item: Json) -> bool:
        hook = self._sim.state["webhooks"].get(item["hook"])
        if hook is None:
            return False
        raw = json.dumps(self._body(item), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "Vercel/Webhooks"}
        headers["x-vercel-signature"] = signature(hook["secret"], raw)
        with suppress(requests.RequestException):
            return requests.post(hook["url"], data=raw, headers=headers, timeout=10, allow_redirects=False).ok
        return False

    def _body(self, item: Json) -> Json:
        about = item["deployment"]
        host = self._sim.base_url.split("://", 1)[-1]
        deployment = {"id": about["id"], "name": about["name"], "url": f"{host}/_site/{about['id']}"}
        payload = {"deployment": deployment | {"meta": about["meta"]}, "project": {"id": about["projectId"]}}
        shown = {key: item[key] for key in ("id", "type", "createdAt")}
        return shown | {"region": "iad1", "payload": payload | {"target": about["target"], "plan": "pro"}}
