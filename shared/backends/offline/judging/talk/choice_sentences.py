"""A choice in a whole sentence, as people answer: “Yes, please just make the website with what stands on the page.”

Such a sentence says nothing but one kind of work, agreement, and that all is said already. A word beyond that may be
content, a condition or a doubt, and then it is no choice: what is built from it would not be what was answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_KINDS: Mapping[str, str] = {
    "site": r"web ?-?sites?|web ?-?pages?|home ?pages?|sites?|pages?|web ?-?seiten?|internet-?seiten?|seiten?"
    r"|(?:site|page) (?:web|internet)|(?:sitio|página|pagina) web|sitio|página|pagina|sito(?: web)?|сайт|strona"
    r"|网站|网页|ウェブサイト|サイト",
    "service": r"(?:web ?)?services?|apis?|dienst|schnittstelle|servicio|serviço|servizio|сервис|服务|接口|サービス",
    "tool": r"(?:command[- ]line )?(?:tools?|programs?)|cli|werkzeug|programm|outil|herramienta|ferramenta|strumento"
    r"|hulpmiddel|工具|ツール",
}
_THERE = r"(?:(?:on|in) (?:the|this|that|our|my) (?:page|text)|there|above|here|already)"
_ALREADY_SAID = re.compile(
    rf"\b(?:with |from |of |just |exactly |only )*(?:what(?:ever)?|everything|all)(?: that)?(?: i| we)?"
    rf" (?:(?:stands?|is|have|has|says?|was|been|written|wrote|described|said) )*{_THERE}"
    r"|\b(?:just |exactly |only )*as (?:it|the page|the text|they)(?: (?:is|are|stands?|says?|describes?))+"
    rf"(?: (?:described|written|{_THERE}))*"
    rf"|\bas (?:described|written|said|stated|is|planned)(?: {_THERE})?|\blike (?:that|this|so)\b"
    r"|\b(?:there is )?nothing (?:else|more|left out)(?: (?:is|to|we) (?:needed|know|add|say|need|want))?"
    r"|\b(?:that|this)(?: is|['’]s) (?:all|it|enough)(?: we (?:need|want))?"
    r"|\b(?:it|everything|all)(?: else)? (?:is|has been) (?:all )?(?:said|there|up to you)"
    r"|\bfrom (?:the|this|our|my) page\b"
    r"|\b(?:genau )?so,? wie (?:es|er|sie) (?:da|dort|oben)?(?: |\b)(?:ist|steht|beschrieben)"
    r"|\bmit (?:dem|genau dem|allem),? was (?:da|dort|oben|auf der seite) steht|\bwie (?:beschrieben|geschrieben)"
    r"|\bmit (?:genau )?(?:dem|diesem) (?:inhalt|text)|\bsonst nichts\b|\bmehr nicht\b|\bauf der seite\b"
    r"|\b(?:avec )?ce qui (?:est|se trouve)(?: écrit| dit)?(?: (?:sur|dans) la page)?|\btel(?:le)? quel(?:le)?"
    r"|\bcomme (?:décrit|écrit|ça)|\brien (?:d['’]autre|de plus)|\bcomme c['’]est\b"
    r"|\btal (?:como|y como|qual) (?:está|es)|\bcon lo que (?:está|dice|pone)(?: escrito)?(?: en la página)?"
    r"|\bnada más\b|\bcom o que está(?: escrito)?(?: na página)?|\b(?:assim )?como está\b|\bmais nada\b|\bnada mais\b"
    r"|\bcosì com['’]è|\bcome (?:descritto|scritto)|\bcon quello che c['’]è(?: scritto)?|\bnient['’]altro"
    r"|\bzoals (?:het|beschreven)(?: er)?(?: staat| is)?|\bverder niets\b"
    r"|(?:就|只)?(?:按照?|照|用)(?:这个)?页面?上?(?:面)?(?:写|说)?的?(?:内容|文字)?(?:来)?|原样|不用别的|そのまま",
)
_OTHER_KIND = re.compile(
    r"\b(?:not|no|rather than|instead of|kein\w*|nicht|pas|sin|não|non|geen|niet)"
    rf" (?:an? |the |as |de |d['’]|une? |una |uma? |um |eine?n? )?(?:{'|'.join(_KINDS.values())})\b"
)
_LEFT_OUT = re.compile(
    r"\b(?:without|leave out|leaving out|minus|except(?: for)?) (?:the |that |this |our )?"
    r"(?:(?:private|internal|confidential|marked|secret) )?(?:sections?|parts?|paragraphs?|lines?|bits?)"
    r"(?: (?:that|which)(?: is| are)| marked)?(?: as)?(?: only)?"
    r"(?: (?:for us|for ourselves|private|internal|confidential|secret|marked))?(?!\w)"
    r"|\bohne den (?:internen |privaten )?(?:teil|abschnitt)(?:,? der nur für uns ist)?"
    r"|\bsans la partie (?:interne|privée)|\bsin la parte (?:interna|privada)|\bsem a parte (?:interna|privada)",
)
_PUBLISH = re.compile(
    r"\b(?:publish|publie[zr]?|publi(?:que|ca|car)|pubblica\w*|veröffentlich\w*)\b|\b(?:put|go) (?:\w+ )?online\b"
    r"|\bstell\w* (?:\w+ )?(?:online|ins netz)\b|发布|公开して"
)
_ELSE_WORDS = (
    "yes yeah yep ok okay sure fine right good great please thanks thank you kindly just only simply really and "
    "so then i we us me our would like d ll want need have do make build create write set up go ahead take prefer "
    "let s it this that should shall can could be become is are a an the one single static small little simple "
    "plain ordinary normal as from now today for all of everything exactly to there very much in with ja gerne "
    "bitte danke einfach nur mach macht machen bau baut bauen erstell erstelle erstellt schreib schreibt eine "
    "einen ein die den das der wir möchten wollen ich möchte es kleine kleinen gern genau und oui merci faites "
    "fais faire créez simplement juste le la un une nous voulons je veux il vous plaît petit et sí si por favor "
    "haga haz hagan hacer cree crea sólo solo gracias el una queremos quiero pequeño y sim faça façam fazer crie "
    "só obrigado obrigada o uma um quero e sì fate fai fare pure grazie lo vogliamo vorrei semplicemente per "
    "favore graag alsjeblieft bedankt maak gewoon de het een wij willen alleen"
)
_ELSE = frozenset(_ELSE_WORDS.split())
_ELSE_UNSPACED = re.compile(
    r"[好是可以的对请直接就做建写一个简单小把来吧了谢谢我们要，。！はいぜひお願いしますを作ってください]+"
)


def choice_in_sentences(text: str) -> str:
    """Return the choice of `said.CHOICES` that an answer makes in sentences which say nothing else; "" otherwise."""
    low = " ".join(text.casefold().split())
    if low.rstrip(" .!").endswith(("?", "？")):
        return ""
    low, left_out = _LEFT_OUT.subn(" ", low)
    rest = _OTHER_KIND.sub(" ", _ALREADY_SAID.sub(" ", low))
    chosen: set[str] = set()
    for kind, words in _KINDS.items():
        rest, times = re.subn(rf"\b(?:{words})\b|(?:{_select_unspaced(words)})", " ", rest)
        chosen |= {kind} if times else set()
    rest, published = _PUBLISH.subn(" ", rest)
    if not all(word in _ELSE or _ELSE_UNSPACED.fullmatch(word) for word in re.findall(r"\w+", rest)):
        return ""
    if left_out:
        return "without" if chosen <= {"site"} else ""
    if chosen & {"service", "tool"}:  # “write the tool” means what the page asks for, and not the lesser one we offer
        return ""
    return chosen.pop() if chosen else "publish" if published else ""


def _select_unspaced(words: str) -> str:
    """Return those of the words that are written without spaces around them."""
    return "|".join(word for word in words.split("|") if re.fullmatch(r"[\u3040-\u30ff\u3400-\u9fff]+", word))


def is_against(text: str) -> bool:
    """Say whether an answer in a word or two is against the kind that it names: “No website, please.”"""
    return bool(_OTHER_KIND.search(" ".join(text.casefold().split())))
