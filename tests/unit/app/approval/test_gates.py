"""Nothing leaves and nothing goes live without a person's word about exactly that, whichever way it is given."""

from __future__ import annotations

import base64
import json

import pytest

from shared.app.api.run.run_views import run_view
from shared.app.approval.approvals import approval_token, asked_now, decide, read_token
from shared.app.engine.engine import record
from shared.app.notify.page_properties import shows_plan
from shared.app.workspace.workspace_databases import map_page
from shared.core.approval.release_words import describe_question
from shared.core.errors import BadSignature, Conflicting
from shared.core.pages.author import PERSON, Author
from shared.core.run import acts
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from tests.support.builders.made_up_secrets import letters
from tests.support.rigs.gated_story import Story, approve, said
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow

SECRET = "ghp" + "_" + letters("gates", 36)
WISH = "no, because the heading must be blue"


def test_a_page_is_asked_about_three_times_and_then_live(story: Story) -> None:
    story.begin()
    assert story.gate.id == "approve"
    story.agree()
    assert (story.gate.id, story.sent) == ("release", [])
    story.agree()
    assert story.gate.id == "production"
    assert [each.split()[0] for each in story.sent] == ["repository.propose_change", "site.deploy"]
    story.agree()
    assert story.run.status == RunStatus.SUCCEEDED
    assert story.sent[-1].startswith("site.promote")


def test_the_same_is_shown_wherever_people_are_asked(story: Story) -> None:
    story.files["requirements.txt"] = b"left_pad==1.0\n"
    story.settle(ship={"code": {"owner": "acme", "repository": "shop", "merge": "when_green"}})
    story.begin()
    run = story.until("release")
    lines = describe_question(run, "release")
    told = "\n".join(lines)
    assert "A change to acme/shop (private)" in told
    assert "branch workwright/" in told
    assert "3 files, 4 lines added, 0 removed" in told
    assert "site/index.html" in told
    assert "3 passed in the bubblewrap sandbox" in told
    assert "+ left-pad ==1.0 (pypi; age unknown; licence unknown)" in told
    assert "no model and no person has looked for harm" in told
    assert "at most 5.00 for all of it" in told
    assert run_view(run)["asked"] == {"what": "release", "plan_hash": run.asked, "lines": lines}
    comment = said(story)[-1]
    assert all(line in comment for line in lines)
    container = next(s.output["container"] for s in run.steps if s.output.get("container"))
    blocks = story.desk.as_person("GET", f"/v1/blocks/{container}/children")["results"]
    assert "3 files" in json.dumps([b for b in blocks if b["type"] == "toggle"][-1])
    assert "nothing has left yet" in json.dumps(blocks, ensure_ascii=False)


def test_a_link_is_good_for_one_question_once_and_for_a_time(story: Story) -> None:
    deps = story.house.deps
    of_the_plan = approval_token(deps, story.begin())
    run = story.until("release")
    token = approval_token(deps, run)
    payload, _, signature = token.partition(".")
    fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    theirs = base64.urlsafe_b64encode(json.dumps(["t-2", *fields[1:]]).encode()).rstrip(b"=").decode()
    for forged in (f"{payload}.{signature[::-1]}", f"{theirs}.{signature}", f"{payload}A.{signature}", "x.y", ""):
        with pytest.raises(BadSignature):
            read_token(deps, forged)
    with pytest.raises(Conflicting, match="already been decided"):
        decide(deps, read_token(deps, of_the_plan), approve=True, by="link", via="link")
    decide(deps, read_token(deps, token), approve=True, by="Ada", via="link")
    with pytest.raises(Conflicting, match="already been decided by Ada"):
        decide(deps, read_token(deps, token), approve=True, by="Bo", via="link")
    story.house.work()
    late = approval_token(deps, story.run)
    story.house.clock.move(seconds=8 * 86_400)
    with pytest.raises(Conflicting, match="expired"):
        read_token(deps, late)
    assert len(story.sent) == 2


