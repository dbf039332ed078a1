"""The rules themselves: a kind, literals of which one must be in the text, and a pattern whose group is the secret.

The prefixes are those that the vendors document for their keys. What the systems of our list document says each of them
itself (`System.secret_looks`); whoever searches hands their rules in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.core.system import SecretLook


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in a text: its kind, and where it stands."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret. The secret is group 1 of the pattern where there is one, else all of it.

    The pattern begins with the literal, or up to `back` characters before it, and not in the middle of a word. What it
    matches is one word of 15 letters or more, unless it is `short`.
    """

    kind: str
    literals: tuple[str, ...]
    pattern: re.Pattern[str]
    back: int = 0
    short: bool = False


def _rule(kind: str, literals: str, pattern: str, back: int = 0, *, short: bool = False) -> Rule:
    return Rule(kind, tuple(literals.split(" ")), re.compile(pattern), back, short)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Rules to search by. They are told apart by identity, so that what was found by them can be remembered."""

    every: tuple[Rule, ...]
    of_short_words: tuple[Rule, ...]


_PRIVATE = r"(?:[A-Z0-9]{1,12} ){0,3}?PRIVATE KEY(?: BLOCK)?-----"

# A group is never repeated possessively: Python 3.11.2, which Debian 12 has, then finds less (mended in 3.11.5).
OF_ALL: tuple[Rule, ...] = (
    _rule("private-key", "PRIVATE", rf"-----BEGIN {_PRIVATE}(?:(?:(?!-----)(?s:.)){{0,20000}}-----END {_PRIVATE}"
          r"|(?:(?s:.){0,120}?[A-Za-z0-9+/=]{40,}+)+)", 40,  # one that was cut off goes on as far as its lines do
          short=True),
    _rule("age-key", "AGE-SECRET", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    _rule("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,}+"),
    _rule("openai-key", "sk-", r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}+"),
    _rule("openai-key", "sk-", r"sk-[A-Za-z0-9]{32,}+"),
    _rule("openrouter-key", "sk-or-", r"sk-or-(?:v1-)?+[A-Za-z0-9]{32,}+"),
    _rule("xai-key", "xai-", r"xai-[A-Za-z0-9]{40,}+"),
    _rule("google-key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _rule("google-oauth", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,}+"),
    _rule("google-oauth", "ya29.", r"ya29\.[A-Za-z0-9_-]{20,}+"),
    _rule("google-oauth", "1//0", r"1//0[A-Za-z0-9_-]{30,}+"),
    _rule("linear-key", "lin_", r"lin_(?:api|oauth|wh)_[A-Za-z0-9]{30,}+"),
    _rule("aws-key", "AKIA ASIA ABIA ACCA", r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])"),
    _rule("stripe-key", "k_live_ k_test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}+", 1),
    _rule("webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=_-]{20,}+"),
    _rule("sendgrid-key", "SG.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,}+"),
    _rule("mailgun-key", "key-", r"key-[0-9a-f]{32}(?![0-9a-f])"),
    _rule("mailchimp-key", "-us", r"[0-9a-f]{32}-us[0-9]{1,2}(?![0-9a-z])", 32),
    _rule("twilio-key", "SK", r"SK[0-9a-f]{32}(?![0-9a-f])"),
    _rule("npm-token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _rule("pypi-token", "pypi-", r"pypi-[A-Za-z0-9_-]{50,}+"),
    _rule("huggingface-token", "hf_", r"hf_[A-Za-z0-9]{30,}+"),
    _rule("replicate-token", "r8_", r"r8_[A-Za-z0-9]{36,}+"),
    _rule("groq-key", "gsk_", r"gsk_[A-Za-z0-9]{40,}+"),
    _rule("digitalocean-token", "_v1_", r"do[opr]_v1_[0-9a-f]{64}", 3),
    _rule("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _rule("telegram-token", ":AA", r"(?:bot)?([0-9]{8,10}:AA[A-Za-z0-9_-]{32,}+)", 13),
    _rule("azure-signature", "sig=", r"(?<=[?&])sig=([A-Za-z0-9%/+_-]{36,}+=?)", short=True),
    _rule("discord-webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/[0-9]{5,}+/[A-Za-z0-9_-]{40,}+", 16),
    _rule("databricks-token", "dapi", r"dapi[0-9a-f]{32}(?![0-9a-f])"),
    _rule("figma-token", "figd_", r"figd_[A-Za-z0-9_-]{36,}+"),
    _rule("hubspot-token", "pat-", r"pat-(?:na|eu|ap)[0-9]-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    _rule("airtable-token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    _rule("postman-key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _rule("newrelic-key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    _rule("grafana-token", "glsa_ glc_", r"(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/=]{32,}+)"),
    _rule("atlassian-token", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{50,}+"),
    _rule("vault-token", "hvs. hvb.", r"hv[sb]\.[A-Za-z0-9_-]{24,}+"),
    _rule("terraform-token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}+", 14),
    _rule("doppler-token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40,}+"),
    _rule("square-token", "sq0", r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}+"),
    _rule("supabase-token", "sbp_", r"sbp_[0-9a-f]{40}"),
    _rule("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,}+"),
    _rule("heroku-key", "HRKU-", r"HRKU-[A-Za-z0-9_-]{30,}+"),
    _rule("sentry-token", "sntry", r"sntry[su]_[A-Za-z0-9+/=_-]{40,}+"),
    _rule("workwright-key", "ww_l",
          r"ww_(?:live|local)_[A-Za-z0-9-]{1,64}\.[0-9a-f]{12}\.[0-9a-f]{64}_[0-9a-f]{8}"),
    _rule("jwt", "eyJ", r"eyJ[A-Za-z0-9_-]{8,}+\.eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+"),
    _rule("password", "://",
          r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,80}:([^\s/@\"'<>\[\]{}$*]{3,200})@[\w.\[-]", 24, short=True),
    _rule("bearer", "earer", r"[Bb]earer\s{1,3}([A-Za-z0-9._~+/=-]{20,}+)", 1, short=True),
    _rule("basic-auth", "asic",
          r"[Aa]uthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?[Bb]asic\s{1,3}([A-Za-z0-9+/=]{12,}+)", 24, short=True),
)  # fmt: skip


def rules_with(looks: Iterable[SecretLook]) -> Rules:
    """Return all rules: those of systems first, so that a token after “Bearer” is told by its system's name."""
    every = (*(_rule(each.kind, each.literals, each.pattern) for each in looks), *OF_ALL)
    return Rules(every, tuple(rule for rule in every if rule.short))


