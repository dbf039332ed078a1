"""Secrets that nothing names by a sign: the second half of a pair, and what stands a few words from a word like *key*.

Here chance must be seen in the value itself (`secret_looks`), because a word alone says little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.core.secrets.secret_lines import DIGIT, Looked
from shared.core.secrets.secret_looks import (
    is_common_password,
    is_hex,
    is_mixed_password,
    is_password,
    is_random,
    is_strong_password,
    stands_for_one,
)
from shared.core.secrets.secret_rules import HARMLESS, SEALED, Found

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9+/_.~%&#@-])(?=[A-Za-z+/_~.-]{0,48}[0-9]|(?:[a-z]{0,6}[A-Z]{1,6}){4})"
    r"[A-Za-z0-9+/][A-Za-z0-9+/_~.-]{14,298}[A-Za-z0-9+/_-]={0,2}(?![A-Za-z0-9%(])"
)
_RUN = re.compile(r"[A-Za-z0-9+/_.~-]{16,}")  # where one may begin: at its first letter, and nowhere else
_SAYS = (
    r"(?:api|app|access|auth|secret|private|signing|encryption|master|service|client|admin|bot|user|deploy|bearer|web)?"
    r"[_ -]?(?:keys?|secrets?|tokens?|pass(?:word|wd|phrase|code)?s?|pwd|passwor[dt]|kennwort|credentials?|schlüssel|"
    r"geheimnis|clé|jeton|clave|contraseña|chave|senha|token|bearer[_ -]?auth|chiave|"
    r"sleutel|wachtwoord|klucz|hasło|ключ|токен|пароль)"
)
_WITH = r"with|mit|avec|con|com|met|using"
_SIGNS = r"(?:<[^<>\n]{0,60}>|[\s:=>(\"'`“„*\[|\\-]){0,8}"  # between a word and what it names
_FEW = rf"(?:[^\S\n]+[^\s;]{{1,20}}){{0,7}}?[^\S\n]*{_SIGNS}"
_BEFORE = re.compile(
    rf"(?i)(?:(?<![A-Za-z]){_SAYS}(?:_(?:live|test|prod|production|staging|"
    rf"sandbox))?(?![A-Za-z])[\"'`)*]{{0,2}}{_FEW}|(?<!\w)(?:{_WITH})\s{{1,3}}[\"'`“*]{{0,3}})\Z"
)
_DIRECT = re.compile(rf"(?i)(?<![A-Za-z]){_SAYS}(?![A-Za-z])(?=\W){_SIGNS}\Z")
_AFTER = re.compile(
    r"(?i)[\"'`”*)\]]{0,3}[^\S\n]*(?:\(|<-+|←|=|-+|–|—|#|//|,)?[^\S\n]*(?:[^\s,;]{1,12}[^\S\n]+){0,5}?"
    rf"{_SAYS}(?![A-Za-z])"
)
_OTHER = re.compile(  # what else is made by chance, and no secret
    r"(?i)(?:commit|sha-?\d*|hash|digest|checksum|integrity|etag|\bids?|uuid|guid|fingerprint|nonce|salt|revision|"
    r"\brev|"
    r"version|md5|build|cursor|public|publishable|verif\w*|(?:site|primary|foreign|group|dedup(?:e|lication)?|sort|"
    r"cache|partition|"
    r"object|host|"
    r"idempotency|map)[ _-]?key|page|"
    r"(?:next|prev|previous|page|continuation|cursor|sync|csrf|xsrf)[ _-]?(?:page)?[ _-]?token|"
    r"trace|span|request|path|file|url|href|src|image|branch|hex|example|"
    r"shape|like|recv-keys|keyring|gpg)"
    r"[\w./-]*[\"'`*)]{0,2}[\s:=>(\"'`“-]{1,6}(?:[a-z0-9]{1,9}[\s:=-]{1,2})?\Z"
)
_IN_ADDRESS = re.compile(
    r"-----BEGIN [A-Z ]{3,40}-----\s*\Z|(?:[a-z][a-z0-9+.-]+://|www\.|data:|arn:|"
    r"\bh1:|vault:v\d+:|ENC[\[(]|\{cipher\}|ssh-|ecdsa-|sha\d+[-:])\S*\Z|ssh-\w+ \Z"
)
_LOOK_BACK, _LOOK_ON = 72, 48

_AWS_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
_AWS_SIGNS = ("AKIA", "ASIA")
_AWS_SECRET, _AWS_REACH = 40, 400  # letters of one, and how far from its id it may stand
_ID = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:AC|SK)[0-9a-f]{32}|[0-9]{6,20}-[a-z0-9]{20,40}\.apps\.googleusercontent\.com"
    r"|Iv1\.[0-9a-f]{16}|Iv23[A-Za-z0-9]{16}|pk_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|[\w.-]{2,60}@[\w-]{2,60}\.iam\.gserviceaccount\.com|[0-9]{9,14}\.[0-9]{9,14}(?![0-9.])"
    r"|(?i:(?:client|app|application|account|consumer|access[ _-]key)[ _-]?s?id)\b)"
)
_IS_ID = re.compile(r"(?i)(?:id|sid)[\"'`*)]{0,2}[\s:=>(\"'`“-]{1,6}\Z")
_ID_REACH, _PAIRED = 120, 32

_COMMANDS = (
    ("machine", r"machine\s{1,4}\S{1,120}\s{1,8}login\s{1,4}\S{1,120}\s{1,8}(?:account\s{1,4}\S{1,80}\s{1,8})?"
                r"password\s{1,4}(\S{4,200})"),
    ("default", r"default\s{1,8}login\s{1,4}\S{1,120}\s{1,8}password\s{1,4}(\S{4,200})"),
    ("curl", r"curl\b[^\n]{0,200}?\s(?:-u|--user|--proxy-user)[ =]{1,2}[\"']?[^\s:\"']{1,80}:([^\s\"'@]{4,200})"),
    ("--pass", r"--pass(?:word|phrase|wd)?[ =][\"']?([^\s\"'=-][^\s\"']{5,200})"),
    ("--token", r"--token[ =][\"']?([^\s\"'=-][^\s\"']{11,200})"),
    ("sshpass", r"sshpass\s{1,3}-p[ =]?[\"']?([^\s\"']{4,200})"),
    ("mysql", r"mysql\w{0,8}\b[^\n]{0,120}?\s-p[\"']?([^\s\"'-][^\s\"']{5,200})"),
    ("redis-cli", r"redis-cli\b[^\n]{0,120}?\s-a\s{1,2}[\"']?([^\s\"']{6,200})"),
    ("requirepass", r"requirepass\s{1,4}[\"']?([^\s\"']{6,200})"),
    ("masterauth", r"masterauth\s{1,4}[\"']?([^\s\"']{6,200})"),
    ("+login", r"\+login\s{1,3}[^\s+]{2,60}\s{1,3}([^\s+\"']{6,200})"),
    ("bindpw", r"bindpw\s{1,4}[\"']?([^\s\"']{6,200})"),
    ("rootpw", r"rootpw\s{1,4}[\"']?([^\s\"'{]{6,200})"),
    ("docker", r"docker login\b[^\n]{0,120}?\s-p[ =]?[\"']?([^\s\"']{6,200})"),
)  # fmt: skip
_BY_PLACE = ("machine", "default")  # where a word without a digit is a password too
_ASKED = tuple((literal, re.compile(pattern)) for literal, pattern in _COMMANDS)

_DOORS = (
    "password passwort kennwort passphrase passcode passwd pass pwd pw passe contraseña contrasena clave senha "
    "wachtwoord "
    "lösenord parola şifre hasło пароль login log-in sign-in anmeldung zugang zugangsdaten credentials wifi wi-fi wlan "
    "unlock pin 密码 口令 パスワード 비밀번호"
)
_WITHOUT_SIGN = frozenset(_DOORS.split()[: _DOORS.split().index("login")])  # a password follows these at once
_NEXT_ALONE = "with"
_OPENS = (*_DOORS.split(), "log in", "logs in", "logged in", "sign in", "signs in", "opens with", _NEXT_ALONE)
_PRECEDES = re.compile(
    r"([^\s\"'“”„«»`|,<>]{8,64})[\"'”»`*]{0,3}[^\S\n]+(?:(?:is|ist|est|es|é|è|\(|as|=|<-|←|-|"
    r"–)\s?)?(?:\w{1,8}\s){0,5}\Z"
)
_WORD = re.compile(r"(?:<[^<>\n]{0,80}>|[\s\"'“”„«»`|,*>=:])*([^\s\"'“”„«»`|,<>]{1,200})")
_ADJACENT = re.compile(
    r"(?:(?:[^\S\n]+[a-z]{2,12}){0,3}[^\S\n]{0,3}:)?[^\S\n]{1,3}[\"'`“„«*]{0,2}([^\s\"'“”„«»`|"
    r",<>]{8,40})(?<![.,;:?)])(?![A-Za-z0-9+/=_-])"
)
_HAS_DIGIT = re.compile(DIGIT)
_SIGN_THERE = re.compile(r"[!#$%&*?+^~§€£@]")
_REACH = 80
_MAX_WORDS = 8
_ENDS = ".,;:?)]}'\""


def pairs(text: str) -> Iterator[Found]:
    """Find what lines that programs read tell without a sign: `.netrc`, and commands that log in."""
    for literal, pattern in _ASKED:
        if literal in text:
            for match in pattern.finditer(text):
                value = match[1].rstrip(_ENDS)
                chosen = is_password(value) or literal in _BY_PLACE
                if (
                    chosen
                    and not HARMLESS.search(value)
                    and not stands_for_one(value)
                    and not is_common_password(value)
                ):
                    yield Found("password", match.start(1), match.start(1) + len(value))


def find_pairs(looked: Looked) -> Iterator[Found]:
    """Find what chance made, a few words from a word that says secret or from the id it belongs to, and passwords."""
    text = looked.text
    ids = _AWS_ID.finditer(text) if any(sign in looked.long_ones for sign in _AWS_SIGNS) else ()
    aws = [match.span() for match in ids if not stands_for_one(match[0])]
    for match in _tokens(looked):
        value, at = match[0].rstrip(".-"), match.start()
        end = at + len(value)
        by_chance = is_random(value)
        if (not by_chance and not is_hex(value)) or stands_for_one(value) or SEALED.match(value):
            continue
        if by_chance and len(value) == _AWS_SECRET and any(a - _AWS_REACH < at < b + _AWS_REACH for a, b in aws):
            yield Found("aws-secret", at, end)
        elif _is_other(text, at):
            continue
        elif _is_named(text, at, end, _BEFORE if by_chance else _DIRECT) or _is_beside_an_id(text, at, end):
            yield Found("key", at, end)
    if _HAS_DIGIT.search(text):  # as every password has that is found so
        yield from _find_chosen(looked)


def _tokens(looked: Looked) -> Iterator[re.Match[str]]:
    for span in looked.long_words:
        for run in _RUN.finditer(looked.text, *span):
            if (match := _TOKEN.match(looked.text, run.start())) is not None:
                yield match


def _is_beside_an_id(text: str, at: int, end: int) -> bool:
    if end - at < _PAIRED or _IS_ID.search(text, max(0, at - 24), at):
        return False
    around = text[max(0, at - _ID_REACH) : at], text[end : end + _ID_REACH]
    return any(_ID.search(side) for side in around)


def _is_other(text: str, at: int) -> bool:
    before = text[max(0, at - _LOOK_BACK) : at]
    return _OTHER.search(before) is not None or _IN_ADDRESS.search(before) is not None


def _is_named(text: str, start: int, end: int, before: re.Pattern[str]) -> bool:
    name = before.search(text, max(0, start - _LOOK_BACK), start)
    if name is not None:
        return True
    line = text.find("\n", end, end + _LOOK_ON)
    return _AFTER.match(text, end, line if line >= 0 else end + _LOOK_ON) is not None


def _find_chosen(looked: Looked) -> Iterator[Found]:
    """Find passwords that nothing else looks like, some words behind what is opened with one, or just before it."""
    text, lower = looked.text, looked.lower
    for word in _OPENS if looked.is_long else [each for each in _OPENS if each in lower]:
        for at in looked.places(word):
            end = at + len(word)
            if _SIGN_THERE.search(text, max(0, at - _REACH), end + _REACH) and not (
                word.isascii() and (lower[max(0, at - 1) : at].isalpha() or lower[end : end + 1].isalpha())
            ):
                yield from _find_behind(text, end, word)
                if word != _NEXT_ALONE:
                    yield from _find_before(text, at)
            elif word in _WITHOUT_SIGN and (match := _ADJACENT.match(text, end)) and is_mixed_password(match[1]):
                yield Found("password", *match.span(1))


def _find_behind(text: str, at: int, door: str) -> Iterator[Found]:
    for count in range(1 if door == _NEXT_ALONE else _MAX_WORDS):
        word = _WORD.match(text, at)
        if word is None or (count and "\n" in text[at : word.start(1)]):
            return
        value = word[1].rstrip(_ENDS)
        mixed = count == 0 and door in _WITHOUT_SIGN and is_mixed_password(value)
        if (mixed or is_strong_password(value)) and not stands_for_one(value):
            yield Found("password", word.start(1), word.start(1) + len(value))
            return
        at = word.end()


def _find_before(text: str, at: int) -> Iterator[Found]:
    begin = max(0, at - _REACH)
    match = _PRECEDES.search(text[begin:at])
    if match is not None and is_strong_password(match[1]) and not stands_for_one(match[1]):
        yield Found("password", begin + match.start(1), begin + match.end(1))
