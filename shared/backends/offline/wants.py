"""Whether a page asks for a program (an API, a command-line tool, a script) or for a site."""

from __future__ import annotations

import re

from shared.backends.offline.endpoints import read_endpoints
from shared.backends.offline.language import guess_language
from shared.backends.offline.reading import heading_level, own_words
from shared.core.page import Page

SITE = "static_site"
SERVICE = "python_service"
_FIRST_LINES = 3

_CALLED = r"(?<![A-Za-z])(?:(?:REST|HTTP|JSON|web)[ -]?)?(?:API|CLI)s?(?![A-Za-z])"
_PHRASES = (
    r"\b(?:end ?points?|web ?services?|micro-?services?|rest(?:ful)? services?|http services?|command[- ]lines?)\b",
    r"\b(?:an?|the|small|little|tiny|simple|python|shell|bash) (?:\w+ )?(?:script|tool|service|program) "
    r"(?:that|which|to|for (?:keeping|managing|tracking|recording|storing))\b",
    r"\b(?:python|shell|bash)[- ]scripts?\b",
    r"\b(?:Schnittstelle|Kommandozeile\w*|Befehlszeile\w*|Endpunkte?|Webdienst\w*|Webservice)\b",
    r"\b(?:Skript|Werkzeug|Programm), (?:das|mit dem)\b",
    r"\b(?:ligne de commande|services? web|interface de programmation)\b|\b(?:script|outil|programme) (?:qui|pour)\b",
    r"\b(?:l[ií]nea de comandos|servicios? web)\b|\b(?:script|herramienta|programa) (?:que|para)\b",
    r"\b(?:linha de comandos?|serviços? web|ferramenta que)\b",
    r"\b(?:riga di comando|servizi?o? web|strumento che|programma che)\b",
    r"\b(?:opdrachtregel|webdienst|programma dat|hulpmiddel dat)\b",
    r"\b(?:komut satırı|uç nokta\w*|web servisi)\b",
    r"командн\w+ строк\w+|веб-?сервис\w*|эндпоинт\w*|\bскрипт, котор",
    r"خط فرمان|وب[ \u200c]?سرویس|رابط برنامه[ \u200c]?نویسی|ای[ \u200c]?پی[ \u200c]?آی",
    r"واجهة برمج\w*|سطر الأوامر|خدمة ويب",
    r"命令行|命令列|接口|コマンドライン|エンドポイント|명령줄",
)
_ASKS = re.compile("|".join((_CALLED, *_PHRASES)), re.IGNORECASE)
_DECLINES = re.compile(
    r"\b(?:no|not an?|without(?: an?)?|ohne|keine?|sans|sin|senza|sem|geen|zonder) (?:API|CLI|end ?points?)\b"
    r"|\b(?:bring|borrow|buy|carry|lend|take|offer)\w* (?:\w+ )?(?:\w+ )?(?:tool|service|script)s?\b"
    r"|https?://\S+|\S+@\S+",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"\b(?:scripts?|skripte?|tool|program|programm|outil|programa|strumento|programma)\b", re.IGNORECASE
)
_SHALL = re.compile(
    r"\b(?:it|es|il|esto|het|bu) (?:\w+ )?(?:should|shall|must|has to|needs to|soll|muss|doit|devrait|debe|deve|moet)\b"
    r"(?! (?:be|look|feel|sein|aussehen|être|ser|essere|zijn)\b)",
    re.IGNORECASE,
)  # "a script for the taxes: it shall find …"; one for a play does nothing by itself
_BEES = re.compile(r"\b[Aa]pi\b")  # is what they are called in Italian


def wanted_artifact(page: Page) -> str:
    """Return what to build. Only the title, properties, headings and first lines can ask; endpoints speak anywhere."""
    if read_endpoints(page):
        return SERVICE
    spoken = [block for block in page.walk() if own_words(block)]
    texts = [page.title, *page.properties.values()]
    texts += [own_words(block) for block in spoken if heading_level(block)]
    texts += [own_words(block) for block in spoken[:_FIRST_LINES]]
    if guess_language(" ".join(texts)) == "it":
        texts = [_BEES.sub("", text) for text in texts]
    if any(_ASKS.search(_DECLINES.sub("", text)) for text in texts):
        return SERVICE
    return SERVICE if _SCRIPT.search(page.title) and any(_SHALL.search(text) for text in texts) else SITE
