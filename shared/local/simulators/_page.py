"""The one look of all pages the simulators show to people: calm, escaped, closed to everything outside."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path

from werkzeug.wrappers import Response

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + b64encode(sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(title: str, body: str, status: int = 200) -> Response:
    """Wrap ready, escaped HTML into a whole page."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>' + escape(title) + "</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(html, status=status, headers=headers, content_type="text/html; charset=utf-8")


def diff(text: str) -> str:
    """Return a unified diff as HTML, added and removed lines marked by more than colour: their sign stays."""
    lines = []
    for line in text.splitlines():
        if line.startswith("index "):
            continue  # object ids help nobody who reads
        safe = escape(line)
        if line.startswith(("+++", "---", "diff ", "@@", "new file", "deleted file", "similarity", "rename")):
            lines.append(f"<b>{safe}</b>\n")
        elif line.startswith("+"):
            lines.append(f"<ins>{safe}</ins>")
        elif line.startswith("-"):
            lines.append(f"<del>{safe}</del>")
        else:
            lines.append(f"{safe}\n")
    return f'<pre tabindex="0" aria-label="Changes">{"".join(lines)}</pre>'
