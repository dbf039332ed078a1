"""What a run says of messages that did not go out: which, about what, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.notify.attention import attention_of
from tests.support.builders.runs import begin, spec

END = "run_succeeded/end"
TOLD: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "all was sent": ({END: "notion:sent, email:sent, slack:sent"}, ()),
    "one was refused for good": (
        {END: "notion:sent, email:failed (ses: 400 address unknown), slack:sent"},
        ("The e-mail about the end of the run could not be sent: ses: 400 address unknown.",),
    ),
    "a reason with commas and brackets": (
        {END: "email:failed (ses: 400 (address), unknown), slack:sent"},
        ("The e-mail about the end of the run could not be sent: ses: 400 (address), unknown.",),
    ),
    "for the same reason each time": (
        {
            "approval_asked/approve": "slack:failed (slack: channel_not_found), slack:sent",
            END: "slack:failed (slack: channel_not_found)",
        },
        ("2 Slack messages could not be sent: slack: channel_not_found.",),
    ),
    "for two reasons": (
        {END: "email:failed (ses: 400), slack:failed (slack: channel_not_found)"},
        (
            "The e-mail about the end of the run could not be sent: ses: 400.",
            "The Slack message about the end of the run could not be sent: slack: channel_not_found.",
        ),
    ),
    "as it was noted before reasons were": (
        {"approval_asked/approve": "email:no longer needed, slack:sent"},
        ("The e-mail about the approval of the plan was not sent, because nobody needed it any more.",),
    ),
    "of several people": (
        {"approval_asked/s.release.3": "email:no longer needed (approved), email:no longer needed (approved)"},
        ("2 e-mails about the approval of what leaves were not sent, because somebody had approved before.",),
    ),
    "while somebody sleeps": ({END: "email:sent, 1 wait for the end of quiet hours"}, ()),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_did_not_go_out_is_named_with_its_reason(case: str) -> None:
    notices, said = TOLD[case]
    run, _ = begin(spec("a"))
    assert attention_of(replace(run, notices=notices)) == said


def test_words_of_others_lead_nowhere() -> None:
    run, _ = begin(spec("a"))
    (said,) = attention_of(replace(run, notices={END: "email:failed (see https://evil.example/x)"}))
    assert "https://" not in said
