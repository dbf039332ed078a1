"""Texts by rules: shortened, tidied, sorted. Nothing is said that was not given; prose and translation are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.backends.offline.agents.sentences import choose_telling, cut_words, distinct, sentences
from shared.backends.offline.language import guess_language
from shared.core.models.model_errors import Refused

_TELLING = re.compile(r"\d|\b(decided|agreed|must|deadline|due|open|beschlossen|décidé|decidido)\b|\?$", re.IGNORECASE)


def write(data: Mapping[str, Any]) -> dict[str, Any]:
    """Put the facts together as they are, within the words; the rest is left out and named."""
    room, kept, left = int(data["words"]), list[str](), list[str]()
    for fact in distinct(str(statement).strip() for statement in data["facts"]):
        length = len(fact.split())
        fits = length <= room
        (kept if fits else left).append(fact)
        room -= length if fits else 0
    title = cut_words(sentences(str(data["brief"]))[0] if str(data["brief"]).strip() else "Text", 10)
    text = "\n\n".join(fact if fact[-1:] in ".!?" else f"{fact}." for fact in kept)
    return {"title": title, "text": text, "missing": [], "left_out": [f"{fact} (no room)"[:400] for fact in left]}


_TIDY = (
    (re.compile(r"(?<![ \t])[ \t]+(?=\n|\Z)"), "", "spaces at the ends of lines"),
    (re.compile(r"(?<=\S)[ \t]{2,}(?=\S)"), " ", "double spaces"),
    (re.compile(r"\n{3,}"), "\n\n", "empty lines"),
    (re.compile(r"\b(\w+)( \1\b)+", re.IGNORECASE), r"\1", "words written twice"),
    (re.compile(r"(?<=\w) +(?=[,;:!?](?:\s|$))"), "", "spaces before marks"),
    (re.compile(r"!{2,}"), "!", "repeated exclamation marks"),
)


def edit(data: Mapping[str, Any]) -> dict[str, Any]:
    """Mend what can be seen without understanding: spaces, empty lines, words written twice."""
    text, changes = str(data["text"]), []
    for pattern, instead, what in _TIDY:
        after = pattern.sub(instead, text)
        if after != text:
            text = after
            changes.append(f"Mended {what}.")
    return {"text": text, "changes": changes, "doubts": []}


def summarise(data: Mapping[str, Any]) -> dict[str, Any]:
    """Quote the sentences that say most of the rest, within the words; figures, dates and questions as points."""
    parts = distinct(sentences(str(data["text"])))
    kept = choose_telling(parts, int(data["words"]))
    if not kept and parts:
        kept = [cut_words(parts[0], int(data["words"]))]
    points = [part[:400] for part in parts if _TELLING.search(part)]
    return {"summary": " ".join(kept)[:8000], "points": points[:20]}


def translate(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give back what is in that language already; raises Refused for everything else."""
    text, wanted = str(data["text"]), str(data["language"]).lower().partition("-")[0]
    spoken = guess_language(text)
    if spoken == wanted or not re.search(r"[^\W\d_]", text):
        return {"text": text, "language": spoken, "doubts": []}
    raise Refused(f"the offline model cannot translate from {spoken} to {wanted}; connect a language model")


_SECTIONS = (
    ("What you have to do", r"^(breaking|remove[sd]?|drop(?:s|ped)?|rename[sd]?|require[sd]?|migrat\w+|deprecat\w+)\b"),
    ("New", r"^(add(?:s|ed)?|new|introduce[sd]?|feat(?:ure)?|allow(?:s|ed)?|support(?:s|ed)?)\b"),
    ("Mended", r"^(fix(?:es|ed)?|mend(?:s|ed)?|bug|correct(?:s|ed)?|hotfix|prevent(?:s|ed)?)\b"),
)
_INSIDE = re.compile(r"^(refactor\w*|chore|test[s]?|ci|docs?|bump\w*|lint|format|internal|build)\b", re.IGNORECASE)
_KIND_BEFORE = re.compile(r"^(feat|fix|perf|breaking|hotfix)(\([^)]*\))?!?:\s*", re.IGNORECASE)


