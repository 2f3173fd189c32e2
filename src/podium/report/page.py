"""A report as one HTML file that asks for nothing: for the screen, light or dark, and for paper."""

from podium.report.drawing import COLOURS
from podium.report.page_parts import escaped
from podium.report.picture import Picture

_LIGHT = "".join(f"--{name}:{light};" for name, light, _ in COLOURS.values())
_DARK = "".join(f"--{name}:{dark};" for name, _, dark in COLOURS.values())
_COLOURS = (
    f":root{{color-scheme:light dark;{_LIGHT}}}@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
)
_STYLE = """
*{box-sizing:border-box}
body{margin:0 auto;padding:1.2rem 1rem 4rem;max-width:60rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
body.two{max-width:112rem}
h1{margin:.2rem 0;font-size:1.9rem}h2{margin:2rem 0 .3rem;font-size:1.3rem;border-bottom:1px solid var(--grid)}
h3{margin:1.6rem 0 .2rem;font-size:1.06rem}
.task{color:var(--muted);margin:.1rem 0 .6rem}
.score{font-size:1.3rem;font-weight:600;margin:.8rem 0 .3rem}
.warning{border-left:4px solid var(--series3);padding-left:.7rem}
table{border-collapse:collapse;margin:.9rem 0;font-size:.93rem;width:100%}
th{text-align:left;font-weight:600;color:var(--muted);padding:.22rem 1rem .22rem 0;vertical-align:top;width:13rem}
td{padding:.22rem .6rem .22rem 0;overflow-wrap:anywhere}.three{table-layout:fixed}
.three th{width:auto;overflow-wrap:anywhere}tr+tr{border-top:1px solid var(--grid)}
pre{overflow-x:auto;padding:.55rem .7rem;border:1px solid var(--grid);border-radius:6px;font-size:.88rem;margin:.5rem 0}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace}
nav{columns:2;font-size:.93rem;margin:.6rem 0}
nav a{display:block;color:var(--series0);text-decoration:none;break-inside:avoid}
section{break-inside:avoid-page}
.missing{color:var(--muted);font-style:italic}
.figure{overflow-x:auto}.figure svg{display:block;width:100%;min-width:34rem;height:auto;margin:.3rem 0}
svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
.clip{margin:.7rem 0 .1rem;font-size:.88rem;color:var(--muted)}.film{break-inside:avoid-page}
pre.aligned{border:0;padding:.1rem 0;margin:0;line-height:1.35}
.replace{color:var(--series3);font-weight:700}.delete{color:var(--series1);font-weight:700;text-decoration:underline}
.insert{color:var(--series4);font-weight:700;text-decoration:underline dotted}
.beside{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 2rem}
@media(max-width:52rem){.beside{grid-template-columns:minmax(0,1fr)}nav{columns:1}th{width:7.5rem}}
@media print{body{font-size:10.5pt;max-width:none;padding:0}nav{display:none}
.figure svg{min-width:0}h2,h3{break-after:avoid-page}
pre{white-space:pre-wrap}a{color:inherit}}
"""
# At an edge behind which something is left to swipe to, a shadow; paper that moves along covers it at the end, and one
# pixel more, since widths are no whole pixels.
_SHADOWS = """
.figure,pre:not(.aligned){background:linear-gradient(90deg,var(--paper) 40%,transparent) -1px 0/2.4rem 100%,
linear-gradient(270deg,var(--paper) 40%,transparent) calc(100% + 1px) 0/2.4rem 100%,
linear-gradient(90deg,var(--muted),transparent) left/.5rem 100%,
linear-gradient(270deg,var(--muted),transparent) right/.5rem 100%;
background-repeat:no-repeat;background-attachment:local,local,scroll,scroll}
@media print{.figure,pre:not(.aligned){background:none}}
"""
_HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
Groups = dict[str, list[Picture]]  # heading → pictures


def page(title: str, first: str, groups: Groups) -> str:
    """The report of one experiment.

    Args:
        title: Of the window.
        first: HTML of the first screen.
        groups: The pictures, in order.
    """
    parts = [f"<h2>{escaped(heading)}</h2>{''.join(map(_section, some))}" for heading, some in groups.items()]
    return _whole(title, "", f"<header>{first}</header>{_contents(groups)}{''.join(parts)}")


def page_of_two(title: str, firsts: tuple[str, str], between: str, groups: tuple[Groups, Groups]) -> str:
    """Two experiments beside each other, picture by picture.

    Args:
        between: HTML that stands between the first screens and the pictures.
    """
    parts = [f'<header class="beside"><div>{firsts[0]}</div><div>{firsts[1]}</div></header>{between}']
    parts.append(_contents(groups[0]))
    for heading, some in groups[0].items():
        pairs = zip(some, groups[1][heading], strict=True)
        rows = [f'<div class="beside">{_section(one)}{_section(other)}</div>' for one, other in pairs]
        parts.append(f"<h2>{escaped(heading)}</h2>{''.join(rows)}")
    return _whole(title, "two", "".join(parts))


def _whole(title: str, kind: str, body: str) -> str:
    head = f"{_HEAD}<title>{escaped(title)}</title><style>{_COLOURS}{_STYLE}{_SHADOWS}</style></head>"
    return f'{head}\n<body class="{kind}">{body}</body></html>\n'


def _contents(groups: Groups) -> str:
    links = [f'<a href="#{one.name}">{escaped(one.title)}</a>' for some in groups.values() for one in some]
    return f"<nav>{''.join(links)}</nav>"


def _section(one: Picture) -> str:
    kind = "" if one.body else ' class="missing"'
    body = f'\n<div class="figure">{one.body}</div>' if one.body else ""
    head = f'<h3 id="{one.name}">{escaped(one.title)}</h3><p{kind}>{escaped(one.sentence)}</p>'
    return f"\n<section>{head}{body}</section>"
