"""The style sheet of the HTML report: paper and ink, light and dark, narrow and printed; filters without a script."""

from tightlip.model.verdict import Verdict
from tightlip.reports._words import SEVERITIES, VERDICTS

_LIGHT = """
--paper: #fbfaf7; --sheet: #ffffff; --ink: #1c2024; --quiet: #5d6670; --line: #e3dfd6; --wash: #f3f1ea;
--discloses: #b3261e; --offers: #9a5b00; --inconclusive: #65479c; --clean: #1c7046; --absent: #6c757d;
--unreachable: #6c757d; --leak: #fbdcd6; --leak-2: #f6c9c1; --frame: transparent; --frame-2: #efece4;
--odd: #fdeebf; --odd-2: #fae3a0; --link: #1f5c99;
"""
_DARK = """
--paper: #14171a; --sheet: #1a1e22; --ink: #e5e2db; --quiet: #9aa3ac; --line: #2d3339; --wash: #20252a;
--discloses: #ff8f84; --offers: #eeb25c; --inconclusive: #bea6ee; --clean: #6fcf9b; --absent: #97a0a8;
--unreachable: #97a0a8; --leak: #54241f; --leak-2: #672c26; --frame: transparent; --frame-2: #272d33;
--odd: #4a3d12; --odd-2: #5b4b17; --link: #8bbcf0;
"""

_SHEET = """
* { box-sizing: border-box; }
html { font: 16px/1.55 ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", "Liberation Sans", sans-serif;
  color: var(--ink); background: var(--paper); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 64rem; padding: 3.5rem 1.5rem 4rem; }
h1, h2, h3 { line-height: 1.2; font-weight: 650; letter-spacing: -0.012em; text-wrap: balance; }
h1 { font-size: 2.15rem; margin: 0.35rem 0 0.9rem; max-width: 32em; }
h2 { font-size: 1.3rem; margin: 3.25rem 0 0.35rem; }
h3 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: 0.8rem; margin: 1.4rem 0 0.4rem; color: var(--quiet); font-weight: 600; letter-spacing: 0.02em; }
p { margin: 0 0 0.7rem; max-width: 44em; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
code, .mono { font: 0.87em/1.5 ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono",
  "Liberation Mono", monospace; overflow-wrap: anywhere; }
.kicker { margin: 0; color: var(--quiet); font-size: 0.9rem; }
.lede { font-size: 1.1rem; color: var(--quiet); }
.quiet { color: var(--quiet); }
.bar { display: block; width: 100%; height: 10px; margin: 2rem 0 0; }
.bar rect { fill: var(--line); }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; margin: 1rem 0; }
.pill { display: inline-block; font-size: 0.78rem; font-weight: 650; line-height: 1.45; padding: 0.08rem 0.55rem;
  border-radius: 99px; border: 1px solid currentColor; white-space: nowrap; }
.sev { font-size: 0.78rem; font-weight: 650; white-space: nowrap; }
.sev.high { color: var(--discloses); } .sev.medium { color: var(--offers); }
.sev.low, .sev.info { color: var(--quiet); }

fieldset { border: 0; margin: 0.55rem 0 0; padding: 0 0 0 5.2rem; position: relative; display: flex;
  flex-wrap: wrap; gap: 0.35rem; }
legend { position: absolute; left: 0; padding: 0.2rem 0 0; font-size: 0.85rem; color: var(--quiet); }
fieldset input { position: absolute; opacity: 0; }
fieldset label { font-size: 0.88rem; padding: 0.16rem 0.7rem; border: 1px solid var(--line); border-radius: 99px;
  background: var(--sheet); cursor: pointer; font-variant-numeric: tabular-nums; }
fieldset label b { font-weight: 650; margin-left: 0.25em; }
fieldset label:hover { border-color: var(--quiet); }
fieldset input:checked + label { background: var(--ink); border-color: var(--ink); color: var(--paper); }
fieldset input:focus-visible + label { outline: 2px solid var(--link); outline-offset: 2px; }
.filters { margin: 1rem 0 0; }

.todo { display: grid; grid-template-columns: 6rem 1fr; gap: 0 1rem; padding: 1.1rem 1.3rem; }
.todo + .todo { border-top: 1px solid var(--line); }
.todo p, .todo ul { margin: 0.35rem 0 0; }
.todo ul { padding-left: 1.15rem; }
.todo h3 { font-size: 1rem; }
.todo.over { color: var(--quiet); }

.host { overflow: hidden; }
.host > header { padding: 1.05rem 1.3rem 0.9rem; display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem;
  align-items: baseline; justify-content: space-between; }
.told { padding: 0 1.3rem 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.22rem 1.2rem; margin: 0; font-size: 0.93rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
dd.given { font-weight: 600; }

.endpoint { border-top: 1px solid var(--line); }
.endpoint > summary { list-style: none; cursor: pointer; padding: 0.6rem 1.3rem; display: grid; align-items: baseline;
  grid-template-columns: 7.6rem minmax(0, 1fr) auto 0.9rem; gap: 0.1rem 0.9rem; }
.endpoint > summary::-webkit-details-marker { display: none; }
.endpoint > summary::after { content: "›"; color: var(--quiet); grid-column: 4; grid-row: 1; transition: rotate 0.12s; }
.endpoint[open] > summary::after { rotate: 90deg; }
.endpoint > summary:hover, .endpoint[open] > summary { background: var(--wash); }
.endpoint > summary:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; }
.endpoint > summary .pill { justify-self: start; }
.endpoint .why { grid-column: 2 / 4; color: var(--quiet); font-size: 0.9rem; overflow-wrap: anywhere; }
.endpoint .body { padding: 0.9rem 1.3rem 1.4rem; }
.next { font-weight: 600; }
.found { margin: 0; padding: 0; list-style: none; font-size: 0.93rem; }
.found li { padding: 0.4rem 0; border-top: 1px solid var(--line); }
.found li:first-child { border-top: 0; padding-top: 0; }
.found ul { padding-left: 1.1rem; margin: 0.15rem 0 0; color: var(--quiet); }

.talk, .hex { border: 1px solid var(--line); border-radius: 8px; padding: 0.6rem 0.9rem; overflow-x: auto; }
.talk { display: grid; grid-template-columns: 1.1rem minmax(0, 1fr) auto; gap: 0.1rem 0.7rem; font-size: 0.93rem; }
.talk > * { min-width: 0; }
.talk .by { color: var(--quiet); user-select: none; }
.talk .C { color: var(--link); }
.talk .note { color: var(--quiet); font-size: 0.82rem; text-align: right; }
.talk .mark { grid-column: 1 / -1; text-align: center; color: var(--quiet); font-size: 0.82rem; padding: 0.25rem 0; }
.talk details summary { cursor: pointer; }
.hex table { border-collapse: collapse; white-space: pre; }
.hex td { padding: 0 1rem 0 0; vertical-align: top; }
.hex td:first-child, .hex td:last-child { color: var(--quiet); }
.hex mark, .fields mark { color: inherit; border-radius: 3px; padding: 0.09em 0; }
mark.leak { background: var(--leak); } mark.leak.s1 { background: var(--leak-2); }
mark.frame, mark.flags { background: var(--frame); } mark.frame.s1, mark.flags.s1 { background: var(--frame-2); }
mark.odd { background: var(--odd); } mark.odd.s1 { background: var(--odd-2); }
.fields { border-collapse: collapse; width: 100%; font-size: 0.88rem; margin-top: 0.6rem; }
.fields td { padding: 0.18rem 1rem 0.18rem 0; vertical-align: top; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
.fields tr:first-child td { border-top: 0; }
.fields td:nth-child(-n+2) { white-space: nowrap; }
.fields td:first-child { color: var(--quiet); font-variant-numeric: tabular-nums; }
.fields mark { padding: 0.05em 0.35em; margin-left: -0.35em; }

.aside { padding: 1.1rem 1.3rem; }
.nothing { display: none; color: var(--quiet); margin-top: 1.2rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet);
  font-size: 0.9rem; }

@media (max-width: 40rem) {
  body { padding: 1.6rem 1rem 3rem; }
  h1 { font-size: 1.6rem; }
  .todo { grid-template-columns: 1fr; }
  .endpoint > summary { grid-template-columns: minmax(0, 1fr) auto 0.9rem; padding-inline: 1rem; }
  .endpoint > summary .sev { grid-column: 2; grid-row: 1; }
  .endpoint > summary::after { grid-column: 3; }
  .endpoint > summary .where, .endpoint .why { grid-column: 1 / -1; }
  .host > header, .told, .endpoint .body, .todo, .aside { padding-inline: 1rem; }
  dl { grid-template-columns: fit-content(6rem) minmax(0, 1fr); gap: 0.22rem 0.8rem; }
  .talk { grid-template-columns: 1.1rem minmax(0, 1fr); }
  .talk .note { grid-column: 2; text-align: left; }
  .talk .note:empty { display: none; }
  fieldset { padding: 0; }
  legend { position: static; float: left; width: 100%; }
  .fields td:nth-child(2) { white-space: normal; overflow-wrap: normal; }
  .fields td { padding-right: 0.6rem; }
}
@media print {
  :root { LIGHT }
  @page { margin: 16mm 14mm; }
  html { background: none; font-size: 10.5pt; }
  body { max-width: none; padding: 0; }
  .filters { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; opacity: 1; }
  .endpoint > summary::after { content: ""; }
  .host > header, .endpoint > summary, h2, h4 { break-after: avoid; }
  .todo, .found li, .hex tr, .fields tr { break-inside: avoid; }
  .host { overflow: visible; }
  .sheet { background: none; }
  pre, .talk, .hex { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a[href^="https"]::after { content: " (" attr(href) ")"; overflow-wrap: anywhere; color: var(--quiet); }
}
"""


