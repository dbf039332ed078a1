"""The frame of every HTML page the simulator shows: style, policy, nothing from elsewhere."""

import base64
import hashlib
import html

from werkzeug.wrappers import Response

STYLE = """
:root{color-scheme:light dark;--ink:#23211e;--soft:#6a665f;--line:#e7e4df;--paper:#fff;--wash:#f7f6f3;--blue:#2f6fb2}
@media(prefers-color-scheme:dark){:root{--ink:#e6e3dd;--soft:#98938a;--line:#35332f;--paper:#1b1a18;--wash:#24231f;
--blue:#7db1e6}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",sans-serif;
overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;
padding:.6rem 1.25rem;background:var(--wash);border-bottom:1px solid var(--line);font-size:.9rem}
header form{min-width:0;max-width:100%}header select{max-width:11rem;text-overflow:ellipsis}
main{max-width:46rem;margin:0 auto;padding:1.5rem 1.25rem 5rem}
main.narrow{max-width:32rem;padding-top:3rem}
main.wide{max-width:70rem}
h1{font-size:2rem;line-height:1.25;margin:.6rem 0 1rem;letter-spacing:-.01em}
h2{font-size:1.4rem;line-height:1.3;margin:1.8rem 0 .4rem}
h3{font-size:1.15rem;margin:1.4rem 0 .3rem}h4{font-size:1rem;margin:1.2rem 0 .2rem}
h2.label{font-size:.8rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);margin:2.5rem 0 .6rem;
padding-top:1rem;border-top:1px solid var(--line)}
p{margin:.35rem 0}.words{white-space:pre-wrap}.inner{padding-left:1.5rem}
figure{margin:.6rem 0}figcaption{margin-bottom:-.3rem}
summary{cursor:pointer}summary h2,summary h3,summary h4,summary h5{display:inline-block;margin:.4rem 0}
details>:not(summary){margin-left:1.2rem}h5{font-size:.95rem;margin:1rem 0 .2rem}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:3px}
a:hover{text-decoration-color:currentColor}
.soft{color:var(--soft);font-size:.875rem}.crumbs a{text-decoration:none}
ul,ol{margin:.2rem 0;padding-left:1.5rem}.tree,.tree ul{list-style:none;padding-left:1.2rem}.tree{padding-left:0}
.tree li{margin:.2rem 0}.kind{display:inline-block;width:1.5rem;color:var(--soft)}
blockquote{margin:.5rem 0;padding-left:1rem;border-left:3px solid var(--ink)}
pre{background:var(--wash);border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem;overflow:auto;
font:.85rem/1.5 ui-monospace,Menlo,Consolas,monospace;margin:.5rem 0}
code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.87em;background:var(--wash);border-radius:4px;
padding:.1em .3em}pre code{background:none;padding:0}
hr{border:0;border-top:1px solid var(--line);margin:1.2rem 0}
.callout{display:flex;gap:.7rem;background:var(--wash);border:1px solid var(--line);border-radius:6px;
padding:.7rem 1rem;margin:.5rem 0}.callout>div{flex:1;min-width:0}
.scroll{overflow-x:auto;margin:.6rem 0}
table{border-collapse:collapse;min-width:100%;font-size:.925rem}
th,td{border:1px solid var(--line);padding:.4rem .65rem;text-align:left;vertical-align:top}
th,td{overflow-wrap:break-word;min-width:4rem;max-width:24rem}:is(th,td):first-child{min-width:8rem}
th{background:var(--wash);font-weight:500;color:var(--soft);white-space:nowrap}
.todo{display:flex;gap:.55rem;align-items:flex-start;margin:.15rem 0}.todo>div{flex:1;min-width:0}
.todo form{margin:0;line-height:0}
.tick{display:block;border-color:var(--soft);width:1.15rem;height:1.15rem;min-height:0;padding:0;margin-top:.25rem;border-radius:4px;
font-size:.8rem;line-height:1;text-align:center}.tick.on{background:var(--blue);border-color:var(--blue);color:var(--paper)}
.done{color:var(--soft);text-decoration:line-through}.columns{display:flex;flex-wrap:wrap;gap:1rem}
.columns>div{flex:1 1 14rem;min-width:0}
.props{display:grid;gap:.4rem;margin:.5rem 0 1.5rem}.props form,.props .still{display:grid;
grid-template-columns:9rem 1fr auto;gap:.6rem;align-items:center;margin:0}.props .still{grid-template-columns:9rem 1fr}
.props label,.props .name{color:var(--soft);font-size:.9rem}
input,select,textarea,button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);
border-radius:6px;padding:.35rem .6rem;min-height:2.25rem;max-width:100%}
input[type=checkbox]{min-height:0;width:1.05rem;height:1.05rem;vertical-align:-.15em}
textarea{width:100%;min-height:5.5rem;resize:vertical}input[type=text]{width:100%}
button{cursor:pointer;white-space:nowrap;background:var(--wash)}button:hover{border-color:var(--soft)}
button.main{background:var(--blue);border-color:var(--blue);color:var(--paper)}
:focus-visible{outline:2px solid var(--blue);outline-offset:1px}
.field{display:grid;gap:.25rem;margin:1rem 0}.row{display:block;padding:.2rem 0}
fieldset{border:1px solid var(--line);border-radius:6px;padding:.6rem 1rem;margin:1rem 0}legend{color:var(--soft)}
.buttons{display:flex;gap:.6rem;margin-top:1rem}
.comment{border-left:3px solid var(--line);padding:.1rem 0 .1rem .9rem;margin:.7rem 0}
.pill{display:inline-block;border-radius:4px;padding:0 .5em;font-size:.875rem;background:var(--line)}
.pill.green{background:#d5ecd9;color:#1f4d2b}.pill.blue{background:#d6e6f5;color:#1d466c}
.pill.yellow{background:#f9ecc4;color:#5c4a10}.pill.orange{background:#fbe0c8;color:#6b3a10}
.pill.red{background:#fadad5;color:#6e2219}.pill.purple{background:#e6dcf2;color:#452b66}
.pill.pink{background:#f6dcea;color:#6a2347}.pill.brown{background:#ebdfd7;color:#553823}
@media(max-width:34rem){h1{font-size:1.6rem}.props form,.props .still{grid-template-columns:1fr auto}
.props label,.props .name{grid-column:1/-1;margin-bottom:-.3rem}}
"""
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
