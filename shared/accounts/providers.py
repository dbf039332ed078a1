"""The systems whose grants are renewed at a token endpoint, one line each."""

from __future__ import annotations

from shared.oauth import GITLAB, NOTION, OAuthProvider

PROVIDERS: dict[str, OAuthProvider] = {NOTION.name: NOTION, GITLAB.name: GITLAB}
