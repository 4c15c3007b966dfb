"""The page with the full engine behind it, and the API as JSON over HTTP, for one computer or one laboratory network.

    app     the application: routes, what they take and give
    schema  what requests hold, the description of the API
    guard   limits on the size of a body, headers of every answer
    run     the server process and its workers

Nothing of a case is logged or kept. Starlette, pydantic and uvicorn come with the extra ``imtdx[serve]``.
"""

from __future__ import annotations

__all__: list[str] = []
