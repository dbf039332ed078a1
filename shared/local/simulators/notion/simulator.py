"""The Notion simulator over HTTP: the gate (version, token, budget), the routes, faults shaped like Notion's."""

import re
import uuid
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from shared.local.simulators._change_log import Table
from shared.local.simulators._server import Simulator, json_response
from shared.local.simulators.notion import control, jobs, later, oauth
from shared.local.simulators.notion.calls import NEW, Call, Cursors
from shared.local.simulators.notion.content import (
    signed_files,
)
from shared.local.simulators.notion.gate import Gate, version_of
from shared.local.simulators.notion.refusals import FAULT_CODES, ApiError
from shared.local.simulators.notion.routes import GRANTS, ROUTES
from shared.local.simulators.notion.shown import people
from shared.local.simulators.notion.webhooks import Webhooks
from shared.local.simulators.notion.world import Caller, Nodes, World

Json = dict[str, Any]
_PERSON = "notion.person"  # key in the WSGI environment of a call made by a person


class NotionSimulator(Simulator):
    """Notion's REST API, OAuth and webhooks over a state that survives the process."""

    name = "notion"

    def __init__(self, data: Path | None = None) -> None:
        super().__init__(data)
        self.state["nodes"].link_rows()
        self.state["config"] = {**control.CONFIG, **self.state["config"]}
        self.world = World(self)
        self.webhooks = Webhooks(self.world, self._save_now, self.catch_up)
        self.world.announce = self.webhooks.announce
        self.world.announce_for = self.webhooks.announce_for
        self.world.render_file = lambda value: signed_files.render_named(self.world, value)
        self._cursors = Cursors()
        self._gate = Gate(self.world)

    def fresh_state(self) -> Json:
        """Return a Notion without a workspace."""
        tables = [
            "workspaces",
            "people",
            "connections",
            "bots",
            "tokens",
            "codes",
            "comments",
            "subscriptions",
            "uploads",
            "emojis",
            "jobs",
            "tasks",
            "templates",
            "views",
            "view_queries",
            "pending",
            "deliveries",
        ]
        return {"counter": 0, "delivered": 0, "config": {}, "nodes": Nodes(), **{table: Table() for table in tables}}

    def start(self) -> None:
        """Start delivering webhooks."""
        self.webhooks.start()

    def stop(self) -> None:
        """Stop delivering webhooks."""
        self.webhooks.stop()

    def _save_now(self) -> None:
        with self.lock:
            self.save_now()

    def catch_up(self) -> float | None:
        """Do the work whose time has come; return when more is due, on the simulator's clock."""
        with self.lock:
            for job in jobs.take_due(self.world):
                self._do(job)
            return jobs.next_at(self.world)

    def clock_moved(self) -> None:
        """Let deliveries and put-off work notice."""
        self.catch_up()
        self.webhooks.wake()

    def _do(self, job: Json) -> None:
        """Do one piece of put-off work; what it changes is a journal entry of its own."""
        before, effects = getattr(self._current, "effects", None), list[Json]()
        self._current.effects = effects
        later.do(self.world, job, self._perform)
        self._current.effects = before
        self.touch()
        if effects:
            self.write_down(
                {"method": "LATER", "path": job["kind"], "query": "", "status": 0, "effects": effects, "ms": 0}
            )

    def answer(self, request: Request) -> Response:
        """Answer one call of the API, or one page for people."""
        self._current.committed = {}
        self.catch_up()
        request_id = str(uuid.uuid4())
        try:
            if request.path == "/v1/oauth/authorize":
                return oauth.authorize(self.world, request)
            response = self._api(request)
        except oauth.GrantError as refusal:
            response = self._grant_refused(refusal, request_id)
        except ApiError as refusal:
            headers = {}
            if refusal.status == 429 and refusal.additional:
                headers["Retry-After"] = str(refusal.additional["retry_after"])
            response = json_response(refusal.body(request_id), refusal.status, headers)
        self._current.answered = response
        return self._stamp_response(response, request_id)

    @staticmethod
    def _stamp_response(response: Response, request_id: str) -> Response:
        response.headers["x-notion-request-id"] = request_id
        response.headers["cf-ray"] = request_id.replace("-", "")[:16] + "-SIM"
        return response

    def _grant_refused(self, refusal: oauth.GrantError, request_id: str) -> Response:
        if self.state["config"]["oauth_error_style"] == "rfc6749":
            body: Json = {"error": refusal.code, "error_description": refusal.message}
        else:
            body = refusal.body(request_id)
        return json_response(body, refusal.status)

    def _api(self, request: Request) -> Response:
        grant = GRANTS.get((request.method, request.path))
        person = request.environ.get(_PERSON)
        version = NEW if person else version_of(request)
        if grant is not None:
            return grant(self.world, request)
        caller = self._person(person) if person else self._gate.bot(request)
        call = Call(self.world, request, caller, version, self._cursors)
        answer = self._route_call(call)
        self._current.committed = call.committed
        return json_response({**answer, "request_id": str(uuid.uuid4())}, call.status)

    def _route_call(self, call: Call) -> Json:
        for method, pattern, handler, capability in ROUTES:
            found = re.fullmatch(pattern, call.request.path) if method == call.request.method else None
            if found:
                self._gate.allow(call.caller, capability)
                return handler(call, *found.groups())
        raise ApiError(400, "invalid_request_url", "Invalid request URL.")

    def _perform(self, task: Json) -> Json:
        """Make a call that was put off; return its answer, or the error as the task shows it."""
        environ = EnvironBuilder(path=task["path"], method=task["method"], json=task["body"]).get_environ()
        environ["notion.put_off"] = True
        bot = self.state["bots"].get(task["by"]["id"])
        caller = Caller(task["by"]["id"], task["by"]["type"], task["workspace_id"], bot)
        try:
            return self._route_call(Call(self.world, Request(environ), caller, task["version"], self._cursors))
        except ApiError as refusal:
            return refusal.body(str(uuid.uuid4()))

    def _person(self, person_id: str) -> Caller:
        return Caller(person_id, "person", self.state["people"][person_id]["workspace_id"])

    def _matching_fault(self, request: Request) -> Json | None:
        if request.environ.get(_PERSON) or not request.path.startswith("/v1/"):
            return None  # orders hit the API's clients, never people
        return super()._matching_fault(request)

    def _respond(self, request: Request, fault: Json | None) -> Response:
        self._current.fault = fault
        self._current.answered = None
        if fault is not None and "grant" in fault:
            control.grant(
                self.world, fault["grant"], fault
            )  # the world changes in the middle of a job; the answer shows it
        return super()._respond(request, fault)

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault as Notion does for this status."""
        fault: Json = self._current.fault or {}
        answered: Response | None = self._current.answered
        if answered is not None and answered.status_code >= 400:
            return answered  # nothing was committed, so there is no commit to be silent about
        request_id = str(uuid.uuid4())
        if body is not None:
            return self._stamp_response(json_response(body, status, headers), request_id)
        if status == 502:
            page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
            ray = {"cf-ray": request_id.replace("-", "")[:16] + "-SIM"}
            return Response(page, status=502, headers={**headers, **ray}, content_type="text/html")
        error = ApiError(status, FAULT_CODES.get(status, "internal_server_error"), f"Ordered fault {status}.")
        if status == 429:
            headers.setdefault("Retry-After", "1")
            reason = fault.get("reason", "public_api_request_rate_limit")
            error.additional = {"rate_limit_reason": reason, "retry_after": headers["Retry-After"]}
        if status == 529:
            headers.setdefault("Retry-After", "1")
        if status == 403 and "block_limit" in fault:
            error.additional = {"block_limit": fault["block_limit"]}
        if status == 503 and fault.get("when") == "after" and fault.get("committed"):
            error = self._answer_503()
        return self._stamp_response(json_response(error.body(request_id), status, headers), request_id)

    def _answer_503(self) -> ApiError:
        additional: Json = {
            "elapsed_ms": "55012",
            "deadline_ms": "55000",
            "retry_guidance": ["Read the object again to see the change.", "Do not send this request again."],
            **self._current.committed,
        }
        return ApiError(503, "service_unavailable", "The change was saved, but the answer took too long.", additional)

    def beside(self, request: Request) -> Response | None:
        """Answer people's pages, and the controls that wait for others and so must not hold the lock."""
        if (request.method, request.path) == ("POST", "/_subscriptions"):
            body = request.get_json()
            if body["client_id"] not in self.state["connections"]:
                return json_response({"error": f"no such connection: {body['client_id']}"}, 404)
            made = self.webhooks.subscriptions.subscribe(
                body["url"], body["client_id"], body.get("event_types"), body.get("api_version", NEW)
            )
            return json_response(made, 201)
        again = re.fullmatch(r"/_subscriptions/([^/]+)/(resend|rotate)", request.path)
        if again and request.method == "POST" and again[1] in self.state["subscriptions"]:
            return json_response(self.webhooks.subscriptions.again(again[1], rotate=again[2] == "rotate"))
        if request.method == "GET" and request.path.startswith("/files/"):
            return signed_files.serve(self.world, request)
        if (request.method, request.path) == ("POST", "/_as_person"):
            return self._as_person(request.get_json())
        if request.path.startswith(("/v1/", "/_")):
            return None
        with self.lock:
            return people.answer(self, request)

    def _as_person(self, body: Json) -> Response:
        person = control.person_of(self.world, body["person"])
        if person is None:
            return json_response({"error": f"no such person: {body['person']}"}, 404)
        return self.as_person(person["id"], body["method"], body["path"], body.get("body"))

    def as_person(self, person_id: str, method: str, path: str, body: Any = None) -> Response:
        """Make an API-shaped call as a person in the app; it is journaled like any other."""
        environ = EnvironBuilder(path=path, method=method, json=body).get_environ()
        environ[_PERSON] = person_id
        return self._respond_and_journal(Request(environ), environ)

    def control(self, request: Request) -> Response | None:
        """Answer this simulator's own control endpoints."""
        parts = request.path.strip("/").split("/")
        try:
            match request.method, parts:
                case "POST", ["_seed"]:
                    return json_response(control.seed(self.world, request.get_json()))
                case "POST", ["_config"]:
                    return json_response(control.configure(self.world, request.get_json()))
                case "GET", ["_config"]:
                    return json_response(self.state["config"])
                case "POST", ["_grant", verb]:
                    return json_response(control.grant(self.world, verb, request.get_json()))
                case "POST", ["_resolve"]:
                    return json_response(control.resolve(self.world, request.get_json()))
                case "POST", ["_announce"]:
                    return json_response(control.announce(self.world, request.get_json()))
                case "POST", ["_emojis"]:
                    return json_response(control.emoji(self.world, request.get_json()), 201)
                case "POST", ["_templates"]:
                    return json_response(control.template(self.world, request.get_json()), 201)
                case "GET", ["_subscriptions"]:
                    return json_response(list(self.state["subscriptions"].scan()))
                case "POST", ["_subscriptions", key, "verify"]:
                    verified = self.webhooks.subscriptions.verify(key, request.get_json()["verification_token"])
                    return json_response(verified or {"error": "wrong token"}, 200 if verified else 400)
                case "POST", ["_subscriptions", key, "move"]:
                    return json_response(self.webhooks.subscriptions.move(key, request.get_json()["url"]))
                case "GET", ["_deliveries"]:
                    return json_response(list(self.state["deliveries"].scan()))
                case "GET", ["_pending"]:
                    return json_response(list(self.state["pending"].scan()))
        except (KeyError, HTTPException) as problem:
            return json_response({"error": str(problem)}, 400)
        return None
