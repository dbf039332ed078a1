"""`look = "form"`: a form of the site has a labelled field for each thing that is asked, and goes where it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding
from shared.cli.evaluate.looks.words import plain

_NO_FIELDS = ("hidden", "submit", "button", "reset", "image")
_FIELDS = ("input", "select", "textarea")


@dataclass
class _Form:
    target: str = ""
    labels: list[str] = field(default_factory=list)  # of its fields; "" for one that has none
    can_be_sent: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Each of `fields` lists words of which one stands in the label of a field; `sends_to` is how its target begins."""

    name: str
    fields: tuple[tuple[str, ...], ...]
    sends_to: tuple[str, ...]

    def look(self, made: Made) -> Finding:
        """Look at every form, and say what the best of them lacks."""
        if made.site is None:
            return Finding(self.name, False, "there is no site")
        forms = [form for page in made.site.pages for form in forms_of(page.html)]
        if not forms:
            return Finding(self.name, False, "there is no form")
        problems = min((self._problems(form) for form in forms), key=len)
        return build_finding(self.name, problems, f"{len(self.fields)} things are asked")

    def _problems(self, form: _Form) -> list[str]:
        labels = [plain(label) for label in form.labels]
        found = [
            f"no field for {words[0]!r}" for words in self.fields
            if not any(plain(word) in label for word in words for label in labels)
        ]  # fmt: skip
        found += ["a field has no label"] if "" in labels else []
        found += [] if form.can_be_sent else ["nothing sends it"]
        if self.sends_to and not form.target.startswith(self.sends_to):
            found.append(f"it goes to {form.target or 'the page itself'!r}")
        return found


def forms_of(html: str) -> list[_Form]:
    """Return the forms of a page with the labels of their fields."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.forms()


class _Reader(HTMLParser):
    """Collects forms, fields and labels; a label may stand around its field, or name it."""

    def __init__(self) -> None:
        super().__init__()
        self._forms: list[_Form] = []
        self._fields: list[tuple[_Form, Mapping[str, str], list[str] | None]] = []
        self._by_id: dict[str, list[str]] = {}
        self._label: list[str] | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._forms.append(_Form(given.get("action", "")))
            self._inside = True
        elif tag == "label":
            self._label = self._by_id.setdefault(given["for"], []) if "for" in given else []
        elif self._inside and tag == "button" and given.get("type", "submit") == "submit":
            self._forms[-1].can_be_sent = True
        elif self._inside and tag in _FIELDS:
            self._take(tag, given)

    def _take(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "input" and given.get("type", "text").lower() in _NO_FIELDS:
            self._forms[-1].can_be_sent |= given.get("type", "").lower() in ("submit", "image")
            return
        self._fields.append((self._forms[-1], given, self._label))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "label":
            self._label = None

    def handle_data(self, data: str) -> None:
        if self._label is not None:
            self._label.append(data)

    def forms(self) -> list[_Form]:
        """Return what was collected, once all labels are read."""
        for form, given, around in self._fields:
            named = self._by_id.get(given.get("id", "-"), [])
            form.labels.append(" ".join([*named, *(around or []), given.get("aria-label", "")]).strip())
        return self._forms


def read(name: str, fields: Fields) -> Check:
    return Form(name, fields.choices("fields", required=True), fields.texts("sends_to"))
