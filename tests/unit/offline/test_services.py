"""A page that asks for a program gets one: it answers what the page says, and its own suite is green."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.core.page import Page, Span
from tests.unit.offline.pages import block, code, files, page, plan, row, run_suite, table, write

LIBRARY = page(
    "Village library API",
    block("paragraph", "So that the school can look up our books."),
    block("heading_2", "Books"),
    block("bulleted_list_item", "GET /books?author= – all books"),
    block("bulleted_list_item", "POST /books – add a book with title, author and year"),
    block("bulleted_list_item", "GET /books/{isbn} – one book"),
    block("bulleted_list_item", "GET /books/search?q= – look for a word"),
    table(row("Field", "Type", "Required"), row("isbn", "text", "yes"), row("copies", "integer", "no")),
    block("heading_2", "Loans"),
    table(row("Method", "Path"), row("POST", "/books/:isbn/loans"), row("DELETE", "/books/:isbn/loans/:id")),
    block("code", '{"reader": "Anna", "days": 14}', language="json"),
    block("code", 'curl http://localhost:8000/books -d \'{"shelf": "K3"}\'', language="bash"),
)
TOOL = page(
    "A small tool that keeps our seed swap in order",
    block("code", '$ seeds add "Tomato" --from Anna\n$ seeds list\n$ seeds remove 3', language="bash"),
    block("to_do", "No waste"),
)
PLAIN = page("CLI", block("paragraph", "Keep my <b>notes</b>."))
ODD = page(
    "Odd API",
    block("paragraph", "GET /a/{id}/a/{id} and PUT /settings, PATCH /settings, DELETE /a, POST /a/:id, GET /"),
    block("paragraph", "DELETE /a/b/{id} and DELETE /a-b/{id} have one name for two tests"),
    block("paragraph", "PUT /a/<int:id>/b/{id} DELETE /خانه/{کد} fields: id, date (date, required), خانه: number"),
)


@pytest.mark.parametrize("of", [LIBRARY, TOOL, PLAIN, ODD], ids=["http", "command line", "nothing named", "odd paths"])
def test_the_suite_of_a_service_is_green(of: Page, tmp_path: Path) -> None:
    proposal = plan(of)
    assert proposal["artifact"] == "python_service"
    answer = code(of, proposal)
    run_suite(answer, tmp_path)
    wanted = {item["id"] for item in proposal["requirements"]}
    assert {item["requirement"] for item in answer["tests"]} == wanted


def test_endpoints_and_fields_are_those_of_the_page() -> None:
    api = json.loads(files(code(LIBRARY))["api.json"])
    assert [(one["method"], one["path"]) for one in api["endpoints"]] == [
        ("GET", "/books"),
        ("POST", "/books"),
        ("GET", "/books/{isbn}"),
        ("GET", "/books/search"),
        ("POST", "/books/{isbn}/loans"),
        ("DELETE", "/books/{isbn}/loans/{id}"),
    ]
    books = {field["name"]: (field["type"], field["required"]) for field in api["collections"]["books"]}
    assert books == {
        "title": ("text", False),
        "author": ("text", False),
        "year": ("text", False),
        "isbn": ("text", True),
        "copies": ("integer", False),
        "shelf": ("text", False),
    }
    assert [field["name"] for field in api["collections"]["loans"]] == ["reader", "days"]


def test_a_requirement_that_names_an_endpoint_is_tested_by_calling_it() -> None:
    proposal = plan(LIBRARY)
    posting = next(item["id"] for item in proposal["requirements"] if "POST /books " in item["text"])
    tests = [item["test"] for item in code(LIBRARY, proposal)["tests"] if item["requirement"] == posting]
    assert "tests/test_service.py::EndpointTests::test_post_books" in tests


def test_the_documentation_lists_every_endpoint() -> None:
    html = files(code(LIBRARY))["site/index.html"]
    shown = re.findall(r'<code class="method">(\w+)</code></td>\s*<td><code>([^<]+)</code>', html)
    assert ("DELETE", "/books/{isbn}/loans/{id}") in shown
    assert len(shown) == 6


def test_the_running_service_keeps_and_gives_back_records(tmp_path: Path) -> None:
    write(code(LIBRARY), tmp_path)
    command = [sys.executable, "app.py", "--data", "kept.json", "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().rsplit(":", 1)[1])

            def call(method: str, path: str, body: object = None) -> tuple[int, object]:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request(method, path, json.dumps(body) if body is not None else None)
                answer = connection.getresponse()
                data = answer.read()
                connection.close()
                return answer.status, json.loads(data) if data else None

            heidi = {"title": "<script>Heidi</script>", "isbn": "978-3", "copies": 2}
            assert call("POST", "/books", heidi) == (201, {**heidi, "id": 1})
            assert call("GET", "/books/978-3") == (200, {**heidi, "id": 1})
            assert call("GET", "/books/search?q=heidi") == (200, [{**heidi, "id": 1}])
            assert call("GET", "/books?isbn=other") == (200, [])
            assert call("POST", "/books", {"copies": "two"})[0] == 400
            assert call("POST", "/books/unknown/loans", {})[0] == 404
            loan = {"reader": "Anna", "isbn": "978-3", "id": 2}
            assert call("POST", "/books/978-3/loans", {"reader": "Anna"}) == (201, loan)
            assert call("DELETE", "/books/978-3/loans/2") == (204, None)
            assert call("DELETE", "/books/978-3/loans/2")[0] == 404
            assert call("PUT", "/books", {})[0] == 405
        finally:
            server.terminate()
    assert json.loads((tmp_path / "kept.json").read_text())["records"]["books"] == [{**heidi, "id": 1}]


def test_the_tool_of_the_page_works_on_the_command_line(tmp_path: Path) -> None:
    write(code(TOOL), tmp_path)

    def run(*words: str) -> object:
        done = subprocess.run(
            [sys.executable, "app.py", *words], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30
        )
        return json.loads(done.stdout)

    assert run("add", "Tomato", "--from", "Anna") == {"text": "Tomato", "from": "Anna", "id": 1}
    assert run("list") == [{"text": "Tomato", "from": "Anna", "id": 1}]
    assert run("remove", "1") == {"text": "Tomato", "from": "Anna", "id": 1}
    assert run("list") == []


def test_what_the_page_says_never_becomes_program_text() -> None:
    evil = page('API """ + exit(1) #', block("code", (Span('GET /x{{__import__("os")}}\nGET /y"; import os'),)))
    first, second = files(code(evil)), files(code(LIBRARY))
    assert first["app.py"] == second["app.py"]
    suite = first["tests/test_service.py"]
    assert "import os" not in suite
    assert '__import__("os")' not in suite