def release_notes(data: Mapping[str, Any]) -> dict[str, Any]:
    """Sort the changes by their first word; those that no user notices are left out."""
    found: dict[str, list[str]] = {}
    left = []
    for change in distinct(str(text).strip() for text in data["changes"]):
        if _INSIDE.search(change):
            left.append(change)
            continue
        heading = next((name for name, words in _SECTIONS if re.search(words, change, re.IGNORECASE)), "Better")
        line = _KIND_BEFORE.sub("", change)
        found.setdefault(heading, []).append((line[:1].upper() + line[1:])[:400])
    order = [*(name for name, _ in _SECTIONS[:2]), "Better", _SECTIONS[2][0]]
    sections = [{"heading": name, "items": found[name]} for name in order if name in found]
    return {"title": f"Version {data['version']}", "sections": sections, "left_out": left}


_DONE = re.compile(
    r"\b(done|closed|finished|complete[d]?|shipped|merged|live|erledigt|fertig|terminé)\b", re.IGNORECASE
)
_STUCK = re.compile(r"\b(block\w*|wait\w*|stuck|on hold|paused|failed|blockiert|wartet)\b", re.IGNORECASE)
_MOVING = re.compile(r"\b(doing|progress|started|review|building|testing|arbeit|läuft|cours)\b", re.IGNORECASE)


def status(data: Mapping[str, Any]) -> dict[str, Any]:
    """Sort what there is by the team's own words for where it stands."""
    lists: dict[str, list[str]] = {"done": [], "doing": [], "blocked": []}
    for item in data["items"]:
        state, note = str(item["status"]), str(item["note"]).strip()
        line = f"{item['title']}: {note}"[:400] if note else str(item["title"])
        if _STUCK.search(state) or _STUCK.search(note):
            lists["blocked"].append(line)
        elif _DONE.search(state):
            lists["done"].append(line)
        elif _MOVING.search(state):
            lists["doing"].append(line)
    counts = ", ".join(f"{len(lists[name])} {word}" for name, word in _COUNTED)
    return {"headline": f"Since {data['since']}: {counts}.", **lists}


_COUNTED = (("done", "finished"), ("doing", "under way"), ("blocked", "blocked"))
_WELL = re.compile(r"\b(succe\w+|passed|shipped|early|approved|green|solved|on time|praised)\b", re.IGNORECASE)
_BADLY = re.compile(
    r"\b(fail\w*|broke\w*|late|delay\w*|reverted|rolled back|outage|missed|red|again|lost)\b", re.IGNORECASE
)


def retrospective(data: Mapping[str, Any]) -> dict[str, Any]:
    """Sort what happened by its words; what went badly more than once becomes something to do."""
    events = [str(event).strip() for event in data["events"] if str(event).strip()]
    badly = [event for event in events if _BADLY.search(event)]
    well = [event for event in events if _WELL.search(event) and event not in badly]
    actions = [f"Find out why: {cut_words(event, 30)}"[:400] for event in distinct(badly)[:3]]
    return {"well": distinct(well)[:20], "badly": distinct(badly)[:20], "actions": actions}


_FORMS = (  # (words of the rule, how the value is read, how it is written)
    (r"iso|yyyy-mm-dd", ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y", "%Y/%m/%d"), "%Y-%m-%d"),
)


def clean(data: Mapping[str, Any]) -> dict[str, Any]:
    """Bring values into one form where that is certain: letters, spaces, days that can be read in one way."""
    rule = str(data["rule"]).casefold()
    rows = []
    for row in data["rows"]:
        before = str(row["value"])
        after, why = _clean_value(rule, before)
        rows.append({"id": row["id"], "value": after, "changed": after != before, "why": why})
    return {"rows": rows}


def _clean_value(rule: str, value: str) -> tuple[str, str]:
    bare = " ".join(value.split())
    for words, read, written in _FORMS:
        if re.search(words, rule):
            for form in read:
                try:
                    return datetime.strptime(bare, form).strftime(written), f"read as {form}"
                except ValueError:
                    continue
            return value, "cannot be read as one day for certain"
    if re.search(r"lower", rule):
        return bare.lower(), "in small letters"
    if re.search(r"upper|capitals", rule):
        return bare.upper(), "in capital letters"
    if re.search(r"digits|phone", rule):
        return re.sub(r"[^\d+]", "", bare), "digits alone"
    if re.search(r"trim|space", rule):
        return bare, "spaces taken out"
    return value, "the offline model has no rule for this form"
