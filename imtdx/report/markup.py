"""What every HTML document shares: escaping, the frame with its security policy, tables."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from importlib.resources import files

__all__ = ["base_style", "document", "h", "link", "table"]


def h(value: object) -> str:
    """Text made safe for HTML, inside elements and inside quoted attributes."""
    return html.escape(str(value), quote=True)


def link(address: str, text: str) -> str:
    """A link to a published source; only web addresses become links, anything else stays text."""
    if not address.startswith(("https://", "http://")):
        return h(text)
    return f'<a href="{h(address)}" rel="noreferrer">{h(text)}</a>'


def base_style() -> str:
    """The style sheet that reports and the page share."""
    return files("imtdx.report").joinpath("base.css").read_text(encoding="utf-8")


def document(title: str, body: str, style: str = "", script: str = "", head: str = "") -> str:
    """A self-contained HTML document that may load nothing from anywhere.

    Args:
        title (str): plain text.
        body (str): markup.
        style (str): rules on top of the shared ones.
        script (str): the one script that may run; none may without it.
        head (str): further markup of the head, such as a data block.
    """
    css = base_style() + style
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
    code = f"<script>{script}</script>\n" if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{h(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="generator" content="imtdx">\n'
        f"<title>{h(title)}</title>\n<style>{css}</style>\n{head}</head>\n<body>\n{body}\n{code}</body>\n</html>\n"
    )


def table(
    caption: str,
    headers: Sequence[str | tuple[str, str]],
    rows: Iterable[Sequence[str]],
    *,
    kind: str = "",
    foot: str = "",
) -> str:
    """A table whose first cell of every row is its header.

    Args:
        caption (str): plain text; shown above the table.
        headers: column titles (plain text), or (title, class).
        rows: cells as markup, already safe.
        kind (str): class of the table.
        foot (str): a remark below, as markup.
    """
    titles = [(t, "") if isinstance(t, str) else t for t in headers]
    head = "".join(f'<th scope="col"{_class(c)}>{h(t)}</th>' for t, c in titles)
    body = []
    for cells in rows:
        first, *rest = cells
        data = "".join(f"<td{_class(c)}>{cell}</td>" for cell, (_, c) in zip(rest, titles[1:], strict=True))
        body.append(f'<tr><th scope="row"{_class(titles[0][1])}>{first}</th>{data}</tr>')
    note = f'<p class="note">{foot}</p>' if foot else ""
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{h(caption)}">'
        f"<table{_class(kind)}><caption>{h(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>{note}\n"
    )


def _class(name: str) -> str:
    return f' class="{h(name)}"' if name else ""
