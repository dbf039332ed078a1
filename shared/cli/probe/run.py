"""Makes the calls of a probe one after the other and says where the answers differ; cleans up whatever happens."""

from __future__ import annotations

import re
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Protocol

from shared.cli.probe.calls import Answer, Ask, Call, Expect, Kept, Left, Probe, fill
from shared.cli.probe.shapes import MORE, Difference, compare, pick
from shared.cli.probe.value_kinds import Words, collect_texts
from shared.core.errors import IntegrationError

MARK = "workwright-probe-"  # begins the name of everything that a probe makes
MARKED = re.compile(rf"{MARK}[0-9a-f]{{8}}(?![0-9a-f])")
STATUS, TIME, SILENT = "status", "time", "no answer"  # kinds of difference beside those of shapes
SAME, DIFFERS, LEFT_OUT = "same", "differs", "not asked"
MAX_WAITED_S = 120.0  # for a system that says that it was asked too often


class CanAsk(Protocol):
    """What asks the system."""

    def ask(self, asked: Ask, kept: Kept) -> Answer:
        """Return the answer, whatever it says; raises Unavailable when there is none."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""

    def now(self) -> float:
        """Return seconds that only grow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call."""

    call: Call
    result: str
    differences: tuple[Difference, ...] = ()
    seconds: float = 0.0

    @property
    def notes_only(self) -> bool:
        """Say whether nothing differs but what breaks nothing of ours."""
        return all(each.kind in (MORE, TIME) for each in self.differences)


def new_mark() -> str:
    """Return a name for what this run makes."""
    return MARK + secrets.token_hex(4)


def is_marked(name: object) -> bool:
    """Say whether a name is one that a probe gave."""
    return isinstance(name, str) and MARKED.match(name) is not None


class Run:
    """One run of a probe in one place."""

    def __init__(self, probe: Probe, asker: CanAsk, place: Kept, mark: str) -> None:
        self._probe = probe
        self._asker = asker
        self.words = Words(_collect_texts(probe))
        self.kept = self.words.kept
        self.kept.update({**place, "mark": mark})
        self.of_limits: list[Difference] = []  # of refusals for too many calls, which may come at any call

    def outcomes(self) -> Iterator[Outcome]:
        """Make the calls in order and yield what became of each."""
        for call in self._probe.calls_in(self.kept):
            yield self._outcome(call)

    def clean(self) -> list[str]:
        """Remove everything with a probe's mark in its name; return what could not be removed, in words."""
        leftovers = list(self._probe.find_left(self._look, self.kept))
        return [left.what for left in leftovers if not self._remove(left)]

    def _look(self, asked: Ask) -> Answer:
        return self._asker.ask(asked, self.kept)

    def _remove(self, left: Left) -> bool:
        try:
            answer = self._patiently(left.remove)
        except IntegrationError:
            return False
        return left.worked(answer) or answer.status in left.also

    def _outcome(self, call: Call) -> Outcome:
        try:
            expected = _fill_expected(call.expect, self.kept)
            fill([call.ask.path, call.ask.body, call.ask.query, call.ask.headers], self.kept)
        except KeyError as missing:
            return Outcome(call, LEFT_OUT, (Difference("", LEFT_OUT, f"{missing.args[0]} from before", "nothing"),))
        began = self._asker.now()
        while True:
            try:
                answer = self._patiently(call.ask)
            except IntegrationError as error:
                return Outcome(call, DIFFERS, (Difference("", SILENT, "an answer", str(error).partition(": ")[2]),))
            found = self._differences(call, expected, answer)
            waited = self._asker.now() - began
            if not found or waited + call.every > call.patience:
                break
            self._asker.sleep(call.every)
        self._keep(call, answer)
        return Outcome(call, DIFFERS if found else SAME, tuple(found), answer.seconds)

    def _patiently(self, asked: Ask) -> Answer:
        """Ask, and again when the system says that it was asked too often, after the time that it says."""
        waited = 0.0
        while True:
            answer = self._asker.ask(asked, self.kept)
            told_s = answer.headers.get("retry-after", "")
            wait = float(told_s) if told_s.isdecimal() else 5.0
            limited = answer.status == 429 or (answer.status == 403 and "retry-after" in answer.headers)
            if not limited or waited + wait > MAX_WAITED_S:
                return answer
            self._check_limited(answer)
            waited += wait
            self._asker.sleep(wait)

    def _check_limited(self, answer: Answer) -> None:
        if self._probe.limited is not None:
            self.of_limits += self._name_values(compare_answer(self._probe.limited, answer, self.words, ""))

    def _differences(self, call: Call, expected: Expect, answer: Answer) -> list[Difference]:
        found = compare_answer(expected, answer, self.words, self._probe.code_at)
        if answer.seconds > call.within:
            found.append(Difference("", TIME, f"within {call.within:g} seconds", _time_class(answer.seconds)))
        return self._name_values(found)

    def _name_values(self, found: Sequence[Difference]) -> list[Difference]:
        """Put names in the place of what earlier answers gave."""
        named = self.words.name_values
        return [replace(each, expected=named(each.expected), found=named(each.found)) for each in found]

    def _keep(self, call: Call, answer: Answer) -> None:
        for name, path in call.keep.items():
            value = answer.headers.get(path[1:]) if path.startswith("@") else pick(answer.body, path)
            if isinstance(value, str | int) and not isinstance(value, bool) and answer.status < 400:
                self.kept[name] = value


