"""The server process: an address, workers, and no log of what is asked."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imtdx.errors import UsageError

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["OPTIONS", "from_environment", "serve"]

#: Environment variable through which the workers get the options of the model; it never holds case data.
OPTIONS = "IMTDX_SERVE"


def serve(host: str, port: int, workers: int, hosts: tuple[str, ...], model: Mapping[str, Any]) -> None:
    """Serve until interrupted.

    Args:
        host (str): address to listen on; 127.0.0.1 keeps it on this computer.
        port (int): TCP port.
        workers (int): processes; the model is computed on one core each.
        hosts: further names under which it may be called.
        model: options of `imtdx.load`.

    Raises:
        UsageError: a library of the extra is not installed.
    """
    try:
        import pydantic  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn
    except ImportError as exc:
        raise UsageError(f"imtdx serve needs {exc.name}; install it with: pip install 'imtdx[serve]'") from None
    os.environ[OPTIONS] = json.dumps({"hosts": hosts, "model": dict(model)})
    uvicorn.run(
        "imtdx.serve.run:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,  # nothing of a case is logged
        log_level="warning",
        server_header=False,
        timeout_keep_alive=10,
    )


def from_environment() -> Starlette:
    """The application with the options that `serve` left in the environment; what each worker process calls."""
    from imtdx.model import load
    from imtdx.serve.app import LOCAL, create_app

    options = json.loads(os.environ.get(OPTIONS, "{}"))
    chosen = options.get("model", {})
    own = tuple(options.get("hosts", ()))
    return create_app(load(**chosen), hosts=(*LOCAL, *own))
