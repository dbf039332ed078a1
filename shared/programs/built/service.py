"""A small service that keeps records: over HTTP, and on the command line. What it keeps is described in api.json."""

import argparse
import datetime
import json
import os
import sys
import threading
from pathlib import Path
from urllib.parse import parse_qsl, unquote
from wsgiref.simple_server import make_server

API = json.loads((Path(__file__).resolve().parent / "api.json").read_text(encoding="utf-8"))
MAX_BODY = 1_000_000
REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
}
NOT_FILTERS = {"limit", "offset", "page", "sort"}


class Problem(Exception):
    """An answer other than success."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class Store:
    """Records by collection, in memory and, where a path is given, in a JSON file."""

    def __init__(self, path=None):
        self._path = Path(path) if path else None
        self._lock = threading.RLock()
        self._data = {"next": 1, "records": {}}
        if self._path and self._path.exists():
            self._data = json.loads(self._path.read_text(encoding="utf-8"))

    def all(self, collection):
        with self._lock:
            return [dict(record) for record in self._data["records"].get(collection, [])]

    def add(self, collection, fields):
        with self._lock:
            record = {**fields, "id": self._data["next"]}
            self._data["next"] += 1
            self._data["records"].setdefault(collection, []).append(record)
            self._save()
            return dict(record)

    def replace(self, collection, number, fields):
        with self._lock:
            records = self._data["records"].get(collection, [])
            for at, record in enumerate(records):
                if record["id"] == number:
                    records[at] = {**fields, "id": number}
                    self._save()
                    return dict(records[at])
            raise Problem(404, "there is no such record")

    def remove(self, collection, numbers):
        with self._lock:
            kept = [record for record in self._data["records"].get(collection, []) if record["id"] not in numbers]
            self._data["records"][collection] = kept
            self._save()

    def _save(self):
        if self._path:
            unfinished = self._path.with_name(self._path.name + ".part")
            unfinished.write_text(json.dumps(self._data, ensure_ascii=False, indent=1), encoding="utf-8")
            os.replace(unfinished, self._path)


def checked(collection, fields, partial=False):
    """Return the fields of a record, or say what is wrong with them."""
    if not isinstance(fields, dict):
        raise Problem(400, "the body must be a JSON object")
    for field in API["collections"].get(collection, []):
        name, value = field["name"], fields.get(field["name"])
        if value is None:
            if field["required"] and not (partial and name not in fields):
                raise Problem(400, f"the field {name} is required")
        elif not fits(field["type"], value):
            raise Problem(400, f"the field {name} must be of type {field['type']}")
    return {name: value for name, value in fields.items() if name != "id"}


def fits(kind, value):
    """Return whether a value is of the kind that a field has."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    if kind == "date":
        try:
            return bool(datetime.date.fromisoformat(value))
        except (TypeError, ValueError):
            return False
    return isinstance(value, (str, int, float, bool, list, dict))


def parts_of(path):
    return [unquote(part) for part in path.split("/") if part]


def matching(pattern, parts):
    """Return the parameters of a path that fits the pattern, else None."""
    wanted = parts_of(pattern)
    if len(wanted) != len(parts):
        return None
    found = {}
    for want, part in zip(wanted, parts):
        if want.startswith("{"):
            found[want] = part
        elif want != part:
            return None
    return found


