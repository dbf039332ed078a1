"""What is imported inside functions, and not at the top of the file, is named here with its reason.

The usual place of an import is the top. Simulators and benches, which nobody waits for, are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LATE_IMPORTS = {  # reason → the modules
    "a library that takes long to load, or that not every installation has": """
        certifi google.auth google.auth.exceptions google.auth.transport.requests google.cloud
        google.genai.errors google.genai.types google.oauth2.credentials numpy onnxruntime re2 requests
        requests.structures sentry_sdk sentry_sdk.utils vertexai
    """,
    "is there where a project's tests run, and nowhere else": """
        pytest
    """,
    "one command of many: who types another does not wait for it": """
        shared.app.api.keys shared.app.api.run.workspace_questions shared.bench.asking_edits
        shared.bench.chaos.story shared.bench.cold.cold_starts shared.bench.cold.webhook_rate
        shared.bench.load.bench shared.bench.notion.notion_work shared.bench.notion.notion_world
        shared.bench.ops.ops shared.bench.ops.scale shared.bench.prompts.prompt_sizes shared.bench.retrieval
        shared.bench.ship.ship_cost shared.bench.steps shared.cli.doctor.cloud shared.cli.doctor.cloud_wanted
        shared.cli.doctor.connection_checks shared.cli.doctor.google_reader shared.cli.doctor.notion_findings
        shared.cli.evaluate.evaluation shared.cli.migrate.run_move shared.cli.run_house shared.cli.show_demo
        shared.local.story.idea shared.local.story.story_end
    """,
    "what few requests of a door come to, with all that it needs: the others start without it": """
        shared.app.agents shared.app.api.openapi shared.app.approval.comment_records shared.app.approval.ended_comments
        shared.app.approval.short_answers shared.app.chat.chat_comments shared.app.chat.conversation
        shared.app.connections.forge_hooks shared.app.engine.execute_step shared.app.intake
        shared.app.intake.page_view shared.app.knowledge.ask
        shared.app.knowledge.knowledge_search shared.app.knowledge.knowledge_sync
        shared.app.notify.tenant_notices shared.app.planning.make_plan shared.app.resources.inventory
        shared.app.resources.removal shared.app.schedule.planning_time shared.app.schedule.routines
        shared.app.tenants.tenant_delete shared.app.tenants.tenant_export shared.app.workspace.workspace_map
        shared.mind.window
    """,
    "one of several that the wiring, or an adapter, chooses from": """
        shared.app.code.package_facts shared.app.money.paid_embedder shared.app.ship.site_environment
        shared.backends.cloud.caller_token shared.backends.cloud.google_clients
        shared.backends.cloud.google_signature shared.backends.cloud.identity
        shared.backends.cloud.knowledge.index shared.backends.cloud.rest.firestore
        shared.backends.cloud.rest.services shared.backends.cloud.rest.token shared.backends.cloud.rest.wire
        shared.backends.cloud.vertex_sandbox shared.backends.local.browser.chromium
        shared.backends.local.delivery.local_queue shared.backends.local.folder.backup
        shared.backends.local.folder.data_folder shared.backends.local.keys.identity
        shared.backends.local.keys.local_secrets shared.backends.local.search.embedder
        shared.backends.local.search.local_knowledge shared.backends.local.state.local_store
        shared.backends.models shared.backends.models.anthropic shared.backends.models.gemini
        shared.backends.models.google_identity shared.backends.models.openai_chat
        shared.backends.models.openai_responses shared.backends.models.pydantic_ai
        shared.backends.models.vertex_embedder shared.backends.offline.agents shared.backends.offline.model
        shared.backends.offline.passage_answers shared.backends.remote.sandbox shared.backends.sandbox.choose
        shared.wiring.cloud shared.wiring.model_trials shared.wiring.models shared.wiring.tools
    """,
    "brings such a library": """
        shared.cli.probe.aws_signature shared.integrations.github.app_claim
        shared.integrations.notion.markdown.markdown shared.integrations.ses shared.plain_session
        shared.telemetry shared.telemetry.otlp
    """,
    "the lazy table of kinds of step, and what single kinds alone are made of": """
        shared.mind.group shared.mind.members shared.steps shared.steps._retired_kinds
        shared.steps.code._code_generating shared.steps.code._code_outlining shared.steps.code._code_repairing
        shared.steps.code._code_writing
    """,
    "rules that are read and put together once a text is looked through": """
        shared.mind.safety.harm_review shared.mind.safety.leaks shared.mind.safety.redaction
    """,
}
MAX_STATEMENTS = 164
"""How often they are imported so; the number may only fall."""


def _find_late_imports(tree: ast.Module) -> Iterator[str]:
    """Yield the module of each import that is carried out in a function, each once."""
    seen: set[int] = set()
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(owner):
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, ast.ImportFrom):
                yield str(node.module)
            elif isinstance(node, ast.Import):
                yield from (each.name for each in node.names)


def test_an_import_inside_a_function_is_found() -> None:
    text = "import re\nif re:\n    import ast\ndef f():\n    from a import (\n        b)\n"
    text += "class C:\n    def g(self):\n        def h():\n            import a.b as c"
    assert list(_find_late_imports(ast.parse(text))) == ["a", "a.b"]


def test_what_is_imported_inside_functions_has_its_reason() -> None:
    files = (ROOT / "shared").rglob("*.py")
    product = sorted(path for path in files if path.relative_to(ROOT).parts[1] not in ("local", "bench"))
    found = [each for path in product for each in _find_late_imports(ast.parse(path.read_text(encoding="utf-8")))]
    named = [module for modules in LATE_IMPORTS.values() for module in modules.split()]
    assert set(found) - set(named) == set()
    assert set(named) - set(found) == set(), "imported at the top now, or nowhere: take it out"
    assert len(named) == len(set(named))
    assert len(found) <= MAX_STATEMENTS
