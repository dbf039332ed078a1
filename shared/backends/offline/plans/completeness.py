"""Whether a page says enough to build from, and what to ask its people where it does not.

A page may say that something is wished for, and nothing of what it shall show or do: its sentences are about the thing
itself ("it should be modern"), unsure, or questions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.backends.offline.page_blocks import heading_level, read_own_words
from shared.backends.offline.sentence_ends import sentences_of
from shared.core.page import Page

_HOW_WORDS = (
    "modern easy simple nice beautiful pretty cool fresh clean friendly colourful colorful professional cheap "
    "fast quick stylish elegant plain fancy calm bright usable intuitive attractive interactive digital serious "
    "fun tidy clear complicated expensive boring ugly old-fashioned affordable user-friendly einfach schlicht "
    "schön hübsch freundlich bunt günstig schnell übersichtlich frisch modernes schönes einfaches kompliziert "
    "teuer edel klar benutzerfreundlich moderne joli jolie beau belle clair claire facile rapide coloré colorée "
    "cher compliqué élégant moderno moderna sencillo sencilla bonito bonita fácil rápido rápida colorido claro "
    "caro complicado elegante semplice bello bella veloce chiaro simples eenvoudig mooi makkelijk snel duidelijk "
    "vrolijk"
)
_HOW = frozenset(_HOW_WORDS.split())
_BESIDE_WORDS = (
    "and or but not too very really quite a bit more less than please something nothing it as possible und oder "
    "aber nicht zu sehr ganz bitte etwas nichts so wie möglich et ou mais pas trop très si y o pero no muy por "
    "favor e ma non troppo molto mas não en maar niet te heel"
)
_BESIDE = frozenset(_BESIDE_WORDS.split())
_WHO = r"(?:(?:mrs?|ms|dr|frau|herrn?|mme)\.? )?(?-i:[A-ZÀ-ÞА-Я])[^\W\d_]+(?: (?-i:[A-ZÀ-ÞА-Я])[^\W\d_]+)?"  # a name
_MORE = r"(?:unclear|in doubt|needed|necessary|details|more|questions|(?:the )?(?:details|rest|specifics))"
_REFERS = re.compile(
    rf"(?:please )?(?:ask|talk to|speak to|speak with|talk with|check with|contact|call) {_WHO}"
    rf"(?:,? (?:if|for|about|when|in case of|with) (?:(?:anything|something|it|you) (?:is|are|have) |any )?{_MORE})?"
    rf"|{_WHO} (?:knows|has|will tell(?: you)?) (?:more|best|all|everything|the (?:details|rest)|what we (?:need|want))"
    r"|(?:more|details|the rest|more details|everything else)(?: to follow| follows?| will follow| later| soon)+"
    rf"|(?:bitte )?fragt?(?:e|en sie)? (?:bitte )?{_WHO}(?:,? (?:wenn|falls|bei) .{{0,30}})?"
    rf"|{_WHO} weiß (?:mehr|bescheid|alles)|(?:mehr|näheres|details) (?:später|folgt|folgen)"
    rf"|(?:s['’]il vous plaît,? )?(?:demande[rz]?|voir) (?:à|avec) {_WHO}|{_WHO} sait tout"
    rf"|(?:por favor,? )?(?:pregunt\w+|habla\w*) (?:a|con) {_WHO}|{_WHO} (?:sabe|lo sabe)(?: más| todo)?"
    rf"|(?:chiedete|chiedi|chiedere) a {_WHO}|(?:perguntem?|falem? com) (?:a |à |ao )?{_WHO}"
    rf"|vraag (?:het )?(?:aan )?{_WHO}",
    re.IGNORECASE,
)
_ALIKE = re.compile(
    r"(?:maybe |perhaps |just |something )?(?:like|similar to|as) (?:what|the ones?|that|those|theirs)\b.{0,60}"
    r"|(?:all )?(?:the )?(?:others|other \w+|everybody|everyone) (?:else )?(?:has|have) (?:one|it)"
    r"(?: too| as well| already)?"
    r"|(?:so )?(?:ähnlich )?wie (?:die|das|der|bei) (?:von|vom|den|andere\w*)\b.{0,40}"
    r"|alle (?:anderen )?haben (?:so )?eine[ns]?"
    r"|comme (?:celui|celle|ceux|les autres)\b.{0,40}|como (?:el|la|los) (?:de|otros)\b.{0,40}",
    re.IGNORECASE,
)
_ENDS = re.compile(r"^[\s\W]+|[\s.!…:;,]+$")


def says_nothing(sentence: str) -> bool:
    """Say whether a sentence beside a wish only tells how the thing should be, whom to ask, or that others have one."""
    bare = _ENDS.sub("", sentence)
    words = re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", bare.casefold())
    only_how = bool(words) and all(word in _HOW or word in _BESIDE for word in words) and not _HOW.isdisjoint(words)
    return only_how or bool(_REFERS.fullmatch(bare)) or bool(_ALIKE.fullmatch(bare))


_THING = "|".join((  # words for what is to be made, whatever it is
    r"web ?-?sites?|web ?-?pages?|site|page|apps?|applications?|tools?|software|platforms?|programs?|systems?",
    "solutions?|something|anything|thing|seite|webseite|anwendung|plattform|programm|werkzeug|lösung|etwas|(?:irgend)?was",
    "digitales|outil|logiciel|plateforme|programme|quelque chose|truc|página|sitio|aplicación|herramienta|plataforma",
    "programa|sistema|algo|sito|pagina|applicazione|strumento|piattaforma|programma|qualcosa|ferramenta|aplicação|iets",
    "gereedschap|uygulama|araç|sistem|bir şey|сайт|приложение|программ[ау]|что-нибудь|что-то",
    "سایت|برنامه|چیزی|موقع|تطبيق|برنامج|شيء",
))  # fmt: skip
_WANT = "|".join((
    "needs?|wants?|wish(?:es)?|would like|'d like|would love|should have|brauchen?|wollen|möchten?",
    "hätten? gern\\w*|wünschen",
    "voulons|voudrions|voudrais|faut|besoin|aimerions|queremos|necesitamos|quisiéramos|hace falta|vogliamo|vorremmo",
    "serve|abbiamo bisogno|precisamos|gostaríamos|willen|hebben|zouden|nodig|lazım|istiyoruz|gerek",
    "нужен|нужно|нужна|хотим|хотелось|می\u200c?خواهیم|لازم|نیاز|نريد|نحتاج",
))  # fmt: skip
_IT = "it|this|that|everything|es|das|alles|ça|cela|il|elle|esto|todo|het|dat|bu|her şey|это|всё|он|она|оно"
_OUGHT = "|".join((
    "should|must|has to|needs? to|ought|soll\\w*|muss|müsste|doit|devrait|debe\\w*|tiene que|deve\\w*|dovrebbe",
    "moet\\w*|zou|olmalı|должен|должно|должна",
))  # fmt: skip
_BE = "be|look|feel|work|sein|aussehen|wirken|être|ser|estar|essere|parecer|zijn|zien|olmalı|быть|выглядеть"
_ABOUT_IT = (  # "it should be modern": how the thing is, not what it says or does
    rf"^(?:(?:and|but|also|und|et|y|e|en|ve) )?(?:{_IT})\b.{{0,12}}?\b(?=(?:{_OUGHT})\b)(?=.*\b(?:{_BE})\b)"
    rf"|^(?:debe\w*|deve\w*|dovrebbe|tiene que) (?:{_BE})\b"
)
_UNSURE = "|".join((
    "not sure|no idea|don'?t know|do not know|maybe|perhaps|tbd|tbc|to be (?:decided|defined|discussed)",
    "some(?:how| kinds? of| sorts? of)|you (?:decide|choose)|any ideas|weiß (?:ich |es )?(?:noch )?nicht",
    "vielleicht|irgendwie",
    "wissen (?:wir )?noch nicht|keine ahnung|mal sehen|je ne sais|on ne sait|peut-être|aucune idée|no sé|no sabemos",
    "quizás?|tal vez|non so|non sappiamo|forse|não sei|não sabemos|talvez|weet (?:ik )?(?:nog )?niet|misschien",
    "geen idee|bilmiyor\\w*|belki|не знаю|не знаем|может быть|наверное",
))  # fmt: skip
_WHATEVER = (  # "or whatever", "whatever works", "whatever you think": not "we repair whatever you bring"
    r"\bwhatever\b(?:\s*(?:[,;:.!?…)–—]|$)|,? (?:it takes|comes to mind|makes sense|goes|else comes)\b"
    r"|,? (?:works?|fits?|suits?|seems?|looks?|feels?) (?:best|good|fine|right|nice\w*|well|ok|okay|you|us)\b"
    r"|,? works?\W*$|,? is (?:best|fine|good|ok|okay|eas\w+|quick\w*|cheap\w*|simpl\w+|possible|usual|necessary)\b"
    r"|,? (?:you|they) (?:think|like|want|prefer|feel|decide|choose|find|suggest|can|see fit|recommend)\b"
    r"|,? (?:colou?rs?|tools?|technolog\w+|designs?|frameworks?|styles?|fonts?|languages?|ways?)\b)"
)
_UNSPACED = "需要|想要|欲しい|ほしい|不知道|也许|わからない|多分|نمی\u200c?دان|شاید|لا أعرف|لا نعرف|ربما"
_FACT = re.compile(r"\d|https?://|\S@\S|[‘“«„]\w")
_WISH = re.compile(
    rf"^(?=.*\b(?:{_WANT})\b)(?=.*\b(?:{_THING})\b)|{_ABOUT_IT}|\b(?:{_UNSURE})\b|{_WHATEVER}|{_UNSPACED}",
    re.IGNORECASE | re.DOTALL,
)
_ASKS = re.compile(r"[?？؟]\W*$")
_BLANKS = re.compile(r"[\s?!.…_\-–—·xX]*(?:tbd|todo|tba|n/a)?[\s?!.…_\-–—·xX]*", re.IGNORECASE)
_STATED = frozenset({"table_row", "code", "equation"})  # nobody makes a table of a wish


def build_question(title: str, language: str) -> str:
    """Return the question about a page that `only_wishes`."""
    return _TOO_VAGUE.get(language, _TOO_VAGUE["en"]).format(title=title)


def is_mere_wish(page: Page) -> bool:
    """Say whether a page says that something is wished for, and nothing of what it shall show or do."""
    spoken = [block for block in page.walk() if read_own_words(block) and not heading_level(block)]
    if any(block.type in _STATED or any(span.code for span in block.spans) for block in spoken):
        return False
    sentences = [sentence for block in spoken for sentence in sentences_of(read_own_words(block))]
    wishes = [bool(_WISH.search(sentence)) and not _FACT.search(sentence) for sentence in sentences]
    rest = [sentence for sentence, wish in zip(sentences, wishes, strict=True) if not wish]
    return any(wishes) and all(
        _BLANKS.fullmatch(sentence) or _ASKS.search(sentence) or says_nothing(sentence) for sentence in rest
    )


_TOO_VAGUE: Mapping[str, str] = {
    "en": "‘{title}’ says that something is wanted, but not yet what it should say or do. Who is it for, and which "
    "three things should they find there, or be able to do? One line each is enough: every line becomes a part of it.",
    "de": "‘{title}’ sagt, dass etwas gewünscht wird, aber noch nicht, was es sagen oder tun soll. Für wen ist es, und "
    "welche drei Dinge sollen sie dort finden oder tun können? Je eine Zeile genügt: Jede Zeile wird ein Teil davon.",
    "fr": "‘{title}’ dit que l’on souhaite quelque chose, mais pas encore ce que cela doit dire ou faire. Pour qui "
    "est-ce, et quelles trois choses doit-on y trouver ou y faire ? Une ligne pour chacune suffit.",
    "es": "‘{title}’ dice que se desea algo, pero todavía no qué debe decir o hacer. ¿Para quién es, y qué tres "
    "cosas deben encontrar o poder hacer allí? Basta una línea para cada una.",
    "it": "‘{title}’ dice che si desidera qualcosa, ma non ancora che cosa deve dire o fare. Per chi è, e quali tre "
    "cose si devono trovare o poter fare? Basta una riga per ciascuna.",
    "pt": "‘{title}’ diz que se deseja algo, mas ainda não o que deve dizer ou fazer. Para quem é, e que três coisas "
    "se devem encontrar ou poder fazer? Basta uma linha para cada uma.",
    "nl": "‘{title}’ zegt dat er iets gewenst is, maar nog niet wat het moet zeggen of doen. Voor wie is het, en "
    "welke drie dingen moeten zij er vinden of kunnen doen? Eén regel per ding is genoeg.",
    "tr": "‘{title}’ bir şey istendiğini söylüyor, ama ne göstereceğini ya da yapacağını henüz söylemiyor. Kimin için "
    "ve orada hangi üç şey bulunmalı ya da yapılabilmeli? Her biri için bir satır yeter.",
    "ru": "‘{title}’ говорит, что чего-то хочется, но ещё не говорит, что там должно быть сказано или сделано. Для "
    "кого это, и какие три вещи там должно быть можно найти или сделать? Достаточно по одной строке на каждую.",
}
