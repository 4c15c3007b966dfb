"""What every request passes: a limit on its size, and headers that keep its answer where it belongs."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["Guard", "TooLarge"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[MutableMapping[str, Any], _Receive, _Send], Awaitable[None]]

#: Answers hold case data: no cache on the way may keep them, and no other page may show them in a frame.
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


class TooLarge(Exception):
    """A body grew over the limit while it was read; frameworks may turn it into an answer of their own, which is not sent."""


class Guard:
    """ASGI layer: refuses bodies over a limit, also those that do not tell their length, keeps failures out of the log, adds the headers.

    Args:
        app: the application.
        limits: path -> bytes; ``default`` for every other path.
        default (int): bytes.
    """

    def __init__(self, app: _App, limits: dict[str, int], default: int) -> None:
        self.app = app
        self.limits = limits
        self.default = default

    async def __call__(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limits.get(scope["path"], self.default)
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > limit:
            await _refuse(send, limit)
            return
        taken = 0
        begun = False

        async def counted() -> _Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLarge
            return message

        async def with_headers(message: _Message) -> None:
            nonlocal begun
            if taken > limit:
                return
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        try:
            await self.app(scope, counted, with_headers)
        except TooLarge:
            if begun:
                raise
        except Exception as exc:
            # what an error says may hold words of the case, so the log gets its kind and place only
            place = traceback.extract_tb(exc.__traceback__)[-1]
            print(f"imtdx: {type(exc).__name__} at {place.filename}:{place.lineno}", file=sys.stderr, flush=True)
            if not begun:
                await _answer(
                    send, 500, "the program failed on this input; please report it with an invented case that shows it"
                )
        if taken > limit and not begun:
            await _refuse(send, limit)


async def _refuse(send: _Send, limit: int) -> None:
    await _answer(
        send, 413, f"the body is larger than {limit:,} bytes; send less at a time, or use imtdx score on a file"
    )


async def _answer(send: _Send, status: int, text: str) -> None:
    body = json.dumps({"error": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