def _fill_expected(expected: Expect, kept: Kept) -> Expect:
    parts = [fill(part, kept) for part in (expected.body, expected.headers, expected.holds)]
    return Expect(expected.status, *parts)


def compare_answer(expected: Expect, answer: Answer, words: Words, code_at: str) -> list[Difference]:
    """Return where an answer is not what is expected; what was kept is filled in already."""
    wanted = expected.status if isinstance(expected.status, tuple) else (expected.status,)
    if answer.status not in wanted:
        code = words.code(pick(answer.body, code_at)) if code_at and answer.status >= 400 else ""
        shown = " or ".join(str(each) for each in wanted)
        return [Difference("", STATUS, shown, f"{answer.status} {code}".rstrip())]
    found = list(compare(expected.body, answer.body, words))
    for name, shape in expected.headers.items():
        found += compare(shape, answer.headers.get(name), words, f"header {name}")
    for path, shape in expected.holds.items():
        found += compare(shape, pick(answer.body, path), words, path)
    return [_show_vendor_code(each, answer, words) for each in found]


def _show_vendor_code(difference: Difference, answer: Answer, words: Words) -> Difference:
    """Show a vendor's own code where another one was expected: it is nobody's data."""
    if difference.where.rpartition(".")[2] not in ("code", "error") or answer.status >= 500:
        return difference
    code = words.code(pick(answer.body, difference.where))
    return replace(difference, found=f"“{code}”") if code else difference


def _time_class(seconds: float) -> str:
    return next((f"within {limit} seconds" for limit in (2, 10, 30, 60) if seconds <= limit), "more than a minute")


def _collect_texts(probe: Probe) -> Iterator[str]:
    for call in probe.calls:
        yield from collect_texts([call.expect.body, call.expect.headers, call.expect.holds])


class Interrupted(BaseException):
    """Somebody ended the run; what it made is removed before it ends."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the signals that end a program into an exception, so that what was made is removed first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise Interrupted(signal.Signals(number).name)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def block_signals() -> Iterator[None]:
    """Let a second signal wait until the cleaning is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def whole_run(run: Run, heard: Callable[[Outcome], None]) -> tuple[list[Outcome], list[str], str]:
    """Clean what an earlier run left, make all calls, clean again; return outcomes, what stayed, and what ended it."""
    outcomes: list[Outcome] = []
    ended, begun = "", False
    try:
        with interruptible():
            run.clean()
            begun = True
            for outcome in run.outcomes():
                outcomes.append(outcome)
                heard(outcome)
    except Interrupted as signal_name:
        ended = str(signal_name)
    finally:
        with block_signals():
            stuck = _clean(run) if begun else []
    return outcomes, stuck, ended


def _clean(run: Run) -> list[str]:
    try:
        return run.clean()
    except IntegrationError as error:
        return [f"what begins with {run.kept['mark']} ({error})"]
    except (LookupError, TypeError, AttributeError, ValueError) as error:  # a list of another shape than we know
        return [f"what begins with {run.kept['mark']} (the list of it cannot be read: {type(error).__name__})"]
