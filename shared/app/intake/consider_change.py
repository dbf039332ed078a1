"""Something happened to a change or a deployment of ours: look at it as it is now, and let its run know.

The command says where to look. What is found there counts, and is remembered with what it led to, so that a delivery
that comes late, twice or out of order changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record, record_loaded, relay
from shared.app.engine.leases import lease
from shared.app.engine.requeue import come_again, patient
from shared.app.engine.retry_links import latest_run
from shared.app.engine.tools import Tools
from shared.app.people.known_accounts import identify_account
from shared.app.ship import change_words
from shared.core.documents.codec import to_body
from shared.core.documents.comment_records import CHANGES, HeardChange
from shared.core.documents.effect import CLAIMS, Claim
from shared.core.errors import Missing, Unauthorized
from shared.core.people.actor import Actor, ActorKind
from shared.core.run import acts
from shared.core.run.commands import ATTEMPT, NOTIFY, Command
from shared.core.run.run import Run, Step, StepStatus, WaitKind, derive_id
from shared.integrations.clients import load_client
from shared.integrations.hooks import CHECKED, CLOSED, DEPLOYED, MERGED, PUSHED, REVIEWED
from shared.ports import Loaded, Put, get_as
from shared.ports.documents import tenant_settings
from shared.steps._forge import claim_of, select_writers
from shared.telemetry import trace

if TYPE_CHECKING:
    from shared.integrations.forge import Change, Forge, Review

PROPOSES, MAKES = "repository.propose_change", "code.test"
_MAX_HEARD = 1000
_PATIENCE = 40  # looks at a run that is still at work on what was said before


@dataclass(frozen=True, slots=True)
class _Place:
    """A change of ours, and the run that proposed it."""

    forge: Forge
    system: str
    owner: str
    name: str
    number: int
    claim: str
    loaded: Loaded

    @property
    def run(self) -> Run:
        return self.loaded.run

    def change(self) -> Change:
        return self.forge.change(self.owner, self.name, self.number)


@trace.use_case
@patient
def consider_change(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the present state of the change asks for; a change that is nobody's run's asks for nothing."""
    what, _, by = command.topic.partition(":")
    if what == DEPLOYED:
        loaded = latest_run(deps, command.tenant, command.run)
        if loaded is not None:
            _look_now(deps, command, loaded.run, "site.")
        return
    try:
        place = _place(command, deps, tools)
        if place is None:
            return
        with lease(deps, command.tenant, f"heard.{place.claim}"):
            _HANDLERS[what](command, deps, place, by)
    except (Missing, Unauthorized) as error:  # told about by the steps that need it
        log.line("WARNING", "change not looked at", tenant=command.tenant, **log.about(error))
        return
    relay(deps, command.tenant, place.run.id)


def _place(command: Command, deps: Deps, tools: Tools) -> _Place | None:
    """Find the change and its run by the tenant's own records; None where there is none, or it has ended."""
    system, _, where = command.ref.partition(":")
    repository, mark, number = where.rpartition("#")
    branch = "" if mark else where.partition("@")[2]
    owner, _, name = (repository if mark else where.partition("@")[0]).rpartition("/")
    if mark and deps.store.get(command.tenant, CLAIMS, claim_of(system, owner, name, int(number))) is None:
        return None  # the commonest case, before anything is asked of anybody
    forge = _forge(system, tools.accounts.connect_for(command.tenant), f"{owner}/{name}")
    if not mark:
        found = forge.find_change(owner, name, branch, state="all")
        if found is None:
            return None
        number = str(found.number)
    claim = claim_of(system, owner, name, int(number))
    known = get_as(Claim, deps.store, (command.tenant, CLAIMS, claim))
    loaded = latest_run(deps, command.tenant, known.by.partition(".")[0]) if known is not None else None
    if loaded is None or loaded.run.status.final:
        return None
    return _Place(forge, system, owner, name, int(number), claim, loaded)


def _forge(system: str, connect: Any, scope: str) -> Forge:
    forge: Forge = connect(load_client(system), scope=scope)
    return forge


def _list_heard(deps: Deps, place: _Place) -> Sequence[str]:
    known = get_as(HeardChange, deps.store, (place.run.tenant, CHANGES, place.claim))
    return known.heard if known is not None else ()


def _hearing(place: _Place, heard: Sequence[str], new: Iterable[str]) -> Put:
    kept = (*heard, *(each for each in new if each not in heard))[-_MAX_HEARD:]
    return Put(CHANGES, place.claim, to_body(HeardChange(place.run.id, kept)))


def _tell_once(deps: Deps, place: _Place, topic: str, key: str, ref: str) -> None:
    """Have people told, under a name that the same thing always has."""
    heard = _list_heard(deps, place)
    if key in heard:
        return
    name = derive_id("change-", place.run.id, topic, key)
    deps.queue.enqueue([Command(name, NOTIFY, "notify", place.run.tenant, place.run.id, topic=topic, ref=ref)])
    deps.store.put(place.run.tenant, _hearing(place, heard, [key]))


