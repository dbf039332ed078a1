"""What a secret looks like by itself: chance, a password that a person chose, or a word that only stands for one."""

from __future__ import annotations

import math
import re
from collections import Counter
from html import unescape

from shared.core.secrets.secret_rules import HARMLESS

_MIN_ENTROPY = 3.0  # bits per character of a key: words of a language are below, when they are long
_MIN_KEY, _MIN_PASSWORD = 12, 6
_MIN_RANDOM, _MIN_ONE_CASE = 16, 20
_MAX_RANDOM = 300  # characters: what is longer is data, like a picture or a certificate
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_MIN_MIXED, _MIN_NO_DIGIT, _MIN_ONE = 0.3, 0.36, 0.2
"""Pieces per character: of 4,000 random ones of 20 letters or more all but 1 % have more, and names seldom do."""

_HEX = re.compile(r"(?:[0-9a-f]{32,128}|[0-9A-F]{32,128})")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-")
_WORDS = re.compile(r"(?:[A-Za-z]{2,}[0-9]{0,4}|[A-Za-z]|v?[0-9]{1,4})(?:[-_./:][A-Za-z]*[0-9]{0,4})*")
_STANDS = re.compile(
    r"(?i)^pk_(?:live|test)_|example|your|replace|placeholder|changeme|change[-_]me|redacted|insert|dummy|[x*.•…]{6}|(?:fake|sample|todo)[-_]|"
    r"[-_]here$|<[\w -]+>|0123456789abcdef|abcdefghijklmnop|^(.)\1{7,}$|(.)\2{9,}"
)
_DOCUMENTED = re.compile(  # pieces of the examples that vendors and standards print
    r"IOSFODNN7|wJalrXUtn|4eC39HqLyjWD|BQokikJOvBiI|SflKxwRJSMeK|eyJzdWIiOiIxMjM0NTY3ODkw|16C7e42F292c|Eby8vdM02xNO|"
    r"QWxhZGRpbjpvcGVu|dXNlcjpwYXNz|2YotnFZFEjr1|tGzv3JOkF0XG|mF_9\.B5f-4|czZCaGRSa3F0|ABC-DEF1234|not-a-real|SyDaGmWKa4Js"
)
_FIREBASE, _SETTINGS = re.compile(r"firebaseapp\.com|messagingSenderId"), 400
_SIGN = re.compile(r"[!#$%&*?+^~§€£@]")
_NO_PASSWORD = re.compile(
    r"[(){}\[\]<>|;=\\]|::|//|\$[A-Za-z_{(]|%[sd(]|&\w+;|^[@#&*+-]|^\W?v?\d+[.:]\d|^\d{4}-\d\d|\w@[\^~]?v?\d+\.|^[\w.+-]+@[\w-]+\.[\w.-]+$|^(?:C#|C\+\+)"
)
_ALGORITHM = re.compile(r"(?i)sha-?\d|argon2|pbkdf2|bcrypt|scrypt|base\d\d|oauth|utf-?\d|aes|rsa|rfc|test|v\d+$|id$")
_NOT_TOLD = re.compile(  # what a sentence says of a password, and what is none
    r"(?i)^(?:1password|sha-?\d+|base-?\d\d|utf-?\d+|aes-?\d+\w*|rsa-?\d+|md5|oauth-?\d?|argon2\w*|pbkdf2|v?\d+[\d.]*|rfc-?\d+|"
    r"\d+[-–]?(?:char\w*|digits?|letters?|days?|hours?|min\w*|zeichen|stellig\w*|tage|caract\w*|bits?|x|times|%)|min\w{0,6}-?\d+|"
    r"(?:var|n)?char\d+|string\d*|text\d+|u?int\d+|[\w.+-]+@[\w-]+\.[\w.-]+)$|[(){}\[\]<>|;=\\]|//|\w/\w"
)
_OF_NO_LETTERS = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")
"""Scripts in which nobody can be asked for a password at a login: words in them are sentences."""
_TESTS = re.compile(
    r"(?i)(?<![a-z.@])(?:tests?|test(?-i:[A-Z])\w*|testing|example|examples|e\.g\.|z\. ?b\.|p\. ?ex\.|beispiel\w*|"
    r"exemple|ejemplo|esempio|dummy|sample|fake|"
    r"placeholder|change-?me|mock\w*|fixture|demo|fictional|describe|assert\w*|expect)(?![a-z]|\.\w)"
)
_AROUND, _MAX_TOLD = 100, 64

_SHOWN = (
    "password passwd passwort pass pw pwd secret root admin postgres mysql redis user username test guest mypassword "
    "mysecretpassword my-password my-secret-pw changeme default minio minioadmin rabbitmq mongo mariadb sa demo token "
    "dbpassword dbpass userpass user_password db_password p4ssw0rd"
)
_COMMON = frozenset(_SHOWN.split())
_OF_TESTS = re.compile(  # words of tests, and digits that count up or down
    r"(?i)(?:(?:test(?:ing|er)?|pass(?:word|wd)?|pwd|secret|admin|root|user|dev|demo|local|dummy|fake|wrong|invalid|bad|"
    r"p[a@4][s$5]{2}w[o0]rd|[s$5][e3]cr[e3]t|sample|foo|bar|qwerty|letmein|hunter|welcome|my|key|token|guest|"
    r"postgres|mysql|redis|mongo|mariadb|rabbitmq|minio)[-_.!@#]?)+"
    r"(?:[0-9]|01|abc|12(?:3(?:4(?:5(?:6(?:78?)?)?)?)?)?|(?:5?4)?321)?!?"
    r"|(?:abc|qwe(?:rty?)?|asdf?)[0-9]{2,6}!?|1234(?:5(?:6(?:7(?:89?)?)?)?)?(?:abcd?|qwer?)!?"
    r"|(?:.*[-_.])?(?:test|dummy|fake|mock|example)(?:[-_.].*)?"
)


