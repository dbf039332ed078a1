"""Work by rules: requirements, steps, tasks, days and their order, read from lines and words that are there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from shared.backends.offline.agents.sentences import distinct, overlap, sentences, share_of, words

_MUST = re.compile(r"\b(must|has to|have to|needs? to|always|never|required|muss|müssen|doit|debe)\b", re.IGNORECASE)
_COULD = re.compile(r"\b(maybe|perhaps|nice to have|later|optional|could|vielleicht|peut-être|quizás)\b", re.IGNORECASE)
_VAGUE = re.compile(r"\b(etc|and so on|something|somehow|some kind of|tbd|todo|\?\?\?)\b", re.IGNORECASE)


def requirements(data: Mapping[str, Any]) -> dict[str, Any]:
    """Make one requirement of every line that says something; questions of the text come back as questions."""
    parts = distinct(sentences(str(data["text"])))
    asked = [part for part in parts if part.endswith("?")]
    wishes = [part for part in parts if not part.endswith("?")][:200]
    listed = [
        {"id": f"R{number}", "text": wish[:1000], "priority": _priority(wish)} for number, wish in enumerate(wishes, 1)
    ]
    vague = [f"What is meant by: {wish[:300]}" for wish in wishes if _VAGUE.search(wish)]
    title = str(data["title"]).strip() or "this page"
    if not wishes:
        asked = [f"What should be made of “{title[:200]}”?", *asked]
    return {
        "asked": f"{title}: {wishes[0]}"[:800] if wishes else f"{title}: nothing is asked yet.",
        "requirements": listed,
        "missing": vague[:10],
        "questions": [question[:400] for question in asked[:3]],
    }


def _priority(wish: str) -> str:
    return "must" if _MUST.search(wish) else "could" if _COULD.search(wish) else "should"


_THEN = re.compile(r"\s*(?:;|, then | and then |\bthen\b|\n)\s*", re.IGNORECASE)


def plan(data: Mapping[str, Any]) -> dict[str, Any]:
    """Make a step of each line or part of the goal, each after the one before it."""
    parts = [part for line in sentences(str(data["goal"])) for part in _THEN.split(line) if part.strip(" .,")]
    steps = []
    for number, part in enumerate(distinct(parts)[:60], 1):
        title = part.strip(" .,")
        after = [f"S{number - 1}"] if number > 1 else []
        steps.append(
            {"id": f"S{number}", "title": (title[:1].upper() + title[1:])[:200], "why": "Asked for.", "after": after}
        )
    assumed = ["The order of the text is the order of the work."] if len(steps) > 1 else []
    return {"steps": steps, "assumptions": assumed, "risks": []}


_LASTING = re.compile(
    r"\b(delete|trash|remove|drop|overwrite|replace|publish|promote|send|e-?mail|pay|merge)\w*", re.IGNORECASE
)


def criticism(data: Mapping[str, Any]) -> dict[str, Any]:
    """Name wishes of which the plan has hardly a word, and effects that nobody asked for and that last."""
    asked, planned = str(data["asked"]), str(data["plan"])
    findings, plan_words = [], set(words(planned))
    for wish in distinct(sentences(asked)):
        wanted = words(wish)
        if len(wanted) >= 2 and share_of(wanted, plan_words) < 0.34:
            findings.append(
                _finding("medium", "the whole plan", f"No step speaks of: {wish}", "Add a step, or say why not.")
            )
    asked_words = set(words(asked))
    for lasting in {match[0].lower(): match for match in _LASTING.finditer(planned)}.values():
        if not asked_words & set(words(lasting[0])):
            line = next((each for each in planned.splitlines() if lasting[0] in each), planned)
            findings.append(
                _finding(
                    "high",
                    line.strip(),
                    (f"“{lasting[0]}” has a lasting effect, and nobody asked for it."),
                    "Ask about it, or leave it out.",
                )
            )
    verdict = "mend" if findings else "ok"
    return {"verdict": verdict, "findings": findings[:50]}


def _finding(severity: str, where: str, problem: str, mend: str) -> dict[str, str]:
    return {"severity": severity, "where": where[:300], "problem": problem[:600], "mend": mend}


_SIZES = (
    (r"\b(typo|rename|link|label|colou?r|text|word)\w*", 10, 20, 45),
    (r"\b(fix|bug|mend|update|change|adjust)\w*", 30, 90, 240),
    (r"\b(migrat|redesign|rewrite|integrat|architecture)\w*", 480, 1440, 4800),
    (r"\b(build|implement|create|add|write|develop)\w*", 120, 360, 960),
)


def estimates(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the range that the words of a task stand for; how long something alike took counts more."""
    found = []
    for task in data["tasks"]:
        low, likely, high, why = _range(str(task), [str(text) for text in data.get("known", ())])
        found.append({"task": task, "low": low, "likely": likely, "high": high, "why": why})
    return {"estimates": found}


_LONGEST = 100_000  # minutes that an estimate can say