def _look_now(deps: Deps, command: Command, run: Run, kinds: str) -> None:
    """Let the steps of these kinds that wait for time look now. Their own later command finds nothing to do then."""
    ready = [
        Command(
            derive_id("now-", command.id, step.id, str(step.attempt), str(step.wake)),
            ATTEMPT,
            step.spec.lane,
            run.tenant,
            run.id,
            step.id,
            step.attempt,
            step.wake,
        )
        for step in run.steps
        if step.spec.kind.startswith(kinds) and step.status == StepStatus.WAITING and _waits_for_time(step)
    ]
    if ready:
        deps.queue.enqueue(ready)


def _waits_for_time(step: Step) -> bool:
    return step.wait is not None and step.wait.kind == WaitKind.TIME


def _consider_checks(command: Command, deps: Deps, place: _Place, by: str) -> None:
    _look_now(deps, command, place.run, "repository.")


def _consider_merge(command: Command, deps: Deps, place: _Place, by: str) -> None:
    change = place.change()
    if not change.merged:
        return
    if by != change.author:
        _tell_once(deps, place, change_words.MERGED, f"merged {change.merge_sha}", f"{by} {change.merge_sha[:12]}")
    _look_now(deps, command, place.run, "repository.")


def _consider_close(command: Command, deps: Deps, place: _Place, by: str) -> None:
    """A person does not want it: the run ends, and takes back what else it has made, as when we close it ourselves."""
    change = place.change()
    if change.merged or change.state != "closed":
        return
    who, actor = f"{place.system}:{by}" if by else place.system, _identify(deps, place, by)
    reason = f"change {place.number} of {place.owner}/{place.name} was closed without being merged"
    record(deps, place.run.tenant, place.run.id, acts.CancelRequested(deps.clock.now(), who, reason, actor=actor))


def _identify(deps: Deps, place: _Place, by: str) -> Actor:
    """Return who somebody of the forge is, "" where it does not say."""
    if not by:
        return Actor(ActorKind.UNKNOWN, "", place.system)
    people = tenant_settings(deps.store, place.run.tenant).people
    return identify_account(deps, place.run.tenant, (place.system, by), people, lambda: f"{place.system}:{by}").actor


def _consider_push(command: Command, deps: Deps, place: _Place, by: str) -> None:
    """Somebody else's commit on our branch is theirs to keep: people are told, and our next write is refused."""
    change = place.change()
    if change.merged or change.state != "open" or _is_ours(place, change.head_sha):
        return
    key = f"pushed {change.head_sha}"
    _tell_once(deps, place, change_words.PUSHED, key, f"{by} {change.head_sha[:12]}")


def _is_ours(place: _Place, sha: str) -> bool:
    """Say whether a commit is one of this run's; one just made is known by its message before the step has ended."""
    known = {str(step.output.get("commit", "")) for step in place.run.steps if step.spec.kind == PROPOSES}
    if sha in known:
        return True
    homes = {step.home or place.run.id for step in place.run.steps if step.spec.kind == PROPOSES}
    message = place.forge.message_of(place.owner, place.name, sha) + "\n"
    return any(f"Workwright-Run: {home}\n" in message for home in homes)


def _consider_reviews(command: Command, deps: Deps, place: _Place, by: str) -> None:
    """Remarks on a place, or a request for changes, send the work back once, with all that was said beside them.

    Only those who may write there are heard; what others say is noted, so that nobody asks about them again.
    """
    change, heard = place.change(), _list_heard(deps, place)
    if change.state != "open":
        return
    reviews = place.forge.reviews(place.owner, place.name, place.number)
    new = [each for each in reviews if each.author != change.author and each.id not in heard]
    _look_now(deps, command, place.run, "repository.")
    wishes = [each for each in new if each.state in ("commented", "changes_requested")]
    if not any(_asks(each) for each in wishes):
        return
    theirs = select_writers(place.forge, place.owner, place.name, wishes)
    others = [each.id for each in wishes if each not in theirs]
    if others:
        deps.store.put(place.run.tenant, _hearing(place, heard, others))
        heard = [*heard, *others]
    if any(_asks(each) for each in theirs):
        _send_back(command, deps, place, change, theirs, heard)


def _asks(review: Review) -> bool:
    return bool(review.path) or review.state == "changes_requested"


def _send_back(
    command: Command, deps: Deps, place: _Place, change: Change, wishes: Sequence[Review], heard: Sequence[str]
) -> None:
    makers = [step for step in place.run.steps if step.spec.kind == MAKES and not step.parent]
    if not makers:
        return
    maker, now = makers[-1], deps.clock.now()
    who = f"{place.system}:{wishes[-1].author}"
    actor = _identify(deps, place, wishes[-1].author)
    asked = acts.ReworkAsked(now, maker.id, change_words.feedback(change, wishes), who, actor)
    put = _hearing(place, heard, [each.id for each in wishes])
    after = record_loaded(deps, place.loaded, asked, label="ReworkAsked", puts=(put,))
    if after.seq != place.run.seq or after.status.final:
        return
    busy = maker.status not in (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.CANCELLED)
    if busy and not after.cancel and command.attempt < _PATIENCE:
        come_again(replace(command, topic=REVIEWED), deps)
        return
    _tell_once(deps, place, change_words.UNHEARD, f"unheard {wishes[-1].id}", f"{wishes[-1].author} {wishes[-1].id}")


_HANDLERS: Mapping[str, Any] = {
    CHECKED: _consider_checks,
    MERGED: _consider_merge,
    CLOSED: _consider_close,
    PUSHED: _consider_push,
    REVIEWED: _consider_reviews,
}