def style_sheet() -> str:
    """The whole sheet; the same text every time, so that its hash can be named in the page's policy."""
    colours = f":root {{ color-scheme: light dark; {_LIGHT} }}\n"
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}\n"
    verdicts = "".join(
        f".pill.{v}, .is-{v} {{ color: var(--{v}); }} .bar .{v} {{ fill: var(--{v}); }}\n" for v in Verdict
    )
    return colours + dark + _SHEET.replace("LIGHT", _LIGHT) + verdicts + _filters()


def _filters() -> str:
    """Two rows of radio buttons hide what does not match both (selectors level 4, ``:has``)."""
    rules = []
    verdicts = [("all", ""), *((str(v), f".v-{v}") for v in VERDICTS)]
    severities = [("all", ""), *((str(s), f".s-{s}") for s in SEVERITIES)]
    for verdict, is_verdict in verdicts:
        for severity, is_severity in severities:
            wanted = f".endpoint{is_verdict}{is_severity}"
            if wanted != ".endpoint":
                chosen = f"body:has(#v-{verdict}:checked):has(#s-{severity}:checked)"
                rules.append(f"{chosen} :is(.endpoint:not({wanted}), .host:not(:has({wanted}))) {{ display: none; }}")
                rules.append(f"{chosen} main:not(:has({wanted})) .nothing {{ display: block; }}")
    return "\n".join(rules) + "\n"