def _range(task: str, known: list[str]) -> tuple[int, int, int, str]:
    for text in known:
        minutes = re.search(r"(?<!\d)(\d{1,5})\s*(min|h|hour|stund|day|tag)", text.lower())
        if minutes and overlap(words(task), text) >= 0.5:
            unit = {"m": 1, "h": 60, "s": 60, "d": 480, "t": 480}[minutes[2][0]]
            took = min(int(minutes[1]) * unit, _LONGEST // 2)
            return took // 2, took, took * 2, f"alike: {text}"[:300]
    for pattern, low, likely, high in _SIZES:
        if match := re.search(pattern, task, re.IGNORECASE):
            return low, likely, high, f"what “{match[0]}” usually takes"
    return 30, 120, 480, "nothing in it tells its size"


_RANK = {"high": 0, "medium": 1, "low": 2}


def day(data: Mapping[str, Any]) -> dict[str, Any]:
    """Order a day: what is due, then what matters, then what is short; nothing before what it waits for."""
    left_minutes, today = int(data["minutes"]), str(data["date"])
    waiting = {str(task["id"]): task for task in data["tasks"]}
    order: list[dict[str, str]] = []
    left: list[dict[str, str]] = []
    done: set[str] = set()
    while waiting:
        free = [task for task in waiting.values() if not (set(task["after"]) & set(waiting))]
        if not free:
            left += [{"id": name, "why": "it and another one wait for each other"} for name in waiting]
            break
        task = min(free, key=lambda each: _urgency(each, today))
        del waiting[str(task["id"])]
        held = next(
            (before for before in task["after"] if before not in done and any(each["id"] == before for each in left)),
            "",
        )
        if held or int(task["minutes"]) > left_minutes:
            why = f"it waits for {held}" if held else f"it needs {task['minutes']} minutes, {left_minutes} are left"
            left.append({"id": task["id"], "why": why})
            continue
        left_minutes -= int(task["minutes"])
        done.add(str(task["id"]))
        order.append({"id": task["id"], "why": _explain_priority(task, today)})
    return {"order": order, "left": left}


def _urgency(task: Mapping[str, Any], today: str) -> tuple[bool, str, int, int]:
    due = str(task["due"])
    return not (due and due <= today), due or "9", _RANK[str(task["priority"])], int(task["minutes"])


def _explain_priority(task: Mapping[str, Any], today: str) -> str:
    due = str(task["due"])
    if due and due <= today:
        return "overdue" if due < today else "due today"
    return f"due on {due}" if due else f"{task['priority']} priority"


_TASK = re.compile(
    r"^(?i:(?:action|todo|task|ai)\s*[:\-]\s*)(?P<marked>.+)$"
    r"|^(?P<who>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)(?:\s+(?:will|to|is going to|should)\s+|:\s+)(?P<what>[a-z].+)$"
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DUE = re.compile(
    r"\b(?:by|until|before|on|due)\s+(?P<iso>\d{4}-\d{2}-\d{2})|\bby\s+(?P<day>" + "|".join(_DAYS) + r")\b",
    re.IGNORECASE,
)
_DECIDED = re.compile(r"\b(we )?(decided|agreed|decision)\b", re.IGNORECASE)


def meeting(data: Mapping[str, Any]) -> dict[str, Any]:
    """Find the lines in which somebody is to do something, in which something was decided, or a question is left."""
    tasks, decisions, questions = [], [], []
    for line in sentences(str(data["notes"])):
        if line.endswith("?"):
            questions.append(line[:500])
        elif _DECIDED.search(line):
            decisions.append(line[:500])
        elif found := _TASK.match(line):
            what = (found["marked"] or found["what"]).strip(" .")
            due = _DUE.search(what)
            title = (what[: due.start()] + what[due.end() :]).strip(" .,") if due else what
            tasks.append(
                {
                    "title": (title[:1].upper() + title[1:])[:300],
                    "owner": found["who"] or "",
                    "due": _day_of(due, str(data["date"])) if due else "",
                    "quote": line[:500],
                }
            )
    return {"tasks": tasks, "decisions": decisions, "questions": questions}


def _day_of(due: re.Match[str], of_meeting: str) -> str:
    if due["iso"]:
        return due["iso"]
    try:
        day = date.fromisoformat(of_meeting)
    except ValueError:
        return ""  # nobody knows which week
    ahead = (_DAYS.index(due["day"].lower()) - day.weekday() - 1) % 7 + 1
    return (day + timedelta(days=ahead)).isoformat()


_KINDS = (
    ("bug", r"\b(bug|error|crash\w*|broken|fails?|failed|wrong|exception|not work\w*|doesn'?t|cannot|can'?t)\b"),
    ("feature", r"\b(feature|would be nice|please add|support for|wish|could you add|it would help)\b"),
    ("question", r"\?|\b(how do|how can|what is|where)\b"),
    ("task", r"^(update|write|create|add|remove|change|prepare|order|call|book)\b"),
)
_URGENCY = (
    (
        "urgent",
        r"\b(outage|down for (?:all|every)\w*|data loss|lost (?:all|my|our) data|breach|leak\w*|nobody can)\b",
    ),
    ("high", r"\b(cannot|can'?t|blocked|unable|no way to|production)\b"),
    ("low", r"\b(some day|someday|nice to have|minor|whenever|low priority)\b"),
)


def triage(data: Mapping[str, Any]) -> dict[str, Any]:
    """Judge by words for what happened to whom."""
    text = f"{data['title']}\n{data['text']}"
    kind, because = next(
        ((name, match[0]) for name, words in _KINDS if (match := re.search(words, text, re.IGNORECASE | re.MULTILINE))),
        ("other", ""),
    )
    priority = next((name for name, words in _URGENCY if re.search(words, text, re.IGNORECASE)), "normal")
    spoken = set(words(text))
    labels = [label for label in data.get("labels", ()) if set(words(str(label))) & spoken][:5]
    why = f"It says “{because.strip()}”."[:300] if because.strip() else "Nothing in it tells its kind."
    return {"kind": kind, "priority": priority, "labels": labels, "why": why}