def test_what_changes_after_the_approval_is_asked_about_again(story: Story) -> None:
    story.begin()
    before = asked_now(story.until("release"))
    decide(story.house.deps, before, approve=True, by="Ada", via="api")
    story.settle(ship={"code": {"owner": "somebody-else"}})  # before anything is sent
    story.house.work()
    assert (story.gate.id, story.sent) == ("release", [])
    assert story.run.asked != before.plan_hash
    with pytest.raises(Conflicting, match="what leaves has changed"):
        decide(story.house.deps, before, approve=True, by="Ada", via="api")
    now = story.house.clock.now()
    record(story.house.deps, TENANT, story.run.id, acts.ApprovalGranted(now, "release", before.plan_hash, "Ada", "x"))
    story.house.work()
    assert (story.gate.id, story.sent) == ("release", [])
    approve(story)
    assert len(story.sent) == 2


def test_an_approval_that_is_a_day_old_is_asked_for_again(story: Story) -> None:
    story.begin()
    first = asked_now(story.until("release"))
    decide(story.house.deps, first, approve=True, by="Ada", via="api")
    story.house.clock.move(seconds=25 * 3600)
    story.house.work()
    assert (story.gate.id, story.sent) == ("release", [])
    assert story.run.asked == first.plan_hash  # the same, and yet the old link is used up
    with pytest.raises(Conflicting):
        decide(story.house.deps, first, approve=True, by="Ada", via="link")
    approve(story)
    assert len(story.sent) == 2


def test_a_wish_at_the_release_is_worked_in_and_asked_about_anew(story: Story) -> None:
    story.mend = lambda files, why: {**files, "site/index.html": b"<h1 style='color:blue'>Bicycle club</h1>\n"}
    story.begin()
    before = asked_now(story.until("release"))
    story.comment(WISH)
    assert len(story.repairs) == 1
    assert WISH in story.repairs[0]
    assert (story.gate.id, story.sent, story.run.revision) == ("release", [], 1)
    with pytest.raises(Conflicting, match="what leaves has changed"):
        decide(story.house.deps, before, approve=True, by="Ada", via="link")
    container = next(s.output["container"] for s in story.run.steps if s.output.get("container"))
    blocks = story.desk.as_person("GET", f"/v1/blocks/{container}/children")["results"]
    toggles = [json.dumps(block) for block in blocks if block["type"] == "toggle"]
    assert len([each for each in toggles if "What leaves" in each]) == 1  # the former question is gone
    asked = [each for each in said(story) if "Approve what leaves" in each]
    assert (len(asked), len([each for each in said(story) if "question was replaced" in each])) == (1, 1)
    story.comment("approve")
    assert (story.gate.id, len(story.sent)) == ("production", 2)
    assert len(story.repairs) == 1  # the wish was heard once


def test_a_yes_that_was_there_before_the_question_answers_something_else(story: Story) -> None:
    story.begin()
    body = {"parent": {"page_id": story.page}, "rich_text": [{"type": "text", "text": {"content": "approve"}}]}
    story.desk.as_person("POST", "/v1/comments", body)  # of which nobody tells us yet
    approve(story)
    assert story.gate.id == "release"
    story.desk.tell(story.page, Author(PERSON, story.desk.person, seen=True))
    assert (story.gate.id, story.sent) == ("release", [])
    story.desk.write_more(story.page, "And a picture of a bicycle.")
    story.desk.tell(story.page)
    assert (story.gate.id, story.run.revision) == ("release", 1)  # what is built by now is not planned again
    story.comment("no")
    assert (story.rest().status, story.sent) == (RunStatus.CANCELLED, [])


def test_what_must_not_leave_goes_back_and_nothing_of_it_is_told(story: Story) -> None:
    story.files |= {"app.py": f"TOKEN = '{SECRET}'\n".encode(), ".github/workflows/ci.yml": b"on: push\n"}
    story.mend = lambda files, why: {path: data for path, data in files.items() if not path.startswith((".g", "app"))}
    story.begin()
    story.until("release")
    (why,) = story.repairs
    assert "app.py:1: a secret: github token" in why
    assert ".github/workflows/ci.yml: a protected file" in why
    assert SECRET not in why + json.dumps([dict(step.output) for step in story.run.steps])
    assert story.sent == []