def stands_for_one(value: str) -> bool:
    """Say whether it is what documentation writes in a secret's place: an example, `xxxx`, words, the alphabet."""
    body = value.rpartition("_")[2] if "_" in value[:12] else value
    if _STANDS.search(value) or _STANDS.search(body) or _DOCUMENTED.search(value):
        return True
    letters = [letter for letter in value if letter.isalnum()]
    return len(letters) >= 16 and len(set(letters)) <= 5


def is_of_firebase(text: str, start: int, end: int) -> bool:
    """Say whether a key of Google stands among settings for Firebase: every visitor is given these."""
    google = text.startswith("AIza", start)
    return google and _FIREBASE.search(text, max(0, start - _SETTINGS), end + _SETTINGS) is not None


def names_words(value: str) -> bool:
    """Say whether it is words with small numbers, as names of files, tests and resources are."""
    return _WORDS.fullmatch(value) is not None


def is_common_password(value: str, user: str = "") -> bool:
    """Say whether it is one that every manual or test shows."""
    small = value.lower()
    return small in _COMMON or _OF_TESTS.fullmatch(value) is not None or (bool(user) and small == user.lower())


def is_password(value: str) -> bool:
    """Say whether a word is one that people use as a password only: letters with digits or signs among them."""
    if len(value) < _MIN_PASSWORD or HARMLESS.search(value) or is_common_password(value):
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    signs = sum(not letter.isalnum() for letter in value[:-1])
    return (letters and digits) or (letters and signs > 0 and not value.replace("-", "").replace("_", "").isalpha())


def is_told_password(value: str) -> bool:
    """Say whether a word told in prose as a password is one; there a weak one is as real as any other."""
    if not _MIN_PASSWORD <= len(value) <= _MAX_TOLD or value.lower() in _COMMON or _NOT_TOLD.search(value):
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    chosen = digits and "_" not in value and any(map(str.isupper, value))  # no name in a program has all of these
    if HARMLESS.search(value.replace("_", "-").replace(".", "-" if chosen else ".")) or _OF_NO_LETTERS.search(value):
        return False
    return letters and (digits or _SIGN.search(value[:-1]) is not None)


def latin_part(value: str) -> str:
    """Return what of a value stands before the first letter of a script without spaces."""
    other = _OF_NO_LETTERS.search(value)
    return value[: other.start()] if other else value


def tells_of_tests(text: str, start: int, end: int) -> bool:
    """Say whether the line around a password says that it is one of tests, or an example."""
    begins, ends = text.rfind("\n", max(0, start - _AROUND), start) + 1, text.find("\n", end, end + _AROUND)
    before = text[max(begins, start - _AROUND) : start]
    return (
        _TESTS.search(before) is not None or _TESTS.search(text[end : ends if ends >= 0 else end + _AROUND]) is not None
    )


def is_strong_password(value: str) -> bool:
    """Say whether nothing but a password looks like it: letters, digits, and a sign that no name has."""
    value = unescape(value)  # in markup `&#x27;` is an apostrophe, and neither a sign nor two digits
    if not 8 <= len(value) <= 64 or _NO_PASSWORD.search(value) or not is_password(value):
        return False
    sizes = any(map(str.isupper, value)) or any(map(str.islower, value))
    return sizes and any(map(str.isdigit, value)) and _SIGN.search(value) is not None and not _UUID.search(value)


def is_mixed_password(value: str) -> bool:
    """Say whether it may be one just behind a word for it: large and small letters and digits, and not as names are."""
    value = unescape(value)
    if not 8 <= len(value) <= 40 or _NO_PASSWORD.search(value) or not is_password(value) or stands_for_one(value):
        return False
    if "/" in value or "_" in value or "." in value[:-1] or value[0].isdigit() or _ALGORITHM.search(value):
        return False
    return any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))


def is_key(value: str) -> bool:
    """Say whether a value beside a word like *key* may be one."""
    if len(value) < _MIN_KEY or HARMLESS.search(value) or names_words(value):
        return False
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    return entropy(value) >= _MIN_ENTROPY


def is_random(value: str) -> bool:
    """Say whether chance made it, and no person: letters and digits in no order. Hexadecimal is told by `is_hex`."""
    bare = value.rstrip("=")
    size = len(bare)
    if not _MIN_RANDOM <= size <= _MAX_RANDOM or _HEX.fullmatch(bare) or _UUID.search(bare):
        return False
    if sum(not letter.isalnum() for letter in bare) * 8 > size:
        return False
    upper, lower = any(map(str.isupper, bare)), any(map(str.islower, bare))
    digits = sum(map(str.isdigit, bare))
    pieces = sum(1 for _ in _PIECE.finditer(bare)) / size
    if upper and lower:
        return pieces >= _MIN_MIXED if digits else size >= _MIN_ONE_CASE and pieces >= _MIN_NO_DIGIT
    return size >= _MIN_ONE_CASE and 3 <= digits < size * 0.7 and pieces >= _MIN_ONE


def is_hex(value: str) -> bool:
    """Say whether it is 32 hexadecimal digits or more, as many keys are; many other things are too."""
    return _HEX.fullmatch(value) is not None and len(set(value)) > 6


def entropy(text: str) -> float:
    """Return the bits per character."""
    size = len(text)
    return -sum(often / size * math.log2(often / size) for often in Counter(text).values())
