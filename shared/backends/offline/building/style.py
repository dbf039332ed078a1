"""The style sheet of a generated site: no request to anybody, light and dark, wide and narrow, either direction."""

from __future__ import annotations

_ACCENTS = (  # light: on near-white; dark: on near-black; each has a contrast of at least 5.5 to 1 with its ground
    ("#a1352b", "#f29b8e"),
    ("#8a4b08", "#eeb16a"),
    ("#2f6b2f", "#93cf8d"),
    ("#0b6a6a", "#7ccfcb"),
    ("#1f5fa8", "#8fbff2"),
    ("#5b45a8", "#bdaef5"),
    ("#96306f", "#eda3cf"),
)


def style_sheet(choice: int) -> str:
    """Return the style sheet with one of the accent colours; the same choice gives the same bytes."""
    light, dark = _ACCENTS[choice % len(_ACCENTS)]
    return _SHEET.replace("LIGHT_ACCENT", light).replace("DARK_ACCENT", dark)


_SHEET = """\
:root {
  color-scheme: light dark;
  --paper: #fdfcfa;
  --raised: #ffffff;
  --soft: #f4f1ec;
  --ink: #22201d;
  --quiet: #655f57;
  --line: #e3ded5;
  --accent: LIGHT_ACCENT;
  --tint: color-mix(in srgb, var(--accent) 7%, var(--paper));
  --body: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Vazirmatn", Tahoma, sans-serif;
  --display: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "Noto Serif", serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171614;
    --raised: #201f1c;
    --soft: #262421;
    --ink: #ebe7e0;
    --quiet: #aaa399;
    --line: #3a3732;
    --accent: DARK_ACCENT;
  }
}

* { box-sizing: border-box; }

html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; scroll-padding-top: 1.5rem; }

body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1.0625rem/1.65 var(--body);
  overflow-wrap: break-word;
}

body::before { content: ""; display: block; height: 5px; background: var(--accent); }

:lang(fa), :lang(ar), :lang(ur) { line-height: 1.9; }

main { max-width: 44rem; margin: 0 auto; padding: clamp(2rem, 7vw, 4.5rem) clamp(1.1rem, 5vw, 2rem) 2rem; }

h1, h2, h3, h4, h5, h6 { line-height: 1.25; text-wrap: balance; margin: 2.2em 0 0.6em; }
h1, h2 { font-family: var(--display); font-weight: 600; letter-spacing: -0.012em; }
h1 { margin: 0 0 0.7em; font-size: clamp(2.1rem, 1.5rem + 3.4vw, 3.2rem); line-height: 1.12; }
h1::after {
  content: ""; display: block; width: 3.2rem; height: 3px; margin-top: 0.45em;
  border-radius: 2px; background: var(--accent);
}
h2 { font-size: 1.65rem; margin-top: 2em; }
h3 { font-size: 1.25rem; }
h4, h5, h6 { font-size: 1.06rem; }
:is(h1, h2):is(:lang(fa), :lang(ar), :lang(ur), :lang(he)) { letter-spacing: 0; line-height: 1.4; }

h1 + p { font-size: 1.2rem; line-height: 1.6; color: var(--quiet); }

p, ul, ol, blockquote, aside, figure, details, .scroll, .columns { margin: 0 0 1.1em; }

a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }

ul, ol { padding-inline-start: 1.4em; }
li { margin: 0.3em 0; padding-inline-start: 0.15em; }
li > ul, li > ol { margin: 0.3em 0; padding-inline-start: 1.1em; }
:lang(fa) ol { list-style-type: persian; }
:lang(ar) ol { list-style-type: arabic-indic; }
li::marker { color: var(--accent); }
li li li li ul, li li li li ol, .below .below .below { padding-inline-start: 0.6em; }
.below { padding-inline-start: 1.1em; border-inline-start: 2px solid var(--line); margin-bottom: 1.1em; }

.tasks { list-style: none; padding-inline-start: 0; }
.tasks .tasks { padding-inline-start: 1.7em; }
.tasks li { padding: 0; }
.tasks label { display: flex; gap: 0.65em; align-items: flex-start; }
.tasks input {
  appearance: none; flex: none; font: inherit; /* else 1lh is a line of the browser's own small letters */
  width: 1.1em; height: 1.1em; margin: 0.28em 0 0; margin-top: calc((1lh - 1.1em) / 2);
  border: 2px solid var(--quiet); border-radius: 0.3em; display: grid; place-content: center;
}
.tasks input:checked { background: var(--accent); border-color: var(--accent); }
.tasks input:checked::before {
  content: ""; width: 0.32em; height: 0.62em; margin-top: -0.12em; transform: rotate(45deg);
  border: solid var(--paper); border-width: 0 2px 2px 0;
}
.tasks input:checked + span { color: var(--quiet); }

.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.7rem; background: var(--raised); }
table { border-collapse: collapse; width: 100%; font-size: 0.97em; line-height: 1.5; }
caption { padding: 0.7em 1em; text-align: start; font-weight: 600; }
th, td {
  padding: 0.6em 1em; min-width: 4.5em; text-align: start; vertical-align: top; border-top: 1px solid var(--line);
  font-variant-numeric: tabular-nums;
}
:is(th, td):first-child { min-width: 7.5em; }
thead th { border-top: 0; background: var(--soft); font-size: 0.92em; color: var(--quiet); }
tbody:first-child tr:first-child td { border-top: 0; }

blockquote {
  padding: 0.2em 0; padding-inline-start: 1.2em; border-inline-start: 3px solid var(--accent);
  font-family: var(--display); font-size: 1.12em; line-height: 1.6;
}
.callout {
  padding: 1em 1.2em; border-radius: 0.7rem; background: var(--tint);
  border: 1px solid color-mix(in srgb, var(--accent) 28%, var(--paper));
}
:is(blockquote, .callout, details, td, .below, .columns > div) > :last-child { margin-bottom: 0; }

details { padding: 0.8em 1.1em; border: 1px solid var(--line); border-radius: 0.7rem; background: var(--raised); }
summary { cursor: pointer; font-weight: 600; }
details[open] > summary { margin-bottom: 0.6em; }
summary > :is(h2, h3, h4, h5, h6) { display: inline; margin: 0; }
summary::marker { color: var(--accent); }

code { font: 0.88em/1.5 var(--mono); background: var(--soft); padding: 0.15em 0.35em; border-radius: 0.3em; }
pre {
  margin: 0; padding: 1em 1.2em; overflow-x: auto; border-radius: 0.7rem;
  background: var(--soft); border: 1px solid var(--line); line-height: 1.55; tab-size: 4;
}
pre code { background: none; padding: 0; }
figcaption, .caption { color: var(--quiet); font-size: 0.9em; }
figcaption { margin-top: 0.4em; }
.equation { text-align: center; overflow-x: auto; }

.link a {
  display: block; padding: 0.8em 1.1em; border: 1px solid var(--line); border-radius: 0.7rem;
  background: var(--raised); text-decoration: none; overflow-wrap: anywhere;
}
.link a::after { content: " ↗"; color: var(--quiet); }
.link a:hover, .cards a:hover, .steps a:hover { border-color: var(--accent); }
.image a { padding-block: 1.6em; text-align: center; background: var(--tint); }

hr { border: 0; border-top: 1px solid var(--line); margin: 2.6em 0; }

.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)); gap: 0 2rem; }
.columns > div, .tasks label > span { min-width: 0; }

.skip { position: absolute; inset-inline-start: 1rem; top: -4rem; padding: 0.5em 1em; background: var(--raised); }
.skip:focus { top: 1rem; }

.bar { border-bottom: 1px solid var(--line); background: var(--raised); overflow-x: auto; }
.bar ul { display: flex; gap: 0.3rem; list-style: none; margin: 0 auto; padding: 0.5rem 1rem; width: max-content; }
.bar li { margin: 0; padding: 0; }
.bar a {
  display: block; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  padding: 0.35em 0.8em; border-radius: 2em; color: var(--quiet); text-decoration: none; font-size: 0.94rem;
}
.bar a:hover { color: var(--ink); background: var(--soft); }
.bar [aria-current] { color: var(--accent); background: var(--tint); font-weight: 600; }

.contents { margin: 2em 0 2.4em; padding: 1em 1.2em; border-radius: 0.7rem; background: var(--soft); }
.contents ol { margin: 0; columns: 14rem 2; column-gap: 2rem; }
.contents li { break-inside: avoid; margin: 0; padding-block: 0.15em; }
.contents a { text-decoration: none; }
.contents a:hover { text-decoration: underline; }

.cards { margin-top: 2.5rem; }
.cards ul {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1rem;
  padding: 0; list-style: none;
}
.cards li { margin: 0; padding: 0; }
.cards a, .steps a {
  display: flex; flex-direction: column; gap: 0.3em; height: 100%; padding: 1em 1.2em; text-decoration: none;
  border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised);
}
.card-title { font: 600 1.2rem/1.3 var(--display); }
.card-title::after { content: " →"; font-family: var(--body); font-weight: 400; }
[dir="rtl"] .card-title::after { content: " ←"; }
.about, .way { color: var(--quiet); font-size: 0.92rem; line-height: 1.5; }

.steps { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; margin-top: 4rem; }
.steps .next { grid-column: 2; text-align: end; }
.steps a { line-height: 1.35; gap: 0.1em; }

.method { font: 600 0.82em var(--mono); color: var(--accent); }

footer { padding: 2.5rem 1.2rem 3rem; text-align: center; color: var(--quiet); font-size: 0.88rem; }
footer p { margin: 0; }

@media (max-width: 30rem) {
  body { font-size: 1rem; }
  h2 { font-size: 1.45rem; }
  th, td { padding: 0.5em 0.75em; }
  .columns { grid-template-columns: minmax(0, 1fr); }
}

@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }

@media print {
  body::before, .bar, .steps, .skip { display: none; }
  .scroll { overflow: visible; }
}
"""