@pytest.mark.parametrize(
    ("title", "first_line"),
    [
        ("Room booking API", "For the community house."),
        ("Räume", "Eine kleine Schnittstelle für den Verein"),
        ("Semis", "Un outil en ligne de commande pour le jardin"),
        ("کتابخانه", "یک وب‌سرویس برای کتاب‌ها"),
        ("Inventario", "Una herramienta que cuente las sillas"),
        ("Una API", "Un servizio web per il villaggio"),
        ("library api", "for our books"),
        ("Chairs", "I need a small script that counts chairs"),
        ("Учёт", "Утилита командной строки"),
        ("図書", "図書のAPIがほしい"),
    ],
)
def test_pages_in_many_languages_can_ask_for_a_program(title: str, first_line: str) -> None:
    assert plan(page(title, block("paragraph", first_line)))["artifact"] == "python_service"


@pytest.mark.parametrize(
    ("title", "first_line"),
    [
        ("Bike workshop", "Full service 45 €, please bring your own tools"),
        ("School play", "The script is finished, rehearsals on Tuesday"),
        ("Church", "Sunday service at ten"),
        ("Our club", "A page for everybody, no API needed"),
        ("Capital", "The rapid eclipse"),
        ("Links", "See https://api.example.org/cli or write to api@example.org"),
        ("Repair café", "Please bring a small tool that fits your bike"),
        ("Le api del villaggio", "Il miele di questo anno è per la festa, le api sono nel giardino di Anna"),
    ],
)
def test_everyday_words_do_not_ask_for_a_program(title: str, first_line: str) -> None:
    assert plan(page(title, block("paragraph", first_line)))["artifact"] == "static_site"


def test_what_stands_in_brackets_behind_an_address_are_its_fields() -> None:
    said = "GET /bookings\nPOST /bookings (who, day, purpose)\nPOST /rooms (up to 40 people)\nGET /bookings/{id}"
    api = json.loads(files(code(page("Hall", block("paragraph", said))))["api.json"])
    assert [field["name"] for field in api["collections"]["bookings"]] == ["who", "day", "purpose"]
    assert api["collections"]["rooms"] == []
