"""An approval goes out by mail: its recipient opens the link, signs in, and decides, and nobody else does with it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import pytest
import requests

from shared.app.engine.engine import open_run
from shared.app.people.membership import take_out
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, Run, RunStatus, StepSpec, Trigger, WaitKind
from shared.ports import change_doc
from tests.functions.people.test_mail_link import Reader, member
from tests.support.rigs.house import Neighbourhood

__all__ = ["member"]
pytestmark = [pytest.mark.xdist_group("signing_in"), pytest.mark.slow]
EVE, FAY, GUS = (f"{name}@example.test" for name in ("eve", "fay", "gus"))


def _tell(house: Neighbourhood, people: dict[str, str]) -> None:
    """Have these members told by mail, each at their address."""
    told = [{"id": who, "name": each[:3], "email": each, "channels": ["email"]} for each, who in people.items()]
    place = (house.home.tenant, "settings", "tenant")
    change_doc(house.house.wired.deps.store, place, lambda known: {**(known or {}), "people": told})


def _ask(house: Neighbourhood, name: str) -> Run:
    """Open a run that asks whether something may leave, which cannot be taken back."""
    gate = StepSpec("release", "approval.ask", lane="", gate=WaitKind.APPROVAL)
    push = StepSpec("push", "notion.publish_plan", depends_on=("release",))
    deps, page = house.house.wired.deps, house.write(f"Club {name}")
    trigger = Trigger("page", page, f"Club {name}", "Cy")
    return open_run(deps, RunOpened(deps.clock.now(), house.home.tenant, name, trigger, Limits(), (gate, push)))


def _receive(reader: Reader, address: str, run: Run) -> str:
    """Wait for the mail about this run; return the path of its link."""
    found: list[str] = []

    def is_there() -> bool:
        found[:] = [path for mail in reader.mails(address) for path in _paths(mail) if _asks_about(path, run)]
        return bool(found)

    reader.house.wait(f"the mail to {address}", is_there)
    return found[-1]


def _asks_about(path: str, run: Run) -> bool:
    payload = path.rpartition("/")[2].partition(".")[0]
    return run.id.encode() in base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def _paths(mail: str) -> list[str]:
    return [urlsplit(link).path for link in re.findall(r"https?://\S+/approvals/[\w.-]+", mail)]


def _sign_in_by_mail(reader: Reader, address: str, target: str) -> requests.Response:
    before = len([mail for mail in reader.mails(address) if "/sign-in/mail/" in mail])
    reader.ask(address, target)

    def links() -> list[str]:
        return [mail for mail in reader.mails(address) if "/sign-in/mail/" in mail]

    reader.house.wait("the link to sign in", lambda: len(links()) > before)
    (link,) = re.findall(r"https?://\S+/sign-in/mail/\S+", links()[-1])
    return reader.open(reader.press_link(urlsplit(link).path).headers["Location"])


def _status(house: Neighbourhood, run: Run) -> RunStatus:
    loaded = house.house.wired.deps.store.load_run(run.tenant, run.id)
    assert loaded is not None
    return loaded.run.status


def _actors(house: Neighbourhood, run: Run) -> list[str]:
    entries = [each.body for each in house.house.wired.deps.store.audit(run.tenant)]
    return [each["actor"] for each in entries if each["run"] == run.id and each["what"] == "ApprovalGranted"]


def test_a_mailed_link_a_sign_in_and_a_decision(house: Neighbourhood, member: Callable[[str], str]) -> None:
    people = {each: member(each) for each in (EVE, FAY, GUS)}
    _tell(house, people)
    eve, mallory, fay, gus = (Reader(house) for _ in range(4))
    run = _ask(house, "run-mailed-1")
    path = _receive(eve, EVE, run)
    assert path != _receive(fay, FAY, run)  # each has a link of their own
    for _ in range(2):  # whoever scans mail opens it
        assert "Sign in to decide" in eve.open(path).text
    refused = mallory.post(path, decision="approve")  # a forwarded link, and nobody is signed in
    assert (refused.status_code, _status(house, run)) == (403, RunStatus.AWAITING_APPROVAL)
    (way,) = re.findall(r'href="(/sign-in\?next=[^"]+)"', eve.open(path).text)
    shown = _sign_in_by_mail(eve, EVE, unquote(way.partition("next=")[2]))
    assert urlsplit(shown.url).path == path  # back where they came from
    assert "decided by eve" in shown.text
    _sign_in_by_mail(fay, FAY, path)  # who is a member decides behind a forwarded link as themselves
    assert "decided by fay" in fay.open(path).text
    late = _receive(gus, GUS, run)
    assert eve.post(path, decision="approve").status_code == 200
    assert _actors(house, run) == [f"person:{people[EVE]}"]
    for reader, link in ((fay, path), (gus, late), (eve, path)):
        answer = reader.post(link, decision="approve")
        assert (answer.status_code, "already been decided by eve: approved on" in answer.text) == (409, True)
    assert _actors(house, run) == [f"person:{people[EVE]}"]


def test_who_was_taken_out_decides_neither_by_the_mail_nor_in_the_browser_they_have_open(
    house: Neighbourhood,
    member: Callable[[str], str],
) -> None:
    people = {each: member(each) for each in (FAY, GUS)}
    _tell(house, people)
    gus, run = Reader(house), _ask(house, "run-mailed-2")
    path = _receive(gus, GUS, run)
    assert "decided by gus" in _sign_in_by_mail(gus, GUS, path).text
    take_out(house.house.wired.deps, house.home.tenant, people[GUS], "Ada Example")
    for decision in ("approve", "deny"):
        assert gus.post(path, decision=decision).status_code == 403
    assert "not in the team any more" in gus.open(path).text
    assert _status(house, run) == RunStatus.AWAITING_APPROVAL
    assert _actors(house, run) == []
