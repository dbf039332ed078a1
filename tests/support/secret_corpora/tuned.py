"""The corpus that the rules were made with. Nothing in it stands whole here: it is put together when asked for."""

from __future__ import annotations

import base64

from tests.support.builders.made_up_secrets import HEX, UPPER, letters

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_WORD = "Zimt" + "stern-9!"
_OTHER = "Plun" + "der#77"


def planted() -> dict[str, tuple[str, str]]:
    """Return by what it is: a text that tells a secret plainly, and the secret."""
    return {**_pairs(), **_near_words(), **_of_people(), **_of_languages(), **_in_lines()}


def _pairs() -> dict[str, tuple[str, str]]:
    user, aws = "AK" + "IA" + letters("tu id", 16, UPPER), letters("tu aws", 40, _BASE64)
    hex32, hex40, mixed = letters("tu 32", 32, HEX), letters("tu 40", 40, HEX), letters("tu mx", 43, _BASE64)
    shop = letters("tu n", 12, "123456789") + "-" + letters("tu g", 32, _LOWER) + ".apps." + "googleusercontent.com"
    return {
        "id and key": (f"Use id {user} and key {aws}.", aws),
        "comma": (f"{user},{aws}", aws),
        "colon": (f"{user}:{aws}", aws),
        "table": (f"| Ben | {user} | {aws} |", aws),
        "bullets": (f"- AWS\n  - {user}\n  - {aws}\n", aws),
        "key first": (f"AWS secret {aws} belongs to {user}", aws),
        "csv": (f"User name,Access key ID,Secret access key\nben,{user},{aws}\n", aws),
        "twilio": (f"AC{hex32[::-1]} {hex32}", hex32),
        "google": (f"{shop} {letters('tu gs', 35)}", letters("tu gs", 35)),
        "client id": (f"client id 6731, {mixed}", mixed),
        "github app": (f"Iv1.{letters('tu iv', 16, HEX)} / {hex40}", hex40),
    }


def _near_words() -> dict[str, tuple[str, str]]:
    forty, thirty, hex64 = letters("tu f", 40), letters("tu t", 30, _LOWER), letters("tu h", 64, HEX)
    return {
        "token for": (f"Here is the token for the till, please keep it: {forty}", forty),
        "key of": (f"Weather service key `{thirty}` (Ben's account)", thirty),
        "with": (f"call the API with {forty}", forty),
        "comment": (f"    connect()  # token {forty}", forty),
        "hex": (f"Encryption key {hex64}", hex64),
        "after": (f"{forty} (API key of the shop)", forty),
        "html": (f"<dt>API key</dt><dd>{forty}</dd>", forty),
        "cells": (f"<td>Secret</td><td>{hex64}</td>", hex64),
    }


def _of_people() -> dict[str, tuple[str, str]]:
    return {
        "with": (f"Log in as ada with {_WORD}", _WORD),
        "slash": (f"Login: ada@bakery.example / {_WORD}", _WORD),
        "before": (f"{_WORD} is the password for the till", _WORD),
        "next line": (f"Password\n{_WORD}\n", _WORD),
        "heading": (f"## Wi-Fi password\n\n{_OTHER}\n", _OTHER),
        "cell": (f"| Wi-Fi | Password | {_WORD} |", _WORD),
        "html": (f"<td>Password</td><td>{_OTHER}</td>", _OTHER),
        "set to": (f"The password was set to {_OTHER} yesterday", _OTHER),
        "unlock": (f"unlock the safe with {_OTHER}.", _OTHER),
        "for whom": ("Password for staging: sugar" + "-Bun7", "sugar" + "-Bun7"),
        "at once": ('password "sugar' + '-Bun7" for the admin', "sugar" + "-Bun7"),
        "use with": (f"use admin with {_OTHER}", _OTHER),
        "xml": (f"<password>{_WORD}</password>", _WORD),
        "assigned": ("db_password: crust" + "7oven", "crust" + "7oven"),
        "quoted": (f'"pass": "{_OTHER}",', _OTHER),
        "address": (f"amqp://shop:{_OTHER.replace('#', '%23')}@mq.bakery.test:5672/", _OTHER.replace("#", "%23")),
    }


def _of_languages() -> dict[str, tuple[str, str]]:
    forty = letters("tu lang", 40)
    return {
        "german": (f"Das Kennwort lautet {_WORD}", _WORD),
        "german key": (f"Der Schlüssel für die Kasse: {forty}", forty),
        "spanish": (f"La contraseña es {_OTHER}", _OTHER),
        "portuguese": (f"A senha do caixa é {_OTHER}", _OTHER),
        "italian": (f"la password è {_OTHER}", _OTHER),
        "russian": (f"Пароль: {_OTHER}", _OTHER),
        "chinese": (f"密码：{_OTHER}", _OTHER),
        "japanese": (f"パスワードは {_OTHER} です", _OTHER),
    }


def _in_lines() -> dict[str, tuple[str, str]]:
    word = letters("tu word", 14, _LOWER)
    return {
        "netrc": (f"machine shop.test\n  login ada\n  password {word}\n", word),
        "curl": (f"curl --user ada:{_OTHER} https://shop.test", _OTHER),
        "mysql": (f"mysql -u root -p{word} shop", word),
        "sshpass": (f"sshpass -p {word} ssh ada@shop.test", word),
        "password option": (f"deploy --password {_WORD} --now", _WORD),
        "token option": (f"vercel deploy --token {letters('tu v', 24)} --prod", letters("tu v", 24)),
        "ini": (f"[smtp]\npassword={word}", word),
        "dockerfile": (f"ENV API_TOKEN {letters('tu d', 32)}", letters("tu d", 32)),
    }


