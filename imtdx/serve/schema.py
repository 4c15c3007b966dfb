"""What requests may hold, and the description of the API for programs and for reading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from imtdx.report.markup import base_style, h
from imtdx.version import __version__

__all__ = ["DiagnoseRequest", "ReadRequest", "ScoreRequest", "docs_page", "openapi"]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")  # a misspelt key is an error, not a silent default


class ReadRequest(_Request):
    """A report to read."""

    text: str = Field(description="a whole report or a stain panel, in report wording", examples=["ALK+ SMA+ desmin-"])


class DiagnoseRequest(ReadRequest):
    """A case to rank the diagnoses for."""

    age: float | str | None = Field(None, description="years, or words such as 14mo; wins over an age in the text")
    sex: str | None = Field(None, description="m, f, male, female")
    site: str | None = Field(None, description="where the lesion is, in words", examples=["mesentery"])
    morphology: str | None = Field(None, description="H&E features in words")
    prior: str = Field("referral", description="prior profile: referral, uniform or incidence")
    complete: bool = Field(False, description="the text lists every stain that was done: what was ordered is evidence")


class ScoreRequest(_Request):
    """A table of cases."""

    rows: list[dict[str, str | float | int | bool | None]] = Field(
        description="one object per case, keys as column names"
    )
    full: bool = Field(False, description="add p_<id> for every diagnosis")
    intervals: bool = Field(False, description="add the 95 % credible interval of P(IMT)")


_ABOUT = (
    "Differential diagnosis of inflammatory myofibroblastic tumour from a stain panel. Decision support for pathologists, "
    "not a diagnosis. Nothing of a case is logged or kept."
)
_POSTS: dict[str, tuple[str, type[BaseModel]]] = {
    "/read": ("What was understood of a report, as imtdx read --json gives it; nothing is ranked", ReadRequest),
    "/diagnose": ("The differential for one case, as imtdx diagnose --json gives it", DiagnoseRequest),
    "/score": (
        "A table of cases, as JSON or as text/csv; CSV comes back where the request accepts text/csv",
        ScoreRequest,
    ),
}
_GETS = {"/": "The page", "/health": "Whether it runs, and with which knowledge", "/openapi.json": "This description"}
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "kind": {"type": "string"}},
    "required": ["error"],
}


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 description of the API."""
    paths: dict[str, Any] = {
        path: {"get": {"summary": text, "responses": {"200": {"description": "as told"}}}}
        for path, text in _GETS.items()
    }
    refused = {"description": "what is wrong, and what to do", "content": {"application/json": {"schema": _ERROR}}}
    for path, (text, kind) in _POSTS.items():
        content: dict[str, Any] = {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
        if path == "/score":
            content["text/csv"] = {"schema": {"type": "string"}}
        paths[path] = {
            "post": {
                "summary": text,
                "requestBody": {"required": True, "content": content},
                "responses": {
                    "200": {
                        "description": "the answer",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    "413": refused,
                    "422": refused,
                },
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "imtdx", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": {kind.__name__: kind.model_json_schema() for _, kind in _POSTS.values()}},
    }


def docs_page(api: Mapping[str, Any]) -> str:
    """The description as one HTML page that loads nothing.

    Args:
        api: from `openapi`.
    """
    info = api["info"]
    parts = [f"<h1>{h(info['title'])} {h(info['version'])}</h1>", f"<p>{h(info['description'])}</p>"]
    parts.append('<p>For programs: <a href="/openapi.json">/openapi.json</a></p>')
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            parts.append(f"<h2><code>{h(method.upper())} {h(path)}</code></h2><p>{h(operation['summary'])}</p>")
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                parts.append(_fields(kind, api["components"]["schemas"].get(name, {})))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>imtdx: the API</title><style>{base_style()}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _fields(kind: str, schema: Mapping[str, Any]) -> str:
    """The fields of one kind of body as a table."""
    body = f"<p>Body: <code>{h(kind)}</code></p>"
    rows = []
    for name, field in schema.get("properties", {}).items():
        types = " or ".join(t.get("type", "") for t in field.get("anyOf", [field]))
        must = name in schema.get("required", ())
        default = "required" if must else f"default {json.dumps(field.get('default'))}"
        cells = "".join(f"<td>{h(text)}</td>" for text in (types, default, field.get("description", "")))
        rows.append(f"<tr><th scope=row><code>{h(name)}</code></th>{cells}</tr>")
    if not rows:
        return body
    head = "".join(f"<th scope=col>{text}</th>" for text in ("field", "type", "default", "meaning"))
    return f"{body}<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
