"""vercel.verify: ask the deployed preview for every requirement before anybody calls it live."""

from __future__ import annotations

from shared.core.errors import Rejected
from shared.core.site import check_site
from shared.steps._kind import Done, Input, Repeat, StepContext, StepKind


class Verify(Input):
    """Nothing to fill in: it checks what the step before has deployed."""


def _run(wanted: Verify, ctx: StepContext) -> Done:
    deployed = ctx.output_of("vercel.deploy")
    checks = ctx.get_text(str(ctx.output_of("code.generate")["checks"]))
    report = check_site(checks, str(deployed["url"]), ctx.check_site)
    if report.missing:
        raise Rejected(
            "site", f"{len(report.missing)} of {report.total} requirements are not on the site: {report.sample}"
        )
    return Done({"checked": report.total, "url": deployed["url"]}, facts={"verified": report.total})


VERCEL_VERIFY = StepKind(
    "vercel.verify",
    "Check every requirement on the deployed preview.",
    Verify,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    systems=("vercel",),
    needs=("code.generate", "vercel.deploy"),
)
