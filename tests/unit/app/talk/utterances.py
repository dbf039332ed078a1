"""What people say, and what should come of it: written down from their side, before any of it was tried.

The world: plans wait for "Corner bakery", "Corner bakery opens on Saturday", "Stop motion workshop", "Approve budgets",
"Café Crème 🥐", "Don't forget the milk" and for two pages that are both called "Garden day". "Choir concert" was
cancelled, "Newsletter" failed; the pages "Plan B party", "Rowing club" and "Build and forget" have no run. "Secret
garden" is another tenant's.

`done` is what has changed afterwards, "act page"; "" for nothing. `told` stands in the answer.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One utterance in a new conversation; `about` is the page it was opened for, "" for none."""

    said: str
    done: str
    told: tuple[str, ...]
    about: str = ""


WHICH, SURE, MISSING, LEFT = "Which one do you mean?", "Say yes", "There is no page or run", "as it is"
LATER, ONE_BY_ONE, TOLD = "cannot wait", "one at a time", "telling me about it"
SHOWN = "Say “approve” to approve exactly this"
BOTH = ("1. “", "2. “")

PLAIN = [
    Case("stop Corner bakery", "stop bakery", ("“Corner bakery”",)),
    Case("Please stop the Corner bakery run now", "stop bakery", ("“Corner bakery”",)),
    Case("Stop “Corner bakery”, please.", "stop bakery", ("“Corner bakery”",)),
    Case("stop corner bakery opens on saturday", "stop saturday", ("opens on Saturday",)),
    Case("cancel Corner bakery opens Saturday", "stop saturday", ("opens on Saturday",)),
    Case("Stop Stop motion workshop", "stop motion", ("“Stop motion workshop”",)),
    Case("stop cafe creme", "stop café", ("Café Crème",)),
    Case("STOP CAFÉ CRÈME 🥐!!!", "stop café", ("Café Crème",)),
    Case("approve Corner bakery", "", (SHOWN, "“Corner bakery”")),
    Case("Approve Approve budgets", "", (SHOWN, "“Approve budgets”")),
    Case("reject Approve budgets", "", (SHOWN, "“Approve budgets”")),
    Case("plan Plan B party", "plan party", ("“Plan B party”",)),
    Case("Please plan the rowing club page", "plan rowing", ("“Rowing club”",)),
    Case("make a plan for Rowing club", "plan rowing", ("“Rowing club”",)),
    Case("plan Build and forget", "plan build", ("“Build and forget”",)),
    Case("stop it", "stop bakery", ("“Corner bakery”",), "bakery"),
    Case("plan this page for us and the neighbours", "plan rowing", ("“Rowing club”",), "rowing"),
    Case("stop Don't forget the milk", "stop milk", ("“Don't forget the milk”",)),
    Case("Stoppe Corner bakery bitte", "stop bakery", ("„Corner bakery“",)),
    Case("Brich Corner bakery ab", "stop bakery", ("Corner bakery",)),
    Case("arrête Corner bakery s'il te plaît", "stop bakery", ("Corner bakery",)),
    Case("planifica Rowing club por favor", "plan rowing", ("Rowing club",)),
    Case("try Newsletter again", "retry newsletter", ("“Newsletter”",)),
    Case("try Newsletter again from the beginning, please", "retry newsletter", ("“Newsletter”",)),
    Case("What is the status of Corner bakery?", "", ("Corner bakery: awaiting approval",)),
    Case("why did Newsletter fail?", "", ("Newsletter: failed", "the forge said no")),
    Case("Why did the newsletter run fail", "", ("the forge said no",)),
    Case("What is the status?", "", ("Newsletter: failed",), "newsletter"),
    Case("which runs are open?", "", ("Corner bakery", "Garden day", "Approve budgets")),
    Case("What is running?", "", ("Corner bakery", "Garden day")),
    Case("which runs have failed?", "", ("Newsletter",)),
    Case("what can you do?", "", ("approve", "stop")),
    Case("help", "", ("approve", "stop")),
    Case("Hilfe!", "", ("genehmige", "stopp")),
    Case("How do I stop a run?", "", ("stop",)),
    Case("Café Crème", "", ("Café Crème", "awaiting approval")),
]

