"""The calls on objects: insert, list, read, rewrite, delete; each whole or not at all."""

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response
from shared.local.simulators.cloud_storage.checks import (
    Refused,
    check_conditions,
    check_name,
    check_query,
    check_resource,
    split_related,
    whole_number,
)

if TYPE_CHECKING:
    from shared.local.simulators.cloud_storage.simulator import CloudStorageSimulator

Json = dict[str, Any]
PAGE = 1000


class ObjectCalls:
    """One call on one bucket."""

    def __init__(self, sim: "CloudStorageSimulator", request: Request, bucket: str) -> None:
        self.sim = sim
        self.request = request
        self.bucket = bucket
        if bucket not in sim.state["buckets"]:
            raise Refused(404, "notFound", "The specified bucket does not exist.")

    def must(self, permission: str) -> None:
        """Refuse a token without the permission; source: cloud.google.com/storage/docs, "IAM permissions"."""
        given = self.sim.state["buckets"][self.bucket].get("permissions")
        if given is not None and permission not in given:
            where = "bucket" if permission.startswith("storage.buckets") else "object"
            words = f"The caller does not have {permission} access to the Google Cloud Storage {where}."
            raise Refused(
                403, "forbidden", f"{words} Permission '{permission}' denied on resource (or it may not exist)."
            )

    def test_permissions(self) -> Response:
        """Answer `GET /storage/v1/b/{bucket}/iam/testPermissions`: those that were asked for and are there."""
        check_query(self.request, "permissions")
        given = self.sim.state["buckets"][self.bucket].get("permissions")
        asked = self.request.args.getlist("permissions")
        found = [each for each in asked if given is None or each in given]
        answer: Json = {"kind": "storage#testIamPermissionsResponse"}
        return json_response(answer | ({"permissions": found} if found else {}))

    def show_bucket(self) -> Response:
        """Answer `GET /storage/v1/b/{bucket}`."""
        check_query(self.request, "bucket")
        self.must("storage.buckets.get")
        record = self.sim.state["buckets"][self.bucket]
        found: Json = {
            "kind": "storage#bucket",
            "id": self.bucket,
            "name": self.bucket,
            "selfLink": f"{self.sim.base_url}/storage/v1/b/{self.bucket}",
            "metageneration": "1",
            "location": "EU",
            "storageClass": "STANDARD",
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "inherited"},
        }
        if record.get("prevented"):
            found["iamConfiguration"] = {**found["iamConfiguration"], "publicAccessPrevention": "enforced"}
        return json_response(found | ({"website": record["website"]} if record["website"] else {}))

    def insert(self) -> Response:
        """Answer `POST /upload/storage/v1/b/{bucket}/o`: the object is there whole, or as it was before."""
        given = check_query(self.request, "insert")
        self.must("storage.objects.create")
        if given.get("uploadType") == "media":
            resource: Json = {"name": given.get("name")}
            kind = self.request.headers.get("Content-Type") or "application/octet-stream"
            content = self.request.get_data()
        elif given.get("uploadType") == "multipart":
            resource, kind, content = split_related(self.request)
        else:
            raise Refused(400, "invalid", "uploadType must be media or multipart here")
        name = check_name(given.get("name") or resource.get("name"))
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        if resource.get("md5Hash", digest) != digest:
            raise Refused(400, "invalid", f"Provided MD5 hash doesn't match calculated MD5 hash “{digest}”.")
        self._expect(name, given)
        written: Json = {
            key: resource[key] for key in ("cacheControl", "metadata", "contentDisposition") if key in resource
        }
        key = hashlib.sha256(content).hexdigest()
        self.sim.keep_bytes(key, content)
        record: Json = {"bytes": key, "size": len(content), "md5Hash": digest, **written}
        record["contentType"] = resource.get("contentType") or kind
        return json_response(self._shape(self._put(name, record)))

    def rewrite(self, source: str, target_bucket: str, target: str) -> Response:
        """Answer `POST …/o/{source}/rewriteTo/b/{bucket}/o/{target}`: small objects are done in one call."""
        given = check_query(self.request, "rewrite")
        name = check_name(target)
        if target_bucket != self.bucket:
            raise Refused(403, "forbidden", "There is no access to the destination bucket.")
        found = self._find_object(source)
        wanted = whole_number(given, "ifSourceGenerationMatch")
        if wanted is not None and wanted != found["generation"]:
            raise Refused(412, "conditionNotMet", "The source's generation is another.", location="If-Match")
        self._expect(name, given)
        changes = self._json()
        record: Json = {key: value for key, value in found.items() if key not in ("generation", "created", "name")}
        record.update({key: changes[key] for key in ("contentType", "cacheControl", "metadata") if key in changes})
        made = self._put(name, record)
        size = str(made["size"])
        answer = {"kind": "storage#rewriteResponse", "totalBytesRewritten": size, "objectSize": size, "done": True}
        return json_response(answer | {"resource": self._shape(made)})

    def list_objects(self) -> Response:
        """Answer `GET /storage/v1/b/{bucket}/o`: by name, a page at a time; strongly consistent."""
        given = check_query(self.request, "list")
        self.must("storage.objects.list")
        if "delimiter" in given or "versions" in given or "matchGlob" in given:
            raise Refused(400, "invalid", "not simulated: delimiter, versions, matchGlob")
        prefix, after = given.get("prefix", ""), given.get("pageToken", "")
        limit = min(whole_number(given, "maxResults") or PAGE, PAGE)
        names = sorted(
            record["name"]
            for record in self.sim.state["objects"].scan()
            if record["bucket"] == self.bucket and record["name"].startswith(prefix) and record["name"] > after
        )
        items = [self._shape(self._find_object(name)) for name in names[:limit]]
        answer: Json = {"kind": "storage#objects"} | ({"items": items} if items else {})
        return json_response(answer | ({"nextPageToken": names[limit - 1]} if len(names) > limit else {}))

    def get(self, name: str) -> Response:
        """Answer `GET …/o/{object}`: its resource, or with `alt=media` its content."""
        given = check_query(self.request, "get")
        self.must("storage.objects.get")
        found = self._find_object(name)
        if whole_number(given, "generation") not in (None, found["generation"]):
            raise Refused(404, "notFound", f"No such object: {self.bucket}/{name}")
        check_conditions(given, found["generation"], 1, reading=True)
        if given.get("alt") != "media":
            return json_response(self._shape(found))
        headers = {"X-Goog-Generation": str(found["generation"]), "X-Goog-Hash": f"md5={found['md5Hash']}"}
        return Response(self.sim.read_bytes(found["bytes"]), headers=headers, content_type=found["contentType"])

    def delete(self, name: str) -> Response:
        """Answer `DELETE …/o/{object}`."""
        given = check_query(self.request, "delete")
        self.must("storage.objects.delete")
        self._find_object(name)
        self._expect(name, given)
        self.sim.state["objects"].pop(self.sim.key(self.bucket, name))
        self.sim.effect("object.delete", bucket=self.bucket, name=name)
        return Response(status=204)

    def _find_object(self, name: str) -> Json:
        record: Json | None = self.sim.state["objects"].get(self.sim.key(self.bucket, name))
        if record is None:
            raise Refused(404, "notFound", f"No such object: {self.bucket}/{name}")
        return record

    def _expect(self, name: str, given: Json) -> None:
        """Hold the write against the object as it is, and against how often one object may be written."""
        record = self.sim.state["objects"].get(self.sim.key(self.bucket, name))
        check_conditions(given, record["generation"] if record else 0, 1 if record else 0)
        gap, last = float(self.sim.state["config"]["object_write_gap_s"]), self.sim.written.get((self.bucket, name))
        if gap and last is not None and self.sim.now().timestamp() - last < gap:
            message = f"The object {self.bucket}/{name} exceeded the rate limit for object mutation operations."
            raise Refused(429, "rateLimitExceeded", message, domain="usageLimits")
        self.sim.written[self.bucket, name] = self.sim.now().timestamp()

    def _put(self, name: str, record: Json) -> Json:
        made: Json = {"bucket": self.bucket, "name": name, "created": self.sim.now().isoformat(), **record}
        made["generation"] = self.sim.next_generation()
        self.sim.state["objects"][self.sim.key(self.bucket, name)] = made
        self.sim.effect("object.write", bucket=self.bucket, name=name)
        return made

    def _json(self) -> Json:
        raw = self.request.get_data()
        if not raw:
            return {}
        try:
            return check_resource(json.loads(raw))
        except ValueError as broken:
            raise Refused(400, "parseError", "Parse Error") from broken

    def _shape(self, record: Json) -> Json:
        """Return an object's resource as it is answered: numbers are text."""
        generation = str(record["generation"])
        own: Json = {key: record[key] for key in ("cacheControl", "metadata", "contentDisposition") if key in record}
        return {
            "kind": "storage#object",
            "id": f"{record['bucket']}/{record['name']}/{generation}",
            "name": record["name"],
            "bucket": record["bucket"],
            "generation": generation,
            "metageneration": "1",
            "contentType": record["contentType"],
            "storageClass": "STANDARD",
            "size": str(record["size"]),
            "md5Hash": record["md5Hash"],
            "etag": base64.b64encode(generation.encode()).decode(),
            "timeCreated": record["created"],
            "updated": record["created"],
            **own,
        }
