"""What a demo leaves out of the environment, and what it keeps."""

from __future__ import annotations

from shared.local.configuration.harmless import leave_out_the_real

REAL = {
    "WORKWRIGHT_NOTION_URL": "https://api.notion.com",
    "WORKWRIGHT_SMTP_URL": "smtps://mail.example:465",
    "WORKWRIGHT_CODE_RUNNER_URL": "https://runner.example",
    "WORKWRIGHT_PUBLIC_URL": "https://workwright.example",
    "WORKWRIGHT_MODE": "cloud",
    "WORKWRIGHT_DATA": "/srv/workwright",
    "WORKWRIGHT_SITES_BUCKET": "sites",
    "WORKWRIGHT_SITES_FOLDER": "/srv/sites",
    "WORKWRIGHT_GITLAB_HOSTS": "https://gitlab.example",
    "AWS_ACCESS_KEY_ID": "a",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example",
    "GOOGLE_APPLICATION_CREDENTIALS": "/srv/google.json",
}
HARMLESS = {
    "PATH": "/usr/bin",
    "WORKWRIGHT_TRACE": "trace.jsonl",
    "WORKWRIGHT_BROWSER": "off",
    "WORKWRIGHT_MODEL": "compatible",
    "WORKWRIGHT_COMPATIBLE_URL": "http://127.0.0.1:11434/v1",
}


def test_whatever_leads_to_a_real_system_is_left_out_and_the_rest_stays() -> None:
    env = {**REAL, **HARMLESS}
    leave_out_the_real(env)
    assert env == HARMLESS


def test_googles_identity_stays_for_the_model_that_is_asked_with_it() -> None:
    env = {**REAL, "WORKWRIGHT_MODEL": "vertex"}
    leave_out_the_real(env)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in env