TRAPS = [
    # names: shared words, parts, several, none, typos
    Case("stop the bakery", "", (WHICH, *BOTH, "“Corner bakery”", "opens on Saturday")),
    Case("stop corner", "", (WHICH, *BOTH)),
    Case("stop Garden day", "", (WHICH, *BOTH)),
    Case("approve Garden day", "", (WHICH, *BOTH)),
    Case("plan Garden day", "", (WHICH, *BOTH)),
    Case("stop the workshop", "", (SURE, "“Stop motion workshop”")),
    Case("stop Corner bakery for Saturday", "", (WHICH, *BOTH)),
    Case("stop Corner bkaery opens on Saturday", "", (SURE, "opens on Saturday")),
    Case("plan Rowing clbu", "", (MISSING, "“Rowing club”", SURE)),
    Case("stop the butcher", "", (MISSING, "butcher")),
    Case("plan the butcher", "", (MISSING, "butcher")),
    Case("approve the butcher", "", (MISSING, "butcher")),
    Case("stop the butcher", "", (MISSING,), "bakery"),
    Case("approve the butcher's plan", "", (MISSING,), "bakery"),
    Case("stop Secret garden", "", (MISSING, "secret garden")),
    Case("approve Secret garden", "", (MISSING, "secret garden")),
    Case("stop Corner bakery and Garden day", "", (WHICH,)),
    Case("Stop motion workshop", "", ("awaiting approval",)),
    Case("Approve budgets", "", ("awaiting approval",)),
    Case("Plan B party", "", ()),
    # nothing to refer to, or too much
    Case("stop it", "", (WHICH, "Corner bakery")),
    Case("stop", "", (WHICH,)),
    Case("stop everything", "", (WHICH,)),
    Case("stop all runs", "", (WHICH,), "bakery"),
    Case("stop the other one", "", (WHICH,), "bakery"),
    Case("approve", "", (WHICH,)),
    Case("approve everything", "", (WHICH,)),
    Case("plan it", "", ("title",)),
    # what has ended
    Case("stop Choir concert", "", ("“Choir concert” has already ended",)),
    Case("approve Choir concert", "", ("“Choir concert” has already ended",)),
    Case("stop Newsletter", "", ("“Newsletter” has already ended",)),
    # no
    Case("don't stop Corner bakery", "", (LEFT,)),
    Case("Please don’t stop Corner bakery", "", (LEFT,)),
    Case("never approve Corner bakery yet", "", (LEFT,)),
    Case("Do not approve it", "", (LEFT,), "bakery"),
    Case("do not plan Rowing club", "", (LEFT,)),
    Case("Stoppe Corner bakery noch nicht", "", ("lasse",)),
    Case("n'arrête pas Corner bakery", "", ("tel quel",)),
    Case("no canceles Corner bakery", "", ("como está",)),
    Case("We should not stop Corner bakery", "", (LEFT,)),
    # questions about acts
    Case("can you stop Corner bakery?", "", (SURE, "Shall I stop “Corner bakery”")),
    Case("Could you please cancel it?", "", (SURE, "“Corner bakery”"), "bakery"),
    Case("Should I approve Corner bakery?", "", ("“Corner bakery”",)),
    Case("what happens if I approve Corner bakery?", "", ("Corner bakery",)),
    Case("What happens if I stop Corner bakery?", "", ("Corner bakery: awaiting approval",)),
    Case("stop Corner bakery?", "", (SURE,)),
    Case("Who approved Corner bakery?", "", ()),
    Case("Was Corner bakery stopped?", "", ("awaiting approval",)),
    Case("When does the bus stop at Corner bakery?", "", ()),
    # told, quoted, past
    Case("Bob said approve Corner bakery", "", (TOLD,)),
    Case('Ada wrote "stop Corner bakery" in her mail', "", (TOLD,)),
    Case('"stop Corner bakery"', "", (SURE,)),
    Case("> stop Corner bakery", "", (SURE,)),
    Case("I approved Corner bakery yesterday", "", (TOLD,)),
    Case("Corner bakery was stopped by mistake", "", (TOLD,)),
    Case("I think we should stop Corner bakery", "", (SURE,)),
    # conditions, and more than one
    Case("approve Corner bakery when the tests are green", "", (LATER,)),
    Case("If it rains, stop Garden day", "", (LATER,)),
    Case("stop Corner bakery tomorrow", "", (LATER,)),
    Case("approve it once Bob has read it", "", (LATER,), "bakery"),
    Case("Stop Corner bakery and approve Garden day", "", (ONE_BY_ONE,)),
    Case("stop it and plan Rowing club", "", (ONE_BY_ONE,), "bakery"),
    Case("Stop Corner bakery. No, wait.", "", (SURE,)),
    # other languages and spellings that no rule knows
    Case("ferma Corner bakery", "", ()),
    Case("stpo Corner bakery", "", ()),
    Case("🛑 Corner bakery", "", ()),
]  # fmt: skip

CASES = PLAIN + TRAPS
