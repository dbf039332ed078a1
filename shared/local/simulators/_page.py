"""The one look of all pages the simulators show to people: calm, escaped, closed to everything outside."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from werkzeug.wrappers import Response

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --paper: #fff; --tint: #f6f8fa;
  --link: #0550ae; --plus: #dafbe1; --minus: #ffebe9; --good: #116329; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #0d1117;
  --tint: #151b23; --link: #79b8ff; --plus: #12361e; --minus: #48191d; --good: #56d364; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.3; } h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: var(--link); } a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.soft { color: var(--soft); font-size: .9rem; } .tag { border: 1px solid var(--line); border-radius: 1rem;
  padding: .1rem .6rem; font-size: .85rem; display: inline-block; }
ul.rows { list-style: none; padding: 0; border: 1px solid var(--line); border-radius: .5rem; }
ul.rows > li { padding: .55rem .8rem; } ul.rows > li + li { border-top: 1px solid var(--line); }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; overflow-x: auto;
  font: .85rem/1.5 ui-monospace, monospace; } pre.text { white-space: pre-wrap; font: inherit; }
pre ins, pre del { text-decoration: none; display: block; } pre ins { background: var(--plus); }
pre del { background: var(--minus); } pre b { color: var(--soft); font-weight: 600; }
.button { border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .8rem; margin: .3rem .4rem 0 0;
  display: inline-block; background: var(--tint); }
"""
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
