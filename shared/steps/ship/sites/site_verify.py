"""site.verify: look at the deployed preview as its visitors will, before anybody is asked whether it may go live."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

from shared.core.errors import NotAllowed, Rejected
from shared.core.run.commands import BROWSER
from shared.mind.safety.redaction import Redactor
from shared.steps._input import Input
from shared.steps._kind import Again, Done, Repeat, StepContext, StepFailure, StepKind
from shared.steps._work import list_tested_requirements, load_tested_work
from shared.steps.ship._release import hash_go_live
from shared.steps.ship.sites._hosting import SYSTEMS, SiteFetch, host_named
from shared.steps.ship.sites._verify import Verdict, verify

_LOOKS = 3  # at a preview that does not answer, before that is what is wrong with it
_GAP = timedelta(seconds=2)


class Verify(Input):
    """Nothing to fill in."""


def _run(wanted: Verify, ctx: StepContext) -> Done | Again:
    deployed, work = ctx.output_of("site.deploy"), load_tested_work(ctx)
    hosting, project, url = host_named(ctx, str(deployed["system"])), str(deployed["project"]), str(deployed["url"])
    checks = json.dumps(work.checks)
    verdict = verify(ctx, checks, url, SiteFetch(ctx, hosting, project))
    if verdict.down:
        return _did_not_answer(ctx, hosting.system, verdict)
    if verdict.wrong:
        raise StepFailure(_feedback(ctx, verdict), signature=_signature(verdict))
    site = hosting.site(project)
    notes = list(verdict.notes)
    if not site.auto_assigns:
        notes.append("after a rollback nothing goes live by itself here; going live now switches that on again")
    going = {"system": hosting.system, "site": project, "deployment": deployed["deployment"]}
    alone = len(list_tested_requirements(ctx, ctx.output_of("code.test")))
    output = {
        **verdict.said,
        "by_tests": alone,
        "url": url,
        "findings": notes,
        "production": site.production,
        "auto_assigns": site.auto_assigns,
        "binds": hash_go_live(ctx, work.tree_id, going),
    }
    return Done(
        output, facts={"verified": verdict.checked, "by_tests": alone, **({"notes": "; ".join(notes)} if notes else {})}
    )


def _did_not_answer(ctx: StepContext, system: str, verdict: Verdict) -> Again:
    """Look again a little later; raises when that was often enough."""
    if 401 in verdict.down:
        way_out = "Create a bypass for automation in the project's deployment protection, then retry."
        raise NotAllowed(system, "the preview asks its visitors to sign in, us too (401)", way_out=way_out)
    if ctx.step.wake + 1 < _LOOKS:
        return Again(_GAP)
    if any(verdict.down):
        codes = ", ".join(map(str, verdict.down))
        raise StepFailure(f"The deployed site answers with an error of its server: {codes}", signature=f"down {codes}")
    raise Rejected("site", "the preview does not answer")


def _feedback(ctx: StepContext, verdict: Verdict) -> str:
    """Return what is wrong for whoever wrote the code, without what the page gives away of its variables."""
    hidden = Redactor([value.reveal() for value in ctx.site_environment().values()])
    problems = "\n".join(f"- {hidden.hide(each)}" for each in verdict.wrong)
    return f"The deployed preview is not right:\n{problems}"


def _signature(verdict: Verdict) -> str:
    text = "\n".join(re.sub(r"\d+", "#", each) for each in verdict.wrong)
    return hashlib.sha256(f"verify {text}".encode()).hexdigest()[:16]


SITE_VERIFY = StepKind(
    "site.verify",
    "Check every requirement on the deployed preview, its links, and what a browser sees of it.",
    Verify,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    line=BROWSER,
    systems=(SYSTEMS,),
    needs=("code.generate", "code.test", "site.deploy"),
    repairs="code.test",
    core=True,
)
