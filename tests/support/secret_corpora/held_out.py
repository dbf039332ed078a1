"""A corpus written before the rules that it judges: what is planted, and what is not.

Asked for the first time when they were done, 28 of 30 were found, 8 of 8 disguised ones, and 1 harmless line of 60 was
taken for a secret; what that taught (a key without a digit, a key to be published beside KEY=) has been learned since.

Everything is put together from pieces when it is asked for; no line of this file holds a whole secret.
"""

from __future__ import annotations

import base64

from tests.support.builders.made_up_secrets import HEX, UPPER, letters

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = "0123456789"


def planted() -> dict[str, tuple[str, str]]:
    """Return thirty texts with a secret that is told plainly, by what it is, and the secret."""
    return {**_pairs(), **_of_vendors(), **_in_settings(), **_told()}


def _pairs() -> dict[str, tuple[str, str]]:
    aws, twilio = letters("ho aws", 40, _BASE64), letters("ho twilio", 32, HEX)
    user = "AK" + "IA" + letters("ho id", 16, UPPER)
    net, curl = letters("ho net", 18), "Qu" + "ark9!torte"
    azure = letters("ho azure", 86, _BASE64) + "=="
    return {
        "aws with": (f"Deploys go out with AWS {user} with {aws}, ask Ben.", aws),
        "aws slash": (f"The bucket is read by {user} / {aws}.", aws),
        "aws own lines": (f"Backup user\n{user}\n{aws}\n", aws),
        "twilio": (f"Text messages: AC{letters('ho ac', 32, HEX)} and auth token {twilio}", twilio),
        "netrc": (f"machine files.example.test login baker password {net}", net),
        "curl": (f"curl -u baker:{curl} https://files.example.test/list", curl),
        "azure": (f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={azure};EndpointSuffix=x", azure[:80]),
    }


def _of_vendors() -> dict[str, tuple[str, str]]:
    found = {
        "github oauth": "gh" + "o_" + letters("ho gho", 36),
        "gitlab": "glp" + "at-" + letters("ho gl", 20),
        "slack user": "xox" + "p-" + letters("ho x1", 12, _DIGITS) + "-" + letters("ho x2", 30),
        "stripe restricted": "rk" + "_live_" + letters("ho rk", 30),
        "openai": "sk" + "-proj-" + letters("ho op", 70),
        "google": "AI" + "za" + letters("ho ai", 35),
        "notion": "nt" + "n_" + letters("ho nt", 46),
        "sendgrid": "S" + "G." + letters("ho s1", 22) + "." + letters("ho s2", 43),
        "jwt": "ey" + "J" + letters("ho j1", 34) + ".ey" + "J" + letters("ho j2", 80) + "." + letters("ho j3", 43),
    }
    return {
        name: (f"For the demo on Friday we use {value} until it is revoked.", value) for name, value in found.items()
    }


def _in_settings() -> dict[str, tuple[str, str]]:
    hex32, hex64, forty = letters("ho h32", 32, HEX), letters("ho h64", 64, HEX), letters("ho c40", 40)
    word = "bun" + "-7Dough-rise"
    head, body = "-----BEGIN " + "OPENSSH PRIVATE KEY-----", letters("ho pem", 350, _BASE64)
    return {
        "datadog": (f"DD_API_KEY={hex32}", hex32),
        "cloudflare": (f"  CLOUDFLARE_API_TOKEN: {forty}", forty),
        "session": (f"app.config['SECRET_KEY'] = '{hex64}'", hex64),
        "postgres": (f"DATABASE_URL=postgresql://shop:{word}@db.bakery.example.test/shop", word),
        "mongo": (f"mongodb+srv://app:{forty[:16]}@cluster0.abcde.example.net/", forty[:16]),
        "yaml": (f"smtp:\n  user: baker\n  pass: {word}\n", word),
        "pem": (f"{head}\n{body}\n-----END " + "OPENSSH PRIVATE KEY-----", body),
    }


def _told() -> dict[str, tuple[str, str]]:
    till, wifi, french, plain = "Krap" + "fen#2031", "Brez" + "n4all!", "Bagu" + "ette-77x", letters("ho plain", 24)
    return {
        "log in with": (f"You log in as office@bakery.example with {till}.", till),
        "wifi": (f"Wi-Fi for guests: BakeryGuest, pass {wifi}", wifi),
        "french": (f"Le mot de passe du coffre est {french}, ne pas l'afficher.", french),
        "vercel": (f"The Vercel token Ben made is {plain}, valid until May.", plain),
        "key first": (f"{plain} is the key for the weather service.", plain),
        "signing": (f"webhook signing secret {letters('ho wh', 40, HEX)} (rotate in June)", letters("ho wh", 40, HEX)),
        "telegram": (
            "Bot: " + letters("ho t1", 10, "123456789") + ":AA" + letters("ho t2", 33),
            ":AA" + letters("ho t2", 33),
        ),
    }


def disguised() -> dict[str, tuple[str, str]]:
    """Return eight texts in which a secret is hidden, and what of it must not be left."""
    github = "gh" + "p_" + letters("ho d1", 36)
    stripe = "sk" + "_live_" + letters("ho d2", 26)
    aws = letters("ho d3", 40, _BASE64)
    coded = base64.b64encode(f"db_password={letters('ho d4', 20)}\n".encode()).decode()
    joined = '", "'.join((github[:12], github[12:26], github[26:]))
    split = f'const a = "{stripe[:18]}" +\n  "{stripe[18:]}";'
    return {
        "joined list": (f'token = "".join(["{joined}"])', github[26:]),
        "concatenated": (split, stripe[18:]),
        "base64": (f"echo {coded} | base64 -d > .env", coded),
        "spaced out": (f"read it aloud: {' '.join(github)}", " ".join(github[10:])),
        "label after": (f"{aws} <- that is the AWS secret access key", aws),
        "in a query": (f"GET https://api.example.test/v1/items?page=2&access_token={letters('ho q', 30)}&limit=5",
                       letters("ho q", 30)),
        "zero width": ("\u200b".join((github[:9], github[9:20], github[20:])), github[20:]),
        "percent": (f"redirect=%2Fhome%3Fkey%3D{''.join(f'%{ord(one):02X}' for one in stripe)}",
                    "".join(f"%{ord(one):02X}" for one in stripe[12:])),
    }  # fmt: skip


HARMLESS = (
    "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7" + "EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYEXAMPLEKEY",
    "DATABASE_URL=postgres://user:password@localhost:5432/app",
    "SLACK_BOT_TOKEN=xoxb-your-token-here",
    "export GITHUB_TOKEN=ghp" + "_" + "x" * 36,
    "NEXT_PUBLIC_STRIPE_KEY=pk" + "_test_" + letters("ho pk", 40),
    "const stripe = Stripe('pk" + "_live_" + letters("ho pk2", 40) + "');",
    "OPENAI_API_KEY=sk-...",
    "ANTHROPIC_API_KEY=<your key>",
    "PASSWORD=changeme",
    "password: ${DB_PASSWORD}",
    "JWT_SECRET=replace-with-a-long-random-string",
    "redis://:password@redis:6379/0",
    "mysql://root:root@127.0.0.1:3306/test",
    '"integrity": "sha512-' + letters("ho sha", 86, _BASE64) + '=="',
    "    --hash=sha256:" + letters("ho hash", 64, HEX),
    "uses: actions/checkout@" + letters("ho git", 40, HEX) + "  # v4.1.1",
    "See commit " + letters("ho git2", 40, HEX) + " for the key change.",
    "https://www.notion.so/acme/Passwords-and-keys-" + letters("ho notion", 32, HEX),
    "id with 6fa459ea-ee8a-3ca4-894e-db77e160355e is the token's row",
    "<link href='style." + letters("ho css", 20, HEX) + ".css' rel='stylesheet' integrity='sha384-"
    + letters("ho sri", 64, _BASE64) + "'>",
    "background: url(data:image/svg+xml;base64," + letters("ho svg", 120, _BASE64) + ") no-repeat;",
    "    .token-keyword { color: #1f2937; background: #00000080; }",
    "resolved \"https://registry.example/-/pass-stream-1.0.4.tgz#" + letters("ho tgz", 40, HEX) + '"',
    "def test_login_with_password_and_token_2fa_enabled(self):",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + letters("ho ssh", 43, _BASE64) + " ada@laptop",
    "primary_key = Column(String(36), primary_key=True)",
    "The API key goes into the header X-Api-Key; ask the office for one.",
    "| Reset password | tests/test_page_7.py::test_reset_password_2 |",
    "- Users choose a password",
    "## Token",
    "FROM python:3.12-slim@sha256:" + letters("ho docker", 64, HEX),
    "ETag: W/\"" + letters("ho etag", 27) + '"',
    "  node_id: MDQ6VXNlcjE=",
    "const KEY_BINDINGS = { 'Ctrl+Shift+P': 'palette', 'Alt+F4': 'close' }",
    "with open('key-2026-01-31.csv', encoding='utf-8') as file:",
    "with mock.patch('app.tokens.read_token_v2') as read:",
    "Authorization: Bearer YOUR_ACCESS_TOKEN",
    "curl -u username:password https://api.example.com/v1/items",
    "machine api.example.com login <user> password <password>",
    "sk_test_your_key_here",
    "Tracking: UA-12345678-1, measurement G-XXXXXXXXXX",
    "SENTRY_DSN=https://examplePublicKey@o0.ingest.sentry.io/0",
    "public key: 04 is the prefix of an uncompressed point",
    "pass: 14 of 15 tests, with 3.2s each",
    "key=lambda row: (row.sort_key2, row.name)",
    "assert response.json()['token_type'] == 'bearer'",
    "aria-labelledby=\"key-features-heading-1\"",
    "FIREBASE_PROJECT=bakery-prod-4f2a1",
    "secretName: shop-tls-2026",
    "kubectl create secret generic shop --from-literal=password=$PASSWORD1",
    "x-request-id: 01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "figma.com/file/" + letters("ho figma", 22) + "/Design-tokens",
    "https://docs.google.com/document/d/1" + letters("ho gdoc", 43) + "/edit",
    "https://www.youtube.com/watch?v=" + letters("ho yt", 11),
    "@media (min-width: 48rem) { .pass-through-grid-2col { gap: 1.5rem } }",
    "!function(e,t){e.key=t.a1b2c3;var n=e.token||0xdeadbeef}(window,{});",
    "GOOGLE_MAPS_MAP_ID=8e0a97af9386fef",
    "password_reset_timeout_days: 3",
    'description = "Keys with 256-bit AES-GCM-SIV and HKDF-SHA512"',
)  # fmt: skip
