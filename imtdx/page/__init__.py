"""The page: one HTML file that needs neither Python nor a network.

`compiled` turns the model into plain tables, ``engine.js`` does the arithmetic of `imtdx.engine` on them, ``reasons.js`` that of
the reasons and next tests, and ``view.js`` is what one sees and clicks. Report text is read by the package's own reader: `carried`
has `translate` turn its source into JavaScript whenever a page is written. The page may not connect to anything: its
Content-Security-Policy forbids it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from imtdx.page.carried import carried
from imtdx.page.compiled import compile_tables
from imtdx.report.markup import base_style, h

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["build_page"]

_SCRIPTS = ("engine.js", "reasons.js", "view.js")


def build_page(model: Model) -> str:
    """The page for one model as HTML; the same model gives the same bytes.

    Args:
        model: its tables, prior and knowledge are carried by the page; the other prior profiles can be chosen there.
    """
    # functions of both parts see each other only by the names that are handed over
    carried = f"const $page = (() => {{\n{carried(model)[0]}\nreturn $page;\n}})();"
    script = "\n".join([carried, *(_text(name) for name in _SCRIPTS)])
    style = base_style() + _text("page.css")
    # a closing tag or a comment inside a string must not end the data block
    data = json.dumps(compile_tables(model), ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
    parts = {"{{policy}}": h(policy), "{{style}}": style, "{{data}}": data, "{{script}}": script}
    # in one pass, so that what is put in is never searched again
    return re.sub("|".join(map(re.escape, parts)), lambda mark: parts[mark[0]], _text("page.html"))


def _text(name: str) -> str:
    return files("imtdx.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The hash by which a policy allows one inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