@dataclass(frozen=True, slots=True)
class Word:
    """A word beside which a secret stands, in small letters.

    `before` must end what goes before it; `chosen` are secrets that people choose, which are short and look like words.
    """

    text: str
    chosen: bool = False
    alone: bool = False  # no letter follows
    before: re.Pattern[str] | None = None


CHOSEN = (
    r"passwor[dt]s?|passw(?:or)?d|passphrase|passcode|kennwort|pwd?|pass|pin|mot de passe|contraseña|contrasena|clave|"
    r"senha|wachtwoord|lösenord|parola|şifre|hasło|пароль|パスワード|暗証番号|비밀번호|密码|口令"
)
"""Words for a password, as patterns name them."""

PARTS_OF_CHOSEN = (
    *("pass", "pwd", "pw", "pin", "kennwort", "contrase", "clave", "senha"),
    *(
        "wachtwoord",
        "lösenord",
        "parola",
        "şifre",
        "hasło",
        "пароль",
        "パスワード",
        "暗証番号",
        "비밀번호",
        "密码",
        "口令",
    ),
)
"""What one of is in each of these words."""

_WHOSE_KEY = re.compile(
    r"(?:api|app|application|access|private|session|cookie|hmac|storage|signing|encryption|account|auth|service|client|"
    r"secret)[_ -]?$"
)
_CHOSEN = (
    "password passwd passphrase passwort passcode kennwort contraseña contrasena senha wachtwoord lösenord "
    "parola şifre hasło пароль パスワード 비밀번호 密码 口令 pwd"
)
_OF_NETWORKS = (
    *(
        "wpa key",
        "wpa2 key",
        "wpa3 key",
        "wpa2-key",
        "wifi key",
        "wi-fi key",
        "wlan key",
        "network key",
        "wlan-key",
        "wlan-schlüssel",
        "netzwerkschlüssel",
    ),
    *("clé wifi", "code wifi", "wifi code", "wi-fi code", "wlan-code"),
)
WORDS: tuple[Word, ...] = (
    *(Word(word, chosen=True) for word in _CHOSEN.split()),
    Word("pass", chosen=True, alone=True, before=re.compile(r"(?<!com)(?<!tres)(?<!by)(?<!sur)(?<!over)$")),
    *(Word(word, chosen=True, alone=True, before=re.compile(r"(?<![a-z])$")) for word in ("passe", "pw", "clave")),
    *(Word(word, chosen=True) for word in _OF_NETWORKS),
    *(Word(word, chosen=True) for word in ("shared secret", "pre-shared key", "preshared key")),
    Word("psk", chosen=True, alone=True, before=re.compile(r"(?<![a-z])$")),
    Word("secret", before=re.compile(r"(?<!checksum/)(?<!hash/)$")),
    *(Word(word) for word in ("credential", "bearer", "schlüssel", "geheimnis", "密钥", "令牌", "токен")),
    Word("token", before=re.compile(r"(?<!design[ _-])$")),  # those of a design are names of colours
    Word("key", before=_WHOSE_KEY),
)

_VALUE = r"\\?[\"'“”„«`]?(?:(?<=«)[ \u00a0\u202f])?([^\s\"'“”„»`,;|<>\\]{6,300})"

