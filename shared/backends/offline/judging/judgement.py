"""What a page is taken for and why, and what is asked or refused instead of a plan.

The order: a person's word decides; then what the page forbids; then what is not for everybody; then work that rules
cannot do; then what a person has said of an earlier plan of the page; then the weights. Where they speak for notes, or
nothing tells what the page is for, people are asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.backends.offline.endpoints import read_endpoints
from shared.backends.offline.fields import read_fields
from shared.backends.offline.invocations import read_invocations
from shared.backends.offline.judging.clues.evidence import Found, find_signs, keeps_records, lines_of, weigh
from shared.backends.offline.judging.clues.signs import (
    BEYOND,
    EXISTS,
    NOTES,
    NOTHING,
    NOTION,
    PEOPLE,
    PRIVATE,
    REPAIR,
    SERVICE,
    SITE,
    Sign,
)
from shared.backends.offline.judging.thinness import THIN, UNTOLD, WEAK, says_much, traits_of
from shared.backends.offline.judging.wishes.contradictions import CONTRADICTS, find_contradictions
from shared.backends.offline.judging.wishes.table_orders import find_table_orders
from shared.backends.offline.judging.wishes.unsupported import wishes_beyond, wishes_to_compute
from shared.core.page import Page

PROGRAM = "program"  # one that does things, which rules cannot write
TOOL = "tool"  # what people call a service that is used by commands
_MORE = Sign(BEYOND, 0, "wants more than rules can do", re.compile("$^"))
_KINDS = (SITE, SERVICE, TOOL)
ENOUGH = 5  # what a program needs to be taken for one
_FAULT = 8  # and a fault: more than one sign
_MAX_TOLD = 3

_DOES = re.compile(
    r"\b(?:renam|convert|mov(?:e|es|ing) |sort(?:s|ing)?\b|resiz|compress|download|upload|scrap(?:e|es|ing)\b|"
    r"crawl|send|e-?mails?\b"
    r"|notif(?:y|ies)|remind|merg|split|extract|calculat|comput|pars(?:e|es|ing)\b|translat|transcrib|generat|sync|"
    r"back(?:s|ing)? up"
    r"|encrypt|detect|recogni[sz]|read(?:s|ing)? the|look(?:s|ing)? at|turn(?:s|ing)? .* into|writ(?:e|es|ing) "
    r"(?:a|the)|undo|dry[- ]run"
    r"|umbenenn|umzubenenn|benennt|verschick|sende[nt]\b|sortier|berechn|zusammenrechn|umwandel|herunterlad|"
    r"übersetz|renomm|conver"
    r"|envo(?:ie|yer|yez)|trie[rz]?\b|calcul|télécharg|renombr|enviar|envía|ordena|descarg|rinomin|invia|scaric|"
    r"renome|envia"
    r"|hernoem|verstu|переимен|конверт|отправ|сортир|вычисл|скачив|yeniden adlandır|dönüştür|gönder)"
    r"|重命名|改名|转换|发送|下载|提取|计算|リネーム|変換|送信|抽出|이름을 바|변환|إعادة تسمية|تحويل|إرسال|تغییر "
    r"نام|تبدیل|ارسال",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"\b(?:scripts?|skripte?|scraper|crawler|converter|bot)\b|\b(?:tool|program|programme|werkzeug|programm|outil"
    r"|programa|herramienta|programma|strumento|hulpmiddel|ferramenta)\b"
    r",? (?:that|which|to|das|mit dem|qui|pour|que|para|che|dat)\b"
    r"|скрипт|اسکریپت|脚本|スクリプト",
    re.IGNORECASE,
)
_PLAY = re.compile(r"\b(?:scripts?|skripte?|tool|program|programm|outil|programa|strumento|programma)\b", re.IGNORECASE)
_SHALL = re.compile(
    r"\b(?:it|es|il|esto|het|bu) (?:\w+ )?(?:should|shall|must|has to|needs to|soll|muss|doit|devrait|debe|deve|"
    r"moet)\b"
    r"(?! (?:be|look|feel|sein|aussehen|être|ser|essere|zijn)\b)",
    re.IGNORECASE,
)  # "a script for the taxes: it shall find …"; one for a play does nothing by itself
_KEEPS = re.compile(
    r"keep|track|record|stor(?:e|ing)|collect|\blog|register|inventor|catalog|archive|manag|lend|lent|borrow|book"
    r"|note|list|verwalt|speicher|sammel|erfass|notier|merk|\bführ|liste|verleih|ausleih|aufschreib|gard|enregistr|"
    r"suivi"
    r"|\bnot[ea]|gér|invent|guard|registr|anot|gestion|tener|elenc|annot|bijhou|beheer|bewaar|lijst|kayd|kayıt|"
    r"takip|yönet"
    r"|хран|запис|уч[её]т|спис|نگه|ثبت|فهرست|حفظ|تسجيل|قائمة|记录|保存|管理|登记|記録|登録",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the page is taken for, the signs that speak for it, and whether people are asked before it is built."""

    taken_for: str  # a kind of signs.py, or PROGRAM
    because: tuple[Found, ...] = ()
    asked: bool = False  # it is a question, or a refusal in words
    chosen: bool = False  # a person said so
    tool: bool = False  # a person asked for commands, and not for addresses
    from_notes: bool = False  # notes that ask for a program: only what speaks of it is for others

    @property
    def called(self) -> str:
        """Return what it is, in words for people."""
        if self.taken_for == SERVICE:
            built = "a tool to build" if self.tool else "a service to build"
            return "notes that ask for a service" if self.from_notes else built
        named = [each.sign.called for each in self.because if each.sign.called and each.sign.of == SITE]
        return f"{named[0]} to publish" if named else "a page to publish"

    def describe(self) -> str:
        """Return the sentence that begins the plan."""
        if self.chosen:
            return f"Taken for {self.called}, because somebody has said so in a comment."
        lines = {each.line.text: each.words for each in reversed(self.because) if each.sign.of == self.taken_for}
        why = [each.words for each in self.because if each.words in lines.values()][:_MAX_TOLD]
        reasons = " and ".join(([", ".join(why[:-1])] if why[:-1] else []) + [why[-1]])
        return f"Taken for {self.called}, because it {reasons}."


