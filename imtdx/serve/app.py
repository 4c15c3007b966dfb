"""The application: ``GET /`` the page, ``POST /read``, ``/diagnose`` and ``/score``, ``GET /openapi.json`` and ``/docs``.

Every answer is what the command line gives for the same input: ``/read`` that of ``imtdx read --json``, ``/diagnose`` that of
``imtdx diagnose --json``, ``/score`` the columns of ``imtdx score``.

Starlette and not FastAPI: the latter (0.165) hands bodies and error texts of every request to whatever OpenTelemetry provider the
process has, and here these are case data.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from imtdx.errors import ImtdxError, InputError, KnowledgeError, UsageError
from imtdx.model import Model, load
from imtdx.serve.guard import Guard
from imtdx.serve.schema import DiagnoseRequest, ReadRequest, ScoreRequest, docs_page, openapi
from imtdx.version import __version__

__all__ = ["LOCAL", "MAX_CASES", "MAX_TABLE", "MAX_TEXT", "create_app"]

#: Names of this computer.
LOCAL = ("127.0.0.1", "localhost", "[::1]")
#: Largest body of /read and /diagnose, bytes: a report of 100 kB escaped as JSON.
MAX_TEXT = 1_000_000
#: Largest body of /score, bytes; larger tables are files for ``imtdx score``.
MAX_TABLE = 32_000_000
#: Most cases of one request; their answer is held in memory.
MAX_CASES = 100_000

_Body = TypeVar("_Body", ReadRequest, DiagnoseRequest, ScoreRequest)


def create_app(model: Model | None = None, *, hosts: Sequence[str] = LOCAL) -> Starlette:
    """The application for one model.

    Args:
        model: the model; the packaged knowledge with the prior ``referral`` by default.
        hosts (Sequence[str]): names under which it may be called; another Host header is refused, so that a page of another
            site cannot reach it under a name of its own.

    Returns:
        starlette.applications.Starlette: an ASGI application.
    """
    service = _Service(model or load())
    routes = [
        Route("/", service.page),
        Route("/docs", service.docs),
        Route("/openapi.json", service.openapi),
        Route("/health", service.health),
        Route("/read", service.read, methods=["POST"]),
        Route("/diagnose", service.diagnose, methods=["POST"]),
        Route("/score", service.score, methods=["POST"]),
    ]
    layers = [
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts)),
        Middleware(Guard, limits={"/score": MAX_TABLE}, default=MAX_TEXT),
    ]
    return Starlette(routes=routes, middleware=layers, exception_handlers={ImtdxError: _on_error})


class _Service:
    """The answers to requests on one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.model_of = cache(self._model_of)
        self.html = cache(self._html)

    def _model_of(self, prior: str) -> Model:
        knowledge = self.model.knowledge
        if prior not in knowledge.priors:
            raise UsageError(f"no prior profile is called {prior!r}; choose one of {', '.join(knowledge.priors)}")
        return self.model if prior == self.model.prior_name else Model(knowledge, prior)

    def _html(self) -> str:
        from imtdx.page import build_page

        return build_page(self.model)

    async def page(self, request: Request) -> Response:
        """The page."""
        return HTMLResponse(await run_in_threadpool(self.html))

    async def docs(self, request: Request) -> Response:
        """The description of the API for reading."""
        return HTMLResponse(docs_page(openapi()))

    async def openapi(self, request: Request) -> Response:
        """The description of the API for programs."""
        return _json(openapi())

    async def health(self, request: Request) -> Response:
        """Whether it runs, and with which knowledge."""
        knowledge = self.model.knowledge
        version = str(knowledge.network.get("version", ""))
        return _json(
            {
                "status": "ok",
                "imtdx_version": __version__,
                "knowledge": {"version": version, "sha256": knowledge.sha256},
            }
        )

    async def read(self, request: Request) -> Response:
        """What was understood of a report."""
        asked = _checked(ReadRequest, await _json_body(request))
        return await run_in_threadpool(self._read, asked)

    def _read(self, asked: ReadRequest) -> Response:
        from imtdx import read_report
        from imtdx.provenance import stamp

        return _json(read_report(asked.text).to_dict() | stamp(self.model.knowledge))

    async def diagnose(self, request: Request) -> Response:
        """The differential for one case."""
        asked = _checked(DiagnoseRequest, await _json_body(request))
        return await run_in_threadpool(self._diagnose, asked)

    def _diagnose(self, asked: DiagnoseRequest) -> Response:
        given = asked.model_dump(exclude={"text", "prior"})
        dx = self.model_of(asked.prior).diagnose(asked.text, **given)
        return Response(dx.to_json(), media_type="application/json")

    async def score(self, request: Request) -> Response:
        """A table of cases."""
        as_csv = "text/csv" in request.headers.get("accept", "")
        if _kind(request) == "text/csv":
            work = partial(self._score, _csv_frame, await request.body(), as_csv)
        else:
            asked = _checked(ScoreRequest, await _json_body(request))
            work = partial(self._score, _row_frame, asked, as_csv, full=asked.full, intervals=asked.intervals)
        return await run_in_threadpool(work)

    def _score(self, frame_of: Callable[[Any], Any], body: Any, as_csv: bool, **options: bool) -> Response:
        frame = frame_of(body)
        if frame.empty:
            raise InputError("the table has no cases; send at least one row")
        if len(frame) > MAX_CASES:
            raise InputError(f"the table has {len(frame):,} cases; at most {MAX_CASES:,} are scored in one request")
        issues: list[dict[str, Any]] = []
        scored = self.model.score(frame, issues=issues, **options)
        if as_csv:
            headers = {"x-imtdx-issues": str(len(issues))}
            return Response(scored.to_csv(index=False), media_type="text/csv", headers=headers)
        rows = json.loads(scored.to_json(orient="records", double_precision=15))
        return _json({"columns": list(scored.columns), "rows": rows, "issues": issues})


def _csv_frame(body: bytes) -> Any:
    import pandas as pd

    try:
        return pd.read_csv(io.BytesIO(body), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except ValueError as exc:
        raise InputError(f"the body is no CSV in UTF-8: {exc}") from None


def _row_frame(asked: ScoreRequest) -> Any:
    import pandas as pd

    return pd.DataFrame(asked.rows)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _json_body(request: Request) -> bytes:
    """The body of a request that must be JSON.

    Raises:
        UsageError: another type; a form of another site cannot send JSON unasked.
    """
    if _kind(request) != "application/json":
        raise UsageError(f"send application/json, not {_kind(request) or 'an unnamed type'}; /score takes text/csv too")
    return await request.body()


def _checked(kind: type[_Body], body: bytes) -> _Body:
    """The body in the form that the documentation tells.

    Raises:
        UsageError: it is not of that form; names the first field that is wrong.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as exc:
        first: Mapping[str, Any] = dict(exc.errors(include_input=False, include_url=False)[0])
        place = ".".join(map(str, first["loc"])) or "body"
        raise UsageError(f"{place}: {first['msg']}; GET /docs tells what is taken") from None


def _json(data: Any) -> Response:
    return Response(json.dumps(data, ensure_ascii=False, allow_nan=False), media_type="application/json")


async def _on_error(request: Request, exc: Exception) -> Response:
    """What is wrong with the input, as the command line would say it."""
    status = 500 if isinstance(exc, KnowledgeError) else 422
    text = json.dumps({"error": str(exc), "kind": type(exc).__name__}, ensure_ascii=False)
    return Response(text, status_code=status, media_type="application/json")
