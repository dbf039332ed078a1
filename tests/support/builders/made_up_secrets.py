"""Secrets of many kinds, none of them real: put together here from pieces, so that no text holds a whole one."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string


def letters(seed: str, size: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return `size` characters that look like chance and are always the same."""
    found, number = "", 0
    while len(found) < size:
        found += "".join(alphabet[one % len(alphabet)] for one in hashlib.sha256(f"{seed}/{number}".encode()).digest())
        number += 1
    return found[:size]


HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + "234567"


def made_up() -> dict[str, tuple[str, str]]:
    """Return by kind: a text as people write it, and the secret in it."""
    plain = {
        "anthropic": "sk-" + "ant-api03-" + letters("a", 80),
        "openai project": "sk-" + "proj-" + letters("b", 60),
        "openai old": "sk-" + letters("c", 48),
        "xai": "xai" + "-" + letters("d", 80),
        "google key": "AIza" + letters("e", 35),
        "google client secret": "GOC" + "SPX-" + letters("f", 28),
        "google access": "ya" + "29." + letters("g", 60),
        "github classic": "ghp" + "_" + letters("h", 36),
        "github fine": "github" + "_pat_" + letters("i", 82),
        "gitlab": "gl" + "pat-" + letters("j", 20),
        "slack bot": "xo" + "xb-" + letters("k", 12, string.digits) + "-" + letters("l", 24),
        "slack webhook":
            "hooks.slack" + ".com/services/T" + letters("m", 8) + "/B" + letters("n", 8) + "/" + letters("o", 24),
        "notion": "nt" + "n_" + letters("p", 46),
        "notion old": "secret" + "_" + letters("q", 43),
        "linear": "lin" + "_api_" + letters("r", 40),
        "vercel": "vc" + "p_" + letters("s", 56),
        "aws id": "AK" + "IA" + letters("t", 16, UPPER),
        "stripe": "sk" + "_live_" + letters("u", 24),
        "webhook": "wh" + "sec_" + letters("v", 32),
        "sendgrid": "SG" + "." + letters("w", 22) + "." + letters("x", 43),
        "npm": "np" + "m_" + letters("y", 36),
        "pypi": "py" + "pi-AgEI" + letters("z", 80),
        "huggingface": "h" + "f_" + letters("aa", 34),
        "telegram": letters("ab", 9, "123456789") + ":A" + "A" + letters("ac", 33),
        "digitalocean": "dop" + "_v1_" + letters("ad", 64, HEX),
        "shopify": "shp" + "at_" + letters("ae", 32, HEX),
        "grafana": "gl" + "sa_" + letters("af", 32) + "_" + letters("ag", 8, HEX),
        "vault": "hv" + "s." + letters("ah", 40),
        "jwt": "ey" + "J" + letters("ai", 30) + ".ey" + "J" + letters("aj", 60) + "." + letters("ak", 43),
        "private key":
            "-----BEGIN " + "RSA PRIVATE KEY-----\n" + letters("al", 300) + "\n-----END " + "RSA PRIVATE KEY-----",
        "our own key":
            "ww" + "_live_acme." + letters("am", 12, HEX) + "." + letters("an", 64, HEX) + "_" + letters("ao", 8, HEX),
    }  # fmt: skip
    found = {kind: (f"For the new shop: {secret}", secret) for kind, secret in plain.items()}
    aws, hidden = letters("ap", 40), letters("aq", 32)
    word = "Sommer" + "2026!"
    found |= {
        "aws secret in a file": (f"aws_secret_access_key = {aws}", aws),
        "key in a variable": (f'export CRM_API_KEY="{hidden}"', hidden),
        "key in json": (f'{{"client_secret": "{hidden}"}}', hidden),
        "key in yaml": (f"  auth_token: {hidden}\n", hidden),
        "bearer": (f"curl -H 'Authorization: Bearer {hidden}'", hidden),
        "address of a database": (f"postgres://shop:{word}@db.example:5432/shop", word),
        "address of a cache": (f"redis://:{hidden}@cache.example:6379", hidden),
        "password in a list": (f"Password: {word}", word),
        "password in German": (f"Passwort = {word}", word),
        "password in a table": (f"| Wi-Fi | Password | {word} |", word),
        "password in a sentence": (f"The password for the till is {word}.", word),
        "password in bold": (f"**Password**: {word}", word),
        "after a line's end in json": ('{"text": "Hello\\n' + plain["github classic"] + '"}', plain["github classic"]),
        "of full width": ("ｇｈｐ_" + plain["github classic"][4:], plain["github classic"][4:]),
    }
    return found


def disguised() -> dict[str, tuple[str, str]]:
    """Return by kind: a text in which a secret is not plain, and what of it must not be left."""
    key = "sk-" + "ant-api03-" + letters("a", 80)
    coded = base64.b64encode(f"API_KEY={key}".encode()).decode()
    whole = base64.b64encode(f"für alle: {key}".encode()).decode()
    wrapped = "\n  | ".join(re.findall(".{1,60}", base64.b64encode(f"The key of our shop: {key}".encode()).decode()))
    ids = "\n".join(f"[{number:08x}-0000-4000-8000-000000000000] paragraph: bread" for number in range(300))
    head, body = "-----BEGIN " + "PRIVATE KEY-----", "\n".join(letters(f"body{line}", 64) for line in range(20))
    return {
        "in two pieces": (f'key = "{key[:20]}" + "{key[20:]}"', key[20:]),
        "in pieces over lines": (f'key = (\n    "{key[:30]}"\n    "{key[30:]}"\n)', key[30:]),
        "in base64": (f"data:\n  env: {coded}\n", coded),
        "with letters that nobody sees": (key[:10] + "\u200b" + key[10:], key[10:]),
        "in base64 with other letters": (whole, whole[20:]),
        "in base64 over lines": (f"[b1] code\n  | {wrapped}\n\nThe end.", wrapped[60:120]),
        "in base64 behind a name": (f"blob={coded}", coded),
        "in base64 within an address": (f"https://files.example/x/{coded}?raw=1", coded),
        "in base64 below many ids": (f"{ids}\n{coded}", coded),
        "in a script without spaces": (f"令牌是{key}，请保密", key),
        "in an address within an address": (f"https://a.example/?next=https%3A%2F%2Fb.example%2F%3Fq%3D{key}", key),
        "behind a letter that JSON escapes": (json.dumps({"text": f"für ü{key}"}), key),
        "in pieces of a program in JSON": (json.dumps(f'"{key[:20]}" + "{key[20:]}"'), key[20:]),
        "a private key that was cut off": (f"{head}\n{body}…\n{'And then we bake. ' * 2000}", body.splitlines()[12]),
        "a private key in paragraphs": (
            f"[b1] {head}\n[b2] {body}\n[b3] {head.replace('BEGIN', 'END')}",
            body.splitlines()[12],
        ),
    }
