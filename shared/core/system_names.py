"""What people call the systems and providers that settings name by an id."""

from __future__ import annotations

_NAMES = {
    "notion": "Notion",
    "github": "GitHub",
    "gitlab": "GitLab",
    "vercel": "Vercel",
    "cloud_storage": "Cloud Storage",
    "local_sites": "the machine that Workwright runs on",
    "slack": "Slack",
    "ses": "Amazon SES",
    "smtp": "the mail server",
    "anthropic": "Anthropic",
    "openai": "OpenAI",
    "xai": "xAI",
    "gemini": "Google's Gemini",
}


def name_system(system: str) -> str:
    """Return the name that people know; an id without one stands for itself."""
    return _NAMES.get(system, system)
