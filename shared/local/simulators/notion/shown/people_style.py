"""The frame of every HTML page the simulator shows: style, policy, nothing from elsewhere."""

import base64
import hashlib
import html
from pathlib import Path

from werkzeug.wrappers import Response

STYLE = Path(__file__).with_name("people.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def page(title: str, body: str, status: int = 200, form_action: str = "'self'") -> Response:
    """Frame a page; `body` is HTML whose user content is already escaped."""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action {form_action}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return Response(text, status=status, headers=headers, content_type="text/html; charset=utf-8")
