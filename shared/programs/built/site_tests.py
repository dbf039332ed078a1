"""Checks the site as files: every requirement is there, and nothing reaches out to anybody."""

import json
import re
import unittest
from html.parser import HTMLParser
from pathlib import Path

TESTS = Path(__file__).resolve().parent
SITE = TESTS.parent / "site"
REQUIREMENTS = json.loads((TESTS / "requirements.json").read_text(encoding="utf-8"))
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LOADING = {"src", "srcset", "poster", "data", "background", "action", "formaction", "ping"}


def plain(text):
    return " ".join(text.split())


class Document(HTMLParser):
    """One HTML page: its elements, its text, and the text of each marked element."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.unbalanced, self.headings, self.marked = [], [], [], {}
        self._open = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        self.unbalanced += [tag for tag, _ in self._open]

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        mark = attributes.get("data-req")
        if mark is not None:
            self.marked[mark] = []
        if tag not in VOID:
            self._open.append((tag, mark))

    def handle_endtag(self, tag):
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
        else:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        for _, mark in self._open:
            if mark is not None:
                self.marked[mark].append(data)


DOCUMENTS = {path.name: Document(path) for path in sorted(SITE.glob("*.html"))}


class RequirementTests(unittest.TestCase):
    def check(self, number):
        item = REQUIREMENTS[number]
        marked = DOCUMENTS[item["path"]].marked
        self.assertIn(item["id"], marked)
        self.assertIn(plain(item["text"]), plain("".join(marked[item["id"]])))

    # CASES


class SiteTests(unittest.TestCase):
    def each(self):
        self.assertIn("index.html", DOCUMENTS)
        return DOCUMENTS.values()

    def test_every_requirement_is_tested_once(self):
        cases = [name for name in dir(RequirementTests) if name.startswith("test_")]
        self.assertEqual(len(cases), len(REQUIREMENTS))

    def test_no_scripts(self):
        for document in self.each():
            for tag, attributes in document.elements:
                self.assertNotIn(tag, {"script", "iframe", "object", "embed", "base", "form"})
                self.assertEqual([], [name for name in attributes if name.startswith("on")])

    def test_no_external_resources(self):
        for document in self.each():
            for tag, attributes in document.elements:
                self.assertEqual([], sorted(LOADING & set(attributes)))
                if tag == "link":
                    self.assertEqual("style.css", attributes["href"])
        sheet = (SITE / "style.css").read_text(encoding="utf-8")
        self.assertIsNone(re.search("url[(]|@import", sheet))

    def test_every_internal_link_resolves(self):
        for document in self.each():
            here = {attributes["id"] for _, attributes in document.elements if "id" in attributes}
            for tag, attributes in document.elements:
                href = attributes.get("href") or ""
                if tag == "a" and href.startswith("#"):
                    self.assertIn(href[1:], here)
                elif tag == "a" and not re.match("(?i)(https?|mailto):", href):
                    self.assertIn(href, DOCUMENTS)

    def test_ids_are_unique(self):
        for document in self.each():
            ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
            self.assertEqual(len(ids), len(set(ids)))

    def test_headings_are_in_order(self):
        for document in self.each():
            self.assertEqual([1], [level for level in document.headings if level == 1])
            self.assertEqual(1, document.headings[0])
            for before, after in zip(document.headings, document.headings[1:]):
                self.assertLessEqual(after, before + 1)

    def test_elements_are_balanced(self):
        for document in self.each():
            self.assertEqual([], document.unbalanced)

    def test_readable_on_a_phone(self):
        for document in self.each():
            metas = {
                attributes.get("name"): attributes.get("content")
                for tag, attributes in document.elements
                if tag == "meta"
            }
            self.assertEqual("width=device-width, initial-scale=1", metas["viewport"])

    def test_says_its_language_and_policy(self):
        for document in self.each():
            html = next(attributes for tag, attributes in document.elements if tag == "html")
            self.assertRegex(html["lang"], "^[a-z]{2}$")
            self.assertIn(html["dir"], {"ltr", "rtl"})
            policies = [
                attributes["content"]
                for tag, attributes in document.elements
                if attributes.get("http-equiv") == "Content-Security-Policy"
            ]
            self.assertTrue(policies and policies[0].startswith("default-src 'none'; style-src 'self'"))


if __name__ == "__main__":
    unittest.main()
