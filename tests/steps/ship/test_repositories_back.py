"""A proposal is taken back: what is ours goes, what people have made of it stays and is named."""

from __future__ import annotations

from shared.core.run.run import RunStatus
from tests.support.rigs.forge_rig import BRANCH, NAME, ForgeRig


def test_cancelling_closes_the_pull_request_and_deletes_the_branch(rig: ForgeRig) -> None:
    rig.open()
    rig.agree()
    rig.ship(owner="bo", repository="other")  # settings that changed meanwhile lead no undo astray
    run = rig.cancel()
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    assert rig.bo.change("acme", NAME, 1).state == "closed"
    assert rig.bo.head("acme", NAME, BRANCH) == ""


def test_cancelling_leaves_a_branch_that_somebody_has_pushed_to(rig: ForgeRig) -> None:
    rig.open()
    rig.agree()
    theirs = rig.bo_pushes()
    run = rig.cancel()
    assert rig.bo.head("acme", NAME, BRANCH) == theirs
    assert rig.bo.change("acme", NAME, 1).state == "closed"
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("propose",))
    propose = run.step("propose")
    assert propose is not None
    assert "somebody has pushed to it" in propose.error


def test_cancelling_names_what_somebody_has_merged(rig: ForgeRig) -> None:
    rig.open()
    rig.agree()
    rig.bo.merge("acme", NAME, 1, sha=str(rig.output("propose")["commit"]))
    run = rig.cancel()
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("propose",))
    propose = run.step("propose")
    assert propose is not None
    assert "was merged by somebody; that stays" in propose.error