class Service:
    """The WSGI application."""

    def __init__(self, store):
        self.store = store

    def __call__(self, environ, start_response):
        try:
            status, body, headers = self.answer(environ)
        except Problem as problem:
            status, body, headers = problem.status, {"error": problem.message}, []
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8") + b"\n"
        headers = [
            *headers,
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(data))),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response(f"{status} {REASONS[status]}", headers)
        return [data]

    def answer(self, environ):
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        parts, method = [part for part in path.split("/") if part], environ["REQUEST_METHOD"]
        fitting = [
            (endpoint, found)
            for endpoint in API["endpoints"]
            for found in [matching(endpoint["path"], parts)]
            if found is not None
        ]
        if not fitting and not parts and method == "GET":
            return 200, {"title": API["title"], "endpoints": API["endpoints"]}, []
        if not fitting:
            raise Problem(404, "there is nothing at this path")
        fewest = min(len(found) for _, found in fitting)  # words of a path go before parameters
        best = [pair for pair in fitting if len(pair[1]) == fewest]
        for endpoint, found in best:
            if endpoint["method"] == method:
                return self.act(endpoint, found, environ)
        allowed = ", ".join(sorted({endpoint["method"] for endpoint, _ in best}))
        return 405, {"error": "use " + allowed}, [("Allow", allowed)]

    def act(self, endpoint, found, environ):
        method, collection = endpoint["method"], endpoint["collection"]
        parents = self.parents(endpoint, found)
        records = [record for record in self.store.all(collection) if has(record, parents)]
        if endpoint["item"]:
            return self.act_on_item(method, collection, self.chosen(endpoint, found, records), parents, environ)
        if method == "GET":
            return 200, [record for record in records if wanted(record, environ)], []
        if method == "POST":
            return 201, self.store.add(collection, {**checked(collection, body_of(environ)), **parents}), []
        if method == "DELETE":
            self.store.remove(collection, {record["id"] for record in records})
            return 204, None, []
        fields = {**checked(collection, body_of(environ), method == "PATCH"), **parents}
        if not records:
            return 200, self.store.add(collection, fields), []
        kept = records[0] if method == "PATCH" else {}
        return 200, self.store.replace(collection, records[0]["id"], {**kept, **fields}), []

    def act_on_item(self, method, collection, record, parents, environ):
        if method == "GET":
            return 200, record, []
        if method == "DELETE":
            self.store.remove(collection, {record["id"]})
            return 204, None, []
        fields = {**checked(collection, body_of(environ), method != "PUT"), **parents}
        kept = {} if method == "PUT" else record
        return 200, self.store.replace(collection, record["id"], {**kept, **fields}), []

    def parents(self, endpoint, found):
        """Return the fields that tie a record to those above it in the path; each of those must be there."""
        ties = {}
        for parent in endpoint["parents"]:
            value = found[parent["parameter"]]
            ties[parent["field"]] = value
            above = self.store.all(parent["of"]) if parent["kept"] else []
            if parent["kept"] and not any(same(record, parent["key"], value) for record in above):
                raise Problem(404, "there is no such record in " + parent["of"])
        return ties

    def chosen(self, endpoint, found, records):
        value = found[endpoint["parameter"]]
        for record in records:
            if same(record, endpoint["key"], value):
                return record
        raise Problem(404, "there is no such record")


def has(record, fields):
    return all(same(record, name, value) for name, value in fields.items())


def same(record, name, value):
    return str(record.get(name, "")) == value


def wanted(record, environ):
    """Return whether a record fits the query: equal fields, or `q` anywhere."""
    for name, value in parse_qsl(environ.get("QUERY_STRING", "")):
        if name in ("q", "query", "search"):
            if value.casefold() not in json.dumps(list(record.values()), ensure_ascii=False).casefold():
                return False
        elif name not in NOT_FILTERS and str(record.get(name, "")).casefold() != value.casefold():
            return False
    return True


def body_of(environ):
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > MAX_BODY:
        raise Problem(413, "the body is too large")
    try:
        return json.loads(environ["wsgi.input"].read(length) or b"{}")
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None


def run_command(store, command, words, named):
    """Do one command of the page's tool; return what to print."""
    collection, action = command["collection"], command["action"]
    if action == "add":
        names = [name for name in command["arguments"] or ["text"] if name not in named] or ["text"]
        values = [*words[: len(names) - 1], " ".join(words[len(names) - 1 :])]
        fields = {name: value for name, value in zip(names, values) if value}
        return store.add(collection, {**fields, **named})
    records = store.all(collection)
    if action == "list":
        return [record for record in records if all(word.casefold() in json.dumps(record).casefold() for word in words)]
    keys = [key for key in ["id", *command["arguments"]] if key != "text"]
    picked = [record for record in records if words and any(same(record, key, words[0]) for key in keys)]
    if not picked:
        raise Problem(404, "there is no such record")
    if action == "delete":
        store.remove(collection, {picked[0]["id"]})
    return picked[0]


def main(arguments=None, out=sys.stdout):
    parser = argparse.ArgumentParser(description=API["title"].replace("%", "%%"))
    parser.add_argument("--data", default="records.json", help="the file that keeps the records")
    verbs = parser.add_subparsers(dest="verb", required=True)
    if API["endpoints"]:
        serve = verbs.add_parser("serve", help="answer over HTTP")
        serve.add_argument("--host", default="127.0.0.1")
        serve.add_argument("--port", type=int, default=8000)
    for command in API["commands"]:
        parser_of_command = verbs.add_parser(command["verb"], help=command["action"] + " " + command["collection"])
        parser_of_command.add_argument("words", nargs="*", metavar=" ".join(command["arguments"]).upper() or "WORD")
        for name in command["arguments"]:
            if name != "help":
                parser_of_command.add_argument("--" + name.replace("_", "-"), dest="field_" + name)
    given = parser.parse_args(arguments)
    store = Store(given.data)
    if given.verb == "serve" and API["endpoints"]:
        with make_server(given.host, given.port, Service(store)) as server:
            print("Listening on http://{}:{}".format(*server.server_address), file=out, flush=True)
            server.serve_forever()
    command = next(command for command in API["commands"] if command["verb"] == given.verb)
    named = {name[6:]: value for name, value in vars(given).items() if name.startswith("field_") and value}
    try:
        result = run_command(store, command, given.words, named)
    except Problem as problem:
        print(problem.message, file=sys.stderr)
        return 1
    print(json.dumps(result, ensure_ascii=False, indent=1), file=out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