def test_what_nobody_can_mend_ends_with_the_reason(story: Story) -> None:
    story.files |= {"Dockerfile": b"FROM scratch\n"}
    story.begin()
    approve(story)
    assert (story.rest().status, story.sent) == (RunStatus.FAILED, [])
    assert "Dockerfile: a protected file" in story.run.failure
    assert "the same failure twice" in story.run.failure


def test_a_status_that_cannot_say_what_it_is_about_lets_nothing_leave(story: Story) -> None:
    story.begin()
    tools, page = story.house.tools, story.page
    raw = tools.accounts.connect_for(TENANT)(Notion).page(page)
    raw["properties"].pop("Run")
    mapped = map_page(tools.settings(TENANT), raw)
    assert shows_plan(story.house.deps, mapped, raw, story.run)
    story.until("release")
    assert not shows_plan(story.house.deps, mapped, raw, story.run)


def test_what_a_reviewer_finds_worst_goes_back_once_and_then_a_person_decides(story: Story) -> None:
    story.files |= {"app.py": b"import os\nos.system(input())\neval(input())\n"}
    story.begin()
    story.until("release")
    assert len(story.repairs) == 1
    assert "app.py:3" in story.repairs[0]
    assert any(line.startswith("! app.py:3") for line in describe_question(story.run, "release"))


def test_people_see_what_becomes_of_the_tests_that_were_there(story: Story) -> None:
    old = b"def test_it():\n    assert 1 + 1 == 2\n"
    story.originals = dict.fromkeys(("tests/test_site.py", "tests/test_gone.py", "tests/test_sums.py"), old)
    story.may_change = ("tests/test_site.py",)
    own = {"changed": ["tests/test_sums.py"], "removed": ["tests/test_gone.py"], "failed": ["a", "b"]}
    story.report = {"own": own, "notes": ["ran without the repository's packages: none could be had"]}
    story.begin()
    shown = "\n".join(describe_question(story.until("release"), "release"))
    assert "! tests/test_site.py: a test that was there before is changed, and was not run as it was" in shown
    assert "! tests/test_sums.py: a test that was there before is changed; as it was, it passes too" in shown
    assert "! tests/test_gone.py: a test that was there before is taken away" in shown
    assert "· 2 of the tests there did not pass before either" in shown
    assert "· ran without the repository's packages" in shown
    story.report = {"own": {"unread": "the repository's own tests could not be run before the change"}}
    story.comment(WISH)
    story.rest()
    assert "! the repository's own tests could not be run" in "\n".join(describe_question(story.run, "release"))


def test_no_crowd_of_small_things_hides_what_matters(story: Story) -> None:
    names = [f"a-package-{number}" for number in range(45)]
    story.files |= {"app.py": b"import os\nos.system(input())\neval(input())\n"}
    story.files["requirements.txt"] = "".join(f"{name}==1.0\n" for name in names).encode()
    story.files |= {f"pages/{'long-name-' * 12}{number}.html": b"<p>" + b"x" * 60 for number in range(50)}
    story.begin()
    lines = describe_question(story.until("release"), "release")
    assert any(line.startswith("! app.py:3") for line in lines)
    assert [line for line in lines if " more" in line] == [
        next(line for line in lines if line.startswith("What: 54 files") and line.endswith("more")),
        "+ and 5 more: look at the run.",
        next(line for line in lines if line.startswith("· and")),
    ]
    shown = next(line for line in lines if line.startswith("What:"))
    assert shown.count(".html") + shown.count(".py") + shown.count(".txt") + int(shown.split()[-2]) == 54


def test_a_secret_in_a_title_leaves_with_nothing(story: Story) -> None:
    story.begin(f"Bicycle club {SECRET}")
    approve(story)
    assert (story.rest().status, story.sent) == (RunStatus.FAILED, [])
    assert "the title of the page" in story.run.failure
    told = said(story)
    assert len(told) >= 2
    assert SECRET not in "".join(told)