def disguised() -> dict[str, tuple[str, str]]:
    """Return by what it is: a text in which a secret is hidden, and what of it must not be left."""
    github, forty = "gh" + "p_" + letters("tu d1", 36), letters("tu d2", 40)
    coded = base64.b64encode(f"password: {_WORD}\nuser: ada\n".encode()).decode()
    entities = "".join(f"&#{ord(one)};" for one in github)
    wide = "".join(chr(ord(one) + 0xFEE0) for one in github)
    return {
        "plus": (f"'{github[:9]}' + '{github[9:]}'", github[9:]),
        "named plus": (f'const apiKey = "{forty[:20]}" +\n "{forty[20:]}";', forty[20:]),
        "list": (f"[\n  '{github[:9]}',\n  '{github[9:22]}',\n  '{github[22:]}',\n].join('')", github[22:]),
        "base64": (f"config: {coded}", coded),
        "hexadecimal": (f"blob = {github.encode().hex()}", github.encode().hex()),
        "spaced": (" ".join(github), " ".join(github[10:])),
        "in fours": ("ghp" + "_" + " ".join(github[at : at + 4] for at in range(4, 40, 4)), github[12:16]),
        "dashes": ("-".join(github), "-".join(github[10:])),
        "label after": (f"{forty} = our API token", forty),
        "in a query": (f"https://shop.test/?api_key={forty}&x=1", forty),
        "in a comment": (f"<!-- old token {forty} -->", forty),
        "soft hyphen": ("\u00ad".join(github), "\u00ad".join(github[30:])),
        "percent": (github.replace("_", "%5F"), github[4:]),
        "entities": (entities, entities[60:]),
        "unicode": ("".join(f"\\u{ord(one):04x}" for one in github), f"\\u{ord(github[-1]):04x}" * 1),
        "markdown": (github.replace("_", "\\_"), github[4:]),
        "bold": (f"{github[:12]}**{github[12:]}**", github[12:]),
        "backwards": (f'token = "{github[::-1]}"[::-1]', github[::-1][:30]),
        "two names": (f'a = "{github[:12]}"\nb = "{github[12:]}"\ntoken = a + b', github[12:]),
        "a line that goes on": (f"{github[:12]}\\\n{github[12:]}", github[12:]),
        "half the label": (f"pass\u200bword: {_WORD}", _WORD),
        "wide": (wide, wide[10:]),
    }


HARMLESS = (
    "aws_access_key_id = AKIAI44QH8DHB" + "EXAMPLE",
    "aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvb" + "EXAMPLEKEY",
    "Authorization: Bearer <token>",
    "postgres://postgres:postgres@db:5432/postgres",
    "amqp://guest:guest@localhost//",
    "https://user:pass@example.com/path",
    "GITHUB_TOKEN=ghp" + "_your_token_here",
    "OPENAI_API_KEY=sk-" + "x" * 48,
    "STRIPE_SECRET_KEY=sk" + "_test_" + "..." ,
    "pk" + "_test_" + letters("tu pk", 24),
    '"minipass": "^7.0.2",',
    '    "minipass-fetch": "^5.0.0",\n    "minipass-flush": "^1.0.5",',
    "#* Pass that parameter to *EVERY* call",
    "| Visitors read how to reset their password | `test_requirements.RequirementsTest.test_r2` |",
    "| What is a token | `tests/test_page_7.py::test_what_is_a_token` |",
    "<td>Forgotten password</td><td>test_page_7.Requirements2</td>",
    "# Reset a password\n\n1. Open page-2 of the handbook",
    "Who has an API key:\n\n- Ada2\n- Ben",
    "password: ${PASSWORD:?set it}",
    "const token = await getToken(user2FA, opts);",
    "tokens = tokenizer.encode('cl100k_base', special_tokens=256)",
    "keys = ['a1', 'b2', 'c3'].join('-')",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB" + letters("tu rsa", 80, _BASE64) + " key of ada",
    "-----BEGIN PUBLIC KEY-----\n" + letters("tu pub", 64, _BASE64) + "\n-----END PUBLIC KEY-----",
    "The commit with " + letters("tu git", 40, HEX) + " is older.",
    "key " + letters("tu short", 12, HEX),
    "image: registry.example/app@sha256:" + letters("tu im", 64, HEX) + " # token service",
    "Page id " + letters("tu page", 32, HEX) + " with the passwords",
    "request_id=req_" + letters("tu req", 24) + " key=none",
    "Log in with your Google account (OAuth2.0).",
    "Sign in with C#, F# or Q# 2026!",
    "pass --max-old-space-size=4096",
    "mysql -u root -p shop2026",
    "curl -u $USER:$PASS1 https://shop.test",
    "machine-learning login password reset",
    "wi-fi 802.11ax with WPA3-Personal",
    "with mock.patch.object(module, 'token2') as found:",
    "secretKeyRef: {name: shop-db-2026, key: url}",
    "bearerFormat: JWT-HS256-v2",
    "token_type_ids: [0, 1, 1, 0]",
    "gpg --keyserver keys.example.test --recv-keys " + letters("tu gpg", 40, "0123456789ABCDEF"),
    "  PWD: '/Users/ada2',",
    "npm install with react@18.2.0-rc.1",
    "password OAuth2Provider and token Base64Url",
    ".phase-passed::before{background:var(--colour-2)}",
    "svn --username and --password options instead of the address",
    "apt passwd 1:4.13+dfsg1-1+deb12u1",
)  # fmt: skip
