"""The simulated Cloud Storage: who calls, which call it is, the state, and what is served to everybody."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from shared.local.simulators._change_log import Table
from shared.local.simulators._server import Simulator, json_response
from shared.local.simulators.cloud_storage import site
from shared.local.simulators.cloud_storage.checks import Refused
from shared.local.simulators.cloud_storage.objects import ObjectCalls

Json = dict[str, Any]
_API = ("/storage/", "/upload/", "/download/", "/batch/", "/_")
_REWRITE = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)/rewriteTo/b/([^/]+)/o/([^/]+)")
_OBJECT = re.compile(r"(?:/download)?/storage/v1/b/([^/]+)/o/([^/]+)")
_OBJECTS = re.compile(r"/storage/v1/b/([^/]+)/o")
_UPLOAD = re.compile(r"/upload/storage/v1/b/([^/]+)/o")
_PERMISSIONS = re.compile(r"/storage/v1/b/([^/]+)/iam/testPermissions")
_BUCKET = re.compile(r"/storage/v1/b/([^/]+)")
_REASONS = {401: "authError", 403: "forbidden", 404: "notFound", 412: "conditionNotMet", 429: "rateLimitExceeded"}


class CloudStorageSimulator(Simulator):
    """Buckets, whose objects are read by everybody below the prefixes that are public, and written with a token."""

    name = "cloud_storage"

    def __init__(self, data: Path | None = None) -> None:
        self.written: dict[tuple[str, str], float] = {}
        super().__init__(data)

    def fresh_state(self) -> Json:
        """Return a Cloud Storage without buckets."""
        config = {"object_write_gap_s": 0}  # Google allows about one write per second and object
        return {"last_generation": 0, "tokens": [], "buckets": {}, "objects": Table(), "config": config}

    @staticmethod
    def key(bucket: str, name: str) -> str:
        """Return where an object is kept."""
        return f"{bucket}/{name}"

    def next_generation(self) -> int:
        """Return a number above all before: microseconds, as Google's are."""
        now = int(self.now().timestamp() * 1_000_000)
        self.state["last_generation"] = max(now, self.state["last_generation"] + 1)
        return int(self.state["last_generation"])

    def beside(self, request: Request) -> Response | None:
        """Serve what is public: `/{bucket}/{object}`, and `/_website/{bucket}/{path}` as a domain would."""
        path = request.path
        as_website = path.startswith("/_website/")
        if path.startswith(_API) and not as_website:
            return None
        fault = self._matching_fault(request)
        if fault is not None and "status" in fault:
            return Response(str(fault.get("html", "ordered fault")), int(fault["status"]), content_type="text/html")
        bucket, _, name = path.removeprefix("/_website/").lstrip("/").partition("/")
        with self.lock:
            known = self.state["buckets"].get(bucket)

            def find(wanted: str) -> Json | None:
                record: Json | None = self.state["objects"].get(self.key(bucket, wanted))
                return dict(record) if record else None

            serve = site.website if as_website else site.plain
            return serve(request, known, name, find, self.read_bytes)

    def answer(self, request: Request) -> Response:
        """Check who calls, and find the call."""
        try:
            self._check_caller(request)
            response = self._call(request)
        except Refused as refused:
            response = json_response(refused.body, refused.status)
        return response

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault."""
        reason = _REASONS.get(status, "backendError")
        return json_response(body if body is not None else Refused(status, reason, "Ordered.").body, status, headers)

    def _check_caller(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            message = "Anonymous caller does not have the required access to the Google Cloud Storage bucket."
            raise Refused(401, "required", message, location="Authorization")
        if token.strip() not in self.state["tokens"]:
            raise Refused(401, "authError", "Invalid Credentials", location="Authorization")

    def _call(self, request: Request) -> Response:
        raw = str(request.environ.get("RAW_URI") or request.full_path).partition("?")[0]
        path = raw if raw.startswith("/") else "/" + raw.partition("://")[2].partition("/")[2]
        method = request.method
        if (found := _REWRITE.fullmatch(path)) and method == "POST":
            bucket, source, target_bucket, target = map(unquote, found.groups())
            return ObjectCalls(self, request, bucket).rewrite(source, target_bucket, target)
        if (found := _UPLOAD.fullmatch(path)) and method == "POST":
            return ObjectCalls(self, request, unquote(found.group(1))).insert()
        if (found := _OBJECTS.fullmatch(path)) and method == "GET":
            return ObjectCalls(self, request, unquote(found.group(1))).list_objects()
        if (found := _OBJECT.fullmatch(path)) and method in ("GET", "DELETE"):
            calls = ObjectCalls(self, request, unquote(found.group(1)))
            name = unquote(found.group(2))
            return calls.get(name) if method == "GET" else calls.delete(name)
        if (found := _PERMISSIONS.fullmatch(path)) and method == "GET":
            return ObjectCalls(self, request, unquote(found.group(1))).test_permissions()
        if (found := _BUCKET.fullmatch(path)) and method == "GET":
            return ObjectCalls(self, request, unquote(found.group(1))).show_bucket()
        raise Refused(404, "notFound", "Not Found")

    def control(self, request: Request) -> Response | None:
        """`POST /_seed` makes a bucket and a token for it; `POST /_config` sets how often one object may be written."""
        if request.method != "POST":
            return None
        order = request.get_json()
        if request.path == "/_seed":
            self.state["tokens"] = sorted({*self.state["tokens"], order["token"]})
            website, public = order.get("website"), list(order.get("public", ()))
            made = {"website": website, "public": public, "prevented": bool(order.get("prevented"))}
            self.state["buckets"][order["bucket"]] = made | {"permissions": order.get("permissions")}
            return self.configure({})
        return self.configure(order) if request.path == "/_config" else None