def judge(page: Page, choices: Sequence[str] = (), earlier: Sequence[str] = ()) -> Judgement:
    """Return what the page is taken for; `choices` are what people have said in a word, `earlier` of its plans before.

    What was said earlier tells what the page is for, and not that what is private, or forbidden, by now may be built.
    “Without” allows nothing: what it leaves out has gone from the page before, and what is still private here stays so.
    """
    found = [*find_signs(page), *find_table_orders(lines_of(page))]
    sums = weigh(found)
    program = _asks_for_program(page, found, sums)
    chosen = [{"publish": SITE}.get(each, each) for each in choices if each in (*_KINDS, "publish")]
    if chosen and chosen[-1] == SITE and SERVICE not in chosen and "publish" in choices and program:
        chosen = [SERVICE]  # all of it may be seen: that is no word on what it is
    kept = _find_obstacle(page, found, sums, program=program)
    if chosen and not (kept == PRIVATE and choices[-1] == "without"):
        return _judge_chosen(chosen[-1], found)
    if kept:
        return Judgement(kept, _list_kind(kept, found), asked=True)
    if before := [each for each in earlier if each in _KINDS]:
        return _judge_chosen(before[-1], found)
    if program:
        notes = sums[NOTES] >= ENOUGH or any(each.sign.says == PEOPLE for each in found)
        more = tuple(Found(_MORE, line) for line in wishes_to_compute(page))
        beyond = bool(more) or does_more_than_keep(page)
        signs = (*more, *_list_kind(SERVICE, found))
        return Judgement(PROGRAM if beyond else SERVICE, signs, asked=beyond, from_notes=notes)
    if sums[NOTES] > sums[SITE] or _is_checklist(page, sums):
        return Judgement(NOTES, _list_kind(NOTES, found), asked=True)
    if against := find_contradictions(lines_of(page)):
        return Judgement(CONTRADICTS, against, asked=True)
    exists = any(each.sign.says == EXISTS for each in found)
    if not exists and (wishes := wishes_beyond(page)).enough:
        return Judgement(BEYOND, tuple(Found(_MORE, line) for line in wishes.lines), asked=True)
    signs = _list_kind(SITE, found)
    traits = signs if any(each.sign.weight > WEAK for each in signs) else traits_of(page, signs)
    return Judgement(SITE, traits) if traits else Judgement(UNTOLD if says_much(page) else THIN, asked=True)


