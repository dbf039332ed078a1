"""Every kind of step the agent can do. A new kind is one file and one line here."""

from shared.steps._kind import StepKind
from shared.steps.code_generate import CODE_GENERATE
from shared.steps.code_test import CODE_TEST
from shared.steps.github_open_pull_request import GITHUB_OPEN_PULL_REQUEST
from shared.steps.notion_ask_question import NOTION_ASK_QUESTION
from shared.steps.notion_publish_plan import NOTION_PUBLISH_PLAN
from shared.steps.vercel_deploy import VERCEL_DEPLOY
from shared.steps.vercel_promote import VERCEL_PROMOTE
from shared.steps.vercel_verify import VERCEL_VERIFY

ALL: tuple[StepKind, ...] = (
    NOTION_PUBLISH_PLAN,
    NOTION_ASK_QUESTION,
    CODE_GENERATE,
    CODE_TEST,
    GITHUB_OPEN_PULL_REQUEST,
    VERCEL_DEPLOY,
    VERCEL_VERIFY,
    VERCEL_PROMOTE,
)

KINDS: dict[str, StepKind] = {kind.name: kind for kind in ALL}