ASSIGNED = re.compile(
    rf"[\w.-]{{0,40}}[\"'“”*`)\]]{{0,4}}\\?[\"']?(?:\s{{0,4}}|"
    rf"[^\S\n]{{5,40}})(?::\s{{0,2}}[A-Za-z][\w.?]{{0,24}}\s{{0,4}}=(?!=)|:=|=>|->|[:=：＝])\s{{0,4}}{_VALUE}"
)
"""After a word that says secret: the rest of the name, a sign that gives it a value, and the value.

A line of a table gives nothing to its cells: what one says is no name of the next.
"""

PAIRED = re.compile(r"[\w.-]{0,40}[\"'],\s{0,4}[\"']([^\s\"']{6,300})[\"']\s{0,4}\)")
"""After a word that says secret, at the end of a name that is given to a call: the value given after it, the last."""

SEALED = re.compile(r"Ag[A-Z][A-Za-z0-9+/]{100}|pk\.eyJ|age1[0-9a-z]{58}$")
"""A value that only the cluster it was sealed for can read, or one that is made to be published."""

ELEMENT = re.compile(r"[\w.-]{0,40}>\s{0,4}([^\s<>]{6,300})\s{0,4}</")
"""After a word that says secret, at the end of an element's name: what the element holds."""

GIVEN = re.compile(r"[\w.-]{0,40}[\"']?,?\s{1,40}(?:-\s)?[\"']?(?i:value)[\"']?\s{0,4}(?::=|=>|[:=])\s{0,4}" + _VALUE)
"""After a word that says secret, at the end of a name: the value given to that name, as containers are told it."""

ABOUT = re.compile(
    r"(?i)[\w.-]{0,40}[._-](?:name|alias|encoder|hasher|algorithm|hash|type|hint|policy|length|count)s?(?![\w.-])"
    r"|(?<=key)[_-]?ids?(?![\w.-])"
)
"""The rest of a name that tells something about a secret, and is none."""

OPEN = re.compile(
    r"(?i)(?<![\w.-])(?![\w.-]*(?:private|secret))[\w.-]*"
    r"(?:public|publishable|pub_?key|(?:site|application_?server|dedup\w*|idempotency|partition|cache)_?key"
    r"|(?:next|prev|previous|page|paging|pagination|continuation|cursor|sync|resume|start|delta|csrf|"
    r"xsrf)[_-]?(?:page)?[_-]?token"
    r"|[._-](?:encoder|algorithm)|checksum/)[\w.-]{0,40}[\"'`]?\s{0,4}(?::=|=>|[:=])\s{0,4}[\"'`]?$"
)
"""Before a value: the name of a key that is made to be published, or of what else is no secret."""

SAID = re.compile(rf"\b[^.:=\n]{{0,40}}?\b(?:is|ist|lautet|es|est|é|è|är|was|war|now|jetzt)\s{{1,2}}{_VALUE}")
"""After such a word: its value told in a sentence."""

TOLD_IN_SCRIPT = re.compile(r"[^\n。!-~]{0,20}?(?:は|为|為|是|는|은)\s?[「『“\"'`]?([!#-&(-~]{6,64})")
"""After such a word in a script without spaces: its value, in letters of ASCII."""

LABELLED = re.compile(
    r"(?:^|[\s,;|(>*•-])\*{0,2}(?:(?!-)[A-ZÀ-Ý][^\W\d_]*|[^\W\d_]+[ -][^\W\d_]+)(?:[ -][^\W\d_]+){0,3}\*{0,2}"
    r"(?: \([^()]*\))?\*{0,2}\s?[:：]\*{0,2}\s{1,3}[*`“„«]{0,3}\Z"
    r"|[぀-ヿ㐀-鿿가-힯]{2,20}\s?[:：]\s?[「『“\"]?\Z"
)
"""Before a value: a label as people write them, and no name of a program."""

HARMLESS = re.compile(
    r"(?i)^(?:[$%{<(\[:]|your|my[-_]|example|dummy|sample|placeholder|changeme|redacted|insert|none|null|true|false|"
    r"os\.|"
    r"!vault\b|vault:v\d+:|ref\+\w+://|(?-i:Ag[A-Z][A-Za-z0-9+/]{100})|process\.|env\.|self\.|settings\.|config\.|"
    r"secrets?\.|x{4}|\*{3}|\.{3}|\[\[secret:)|xxxx|example|placeholder|"
    r"\(.*\)|^[A-Za-z_][\w.]*[(\[{]|^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$|^@[\w.]+@$|^\d{4}-\d\d-\d\d(?:T|$)|"
    r"^\d+\.\d+[a-z]{1,4}$|(?-i:^(?:[A-Z][A-Z0-9]*_[A-Z0-9_]*|[a-z][a-z0-9]*_[a-z0-9_]*)$)|^https?://|^arn:|^@[/.~]|"
    r"^(?:projects|subscriptions|organizations|folders)/|\[[\w\\^-]{3,}\](?:[+*?]|\{{1,2}\d)|^step:|^#\{|"
    r"^#[0-9a-fA-F]{3,8}$|^pk\.eyJ|^~?/\w+/"
)
"""Values that only name where a secret would come from, stand for one, or are one that was encrypted."""
