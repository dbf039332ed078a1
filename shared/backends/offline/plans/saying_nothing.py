"""Sentences beside a wish that say nothing a site could show: how it should be, whom to ask, that others have one."""

from __future__ import annotations

import re

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