def _list_kind(kind: str, found: Sequence[Found]) -> tuple[Found, ...]:
    return tuple(each for each in found if each.sign.of == kind)


def _judge_chosen(kind: str, found: Sequence[Found]) -> Judgement:
    of = SITE if kind == SITE else SERVICE
    return Judgement(of, _list_kind(of, found), chosen=True, tool=kind == TOOL)


def _asks_for_program(page: Page, found: Sequence[Found], sums: dict[str, int]) -> bool:
    spoken = sums.get(SERVICE, 0)
    named = any(each.sign.weight > ENOUGH for each in _list_kind(SERVICE, found))  # a mention in notes asks for nothing
    enough = spoken >= ENOUGH and spoken > max(sums[NOTES], sums[SITE] - 1)
    return (enough and (named or not sums[NOTES])) or _shall_do(page)


def _find_obstacle(page: Page, found: list[Found], sums: dict[str, int], *, program: bool) -> str:
    """Return what stands against building anything from the page: "" where nothing does."""
    of = {each.sign.of for each in found}
    if NOTHING in of and sums.get(SERVICE, 0) < ENOUGH:
        return NOTHING
    if PRIVATE in of:
        return PRIVATE
    if NOTION in of and sums[SITE] < sums[NOTION] and not program:
        return NOTION
    at_fault = sums.get(REPAIR, 0) >= _FAULT and sums[SITE] <= sums[REPAIR]
    return REPAIR if at_fault and not read_endpoints(page) else ""


def does_more_than_keep(page: Page) -> bool:
    """Say whether the program shall do what rules cannot write; addresses and commands of records they can."""
    commands = [each for each in read_invocations(page) if each.verb != "serve"]
    if read_endpoints(page) or len([each for each in commands if keeps_records(each)]) >= 2:
        return False
    lines = lines_of(page)
    does = [line for line in lines if _DOES.search(line.text)]
    if len(does) >= 3 or [each for each in commands if not keeps_records(each)]:
        return True
    text = "\n".join(line.text for line in lines)
    keeps = any(read_fields(page, ("records",)).values()) or bool(_KEEPS.search(text))
    return bool(_SCRIPT.search(text)) and not keeps


def _shall_do(page: Page) -> bool:
    return bool(_PLAY.search(page.title)) and any(_SHALL.search(line.text) for line in lines_of(page))


def _is_checklist(page: Page, sums: dict[str, int]) -> bool:
    """Say whether a page is boxes to tick, or a few words each to remember, and nothing that others would look for."""
    spoken = [block for block in page.walk() if block.text.strip() or block.cells]
    boxes = [block for block in spoken if block.type == "to_do"]
    if len(boxes) >= 3 and len(boxes) >= 0.8 * len(spoken) and sums[SITE] <= 3:
        return True
    listed = [block for block in spoken if block.type in ("bulleted_list_item", "to_do")]
    short = [block for block in listed if len(block.text.split()) <= 2 and len(block.text) <= 20]
    return len(listed) == len(spoken) == len(short) and len(short) >= 3 and sums[SITE] == 1
