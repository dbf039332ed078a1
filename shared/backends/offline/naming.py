"""Names for files, branches and projects, made from what people write in any script."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_CYRILLIC = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ", [
    *"abvgdee", "zh", *"ziyklmnoprstuf", "kh", "ts", "ch", "sh", "shch",
    "", "y", "", "e", "yu", "ya", "i", "yi", "ye", "g",
], strict=True))  # fmt: skip
_GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", [
    *"avgdezi", "th", *"iklmn", "x", *"oprssty", "f", "ch", "ps", "o",
], strict=True))  # fmt: skip
_OTHER = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th", "ı": "i"}
_LETTERS = _CYRILLIC | _GREEK | _OTHER


def slug(text: str, *, limit: int = 48) -> str:
    """Return lower-case ASCII words joined by hyphens; empty when the script has no letters we can write so."""
    spelled = "".join(_spell(char) for char in unicodedata.normalize("NFC", text).lower())
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode("ascii")
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word[:limit]
        if len(longer) > limit:
            break
        name = longer
    return name


def _spell(char: str) -> str:
    base = unicodedata.normalize("NFD", char)[0]  # of an accented Greek vowel
    return _LETTERS.get(char) or _LETTERS.get(base) or char


def project_name(title: str, page_id: str, project: str) -> str:
    """Return the slug of the title, or one of the project and the page's own id where the title has none."""
    name = slug(title)
    if len(name) >= 2:
        return name
    mark = hashlib.sha256(f"{page_id}\n{title}".encode("utf-8", "replace")).hexdigest()[:6]
    return f"{slug(project, limit=40) or 'page'}-{mark}"


class Unique:
    """Hands out names that differ from every one before."""

    def __init__(self, *taken: str, joint: str = "-") -> None:
        self._taken = set(taken)
        self._joint = joint

    def name(self, wanted: str) -> str:
        """Return the wanted name, with a number where it is taken."""
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}{self._joint}{number}", number + 1
        self._taken.add(name)
        return name
