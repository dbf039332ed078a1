"""Calls the service as a WSGI server would, without a network."""

import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import app

SAMPLES = {"text": "kept as <b>written & said", "number": 2.5, "integer": 3, "boolean": True, "date": "2030-05-17"}


def sample(collection):
    fields = {field["name"]: SAMPLES[field["type"]] for field in app.API["collections"].get(collection, [])}
    return fields or {"note": SAMPLES["text"]}


def call(service, method, path, body=None, query=""):
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    started = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.input": io.BytesIO(data),
    }
    answer = b"".join(service(environ, lambda status, headers: started.append((int(status[:3]), dict(headers)))))
    status, headers = started[0]
    return status, json.loads(answer) if answer else None, headers


class EndpointTests(unittest.TestCase):
    def check(self, number):
        endpoint = app.API["endpoints"][number]
        service, method, collection = app.Service(app.Store()), endpoint["method"], endpoint["collection"]
        values, ties, others = {}, {}, []
        for parent in endpoint["parents"]:
            above = service.store.add(parent["of"], {**sample(parent["of"]), **ties, parent["key"]: "first"})
            others.append(above["id"])
            values[parent["parameter"]] = ties[parent["field"]] = str(above[parent["key"]])
        record = service.store.add(collection, {**sample(collection), **ties})
        if endpoint["item"]:
            values[endpoint["parameter"]] = str(record[endpoint["key"]])
        path = "/" + "/".join(values.get(part, part) for part in app.parts_of(endpoint["path"]))
        body = sample(collection) if method in ("POST", "PUT", "PATCH") else None
        status, answer, headers = call(service, method, path, body)
        kept = [other for other in service.store.all(collection) if other["id"] not in others]
        self.assertEqual("application/json; charset=utf-8", headers["Content-Type"])
        if method == "GET":
            self.assertEqual((200, record if endpoint["item"] else [record]), (status, answer))
        elif method == "DELETE":
            self.assertEqual((204, None, []), (status, answer, kept))
        elif method == "POST" and not endpoint["item"]:
            self.assertEqual((201, {**body, **ties, "id": record["id"] + 1}), (status, answer))
            self.assertEqual([record, answer], kept)
        else:
            self.assertEqual((200, {**body, **ties, "id": record["id"]}, [answer]), (status, answer, kept))
        if endpoint["item"]:
            values[endpoint["parameter"]] = "nobody"
            path = "/" + "/".join(values.get(part, part) for part in app.parts_of(endpoint["path"]))
            self.assertEqual(404, call(service, method, path, body)[0])

    # ENDPOINTS


class CommandTests(unittest.TestCase):
    def check(self, number):
        command = app.API["commands"][number]
        with tempfile.TemporaryDirectory() as folder:
            data = str(Path(folder, "records.json"))
            names = command["arguments"] or ["text"]
            words = [f"v{at}" for at, _ in enumerate(names)]
            if command["action"] != "add":
                record = app.Store(data).add(command["collection"], {"text": "first"})
                words = [] if command["action"] == "list" else [str(record["id"])]
            out = io.StringIO()
            self.assertEqual(0, app.main(["--data", data, command["verb"], *words], out))
            printed, kept = json.loads(out.getvalue()), app.Store(data).all(command["collection"])
            if command["action"] == "add":
                self.assertEqual([{**dict(zip(names, words)), "id": 1}], [printed])
                self.assertEqual([printed], kept)
            else:
                self.assertEqual([record] if command["action"] == "list" else record, printed)
                self.assertEqual([] if command["action"] == "delete" else [record], kept)

    # COMMANDS


class ServiceTests(unittest.TestCase):
    def test_every_endpoint_and_command_is_tested_once(self):
        for cases, sort in ((EndpointTests, "endpoints"), (CommandTests, "commands")):
            self.assertEqual(len(app.API[sort]), len([name for name in dir(cases) if name.startswith("test_")]))

    def test_an_unknown_path_is_404(self):
        self.assertEqual(404, call(app.Service(app.Store()), "GET", "/there/is/nothing/at/this/path")[0])

    def test_an_unknown_method_is_refused(self):
        for endpoint in app.API["endpoints"]:
            status, _, headers = call(app.Service(app.Store()), "TRACE", endpoint["path"])
            self.assertEqual(405, status)
            self.assertIn(endpoint["method"], headers["Allow"])

    def test_a_body_that_is_not_json_is_refused(self):
        for endpoint in app.API["endpoints"]:
            if endpoint["method"] == "POST" and not endpoint["parents"] and not endpoint["item"]:
                self.assertEqual(400, call(app.Service(app.Store()), "POST", endpoint["path"], b"{")[0])

    def test_a_required_field_must_be_there(self):
        for collection, fields in app.API["collections"].items():
            for field in fields:
                incomplete = {name: value for name, value in sample(collection).items() if name != field["name"]}
                if field["required"]:
                    self.assertRaises(app.Problem, app.checked, collection, incomplete)
                else:
                    self.assertEqual(incomplete, app.checked(collection, incomplete))

    def test_records_survive_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "records.json")
            record = app.Store(path).add("things", {"name": "bell 🔔"})
            self.assertEqual([record], app.Store(path).all("things"))

    def test_numbers_are_not_used_again(self):
        store = app.Store()
        first = store.add("things", {})
        store.remove("things", {first["id"]})
        self.assertNotEqual(first["id"], store.add("things", {})["id"])

    def test_a_list_can_be_narrowed(self):
        self.assertTrue(app.wanted({"name": "Bell"}, {"QUERY_STRING": "name=bell"}))
        self.assertFalse(app.wanted({"name": "Bell"}, {"QUERY_STRING": "name=horn"}))
        self.assertTrue(app.wanted({"name": "Bell"}, {"QUERY_STRING": "q=EL"}))


if __name__ == "__main__":
    unittest.main()
