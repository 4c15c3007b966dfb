"""The page: one HTML file that needs neither Python nor a network.

`entries` is what it asks of the package. `carried` has `translate` turn that, and all it needs, into JavaScript whenever a page is
written, and hands over one model with its tables; so the page reads, reckons and words its answers by the package's own source.
Written by hand are only ``runtime/`` (values and library of Python), ``engine_room.js`` (page and worker), ``case.js`` (what was
entered), ``strings.js`` (the page's own words) and ``view.js`` (what one sees). The page may not connect to anything: its
Content-Security-Policy forbids it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from importlib.resources import files
from typing import TYPE_CHECKING

from imtdx.report.markup import base_style, h

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["build_page"]

_SCRIPTS = ("strings.js", "engine_room.js", "case.js", "view.js")


def build_page(model: Model) -> str:
    """The page for one model as HTML; the same model gives the same bytes.

    Args:
        model: it is carried by the page with all its tables; the other prior profiles can be chosen there.

    Raises:
        TranslationError: the package's source uses a construct that cannot be carried; with file and line.
    """
    from imtdx.page.carried import carried

    made = carried(model)
    # one function, so that the same text makes the page's and the worker's functions
    code = f"const $carried = () => {{\n{made.script}\nreturn $page;\n}};"
    script = "\n".join(_text(name) for name in _SCRIPTS)
    style = base_style() + _text("page.css")
    data = json.dumps({"objects": _packed(made.objects.encode()), "numbers": _packed(made.numbers)})
    policy = (
        f"default-src 'none'; script-src '{_hash(code)}' '{_hash(script)}'; worker-src blob:; style-src '{_hash(style)}'; "
        "img-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
    parts = {
        "{{policy}}": h(policy),
        "{{style}}": style,
        "{{data}}": data,
        "{{carried}}": code,
        "{{script}}": script,
    }
    # in one pass, so that what is put in is never searched again
    return re.sub("|".join(map(re.escape, parts)), lambda mark: parts[mark[0]], _text("page.html"))


def _packed(data: bytes) -> str:
    """Bytes deflated, in base64."""
    return base64.b64encode(zlib.compress(data, 9)).decode()


def _text(name: str) -> str:
    return files("imtdx.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The hash by which a policy allows one inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
