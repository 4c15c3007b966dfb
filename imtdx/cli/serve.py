"""``imtdx serve``: the page and the API over HTTP."""

from __future__ import annotations

import click

from imtdx.cli.options import overlay_option

__all__ = ["command"]


@click.command("serve", short_help="Serve the page and the API on this computer (needs imtdx[serve]).")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="TCP port.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; the default keeps it on this computer.",
)
@click.option(
    "--allow-host", multiple=True, metavar="NAME", help="Further name under which it may be called (repeatable)."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@overlay_option("Add a laboratory's own YAML of studies, diagnoses, markers or priors (repeatable).")
def command(port: int, host: str, allow_host: tuple[str, ...], workers: int, overlay: tuple[str, ...]) -> None:
    """Serve the page with the full engine behind it, and POST /read, /diagnose and /score; GET /docs describes them.

    There are no passwords and no encryption: on a network put it behind a server that has both. Nothing of a case is logged or kept.
    """
    from imtdx.serve.run import serve

    name = f"[{host}]" if ":" in host else host
    click.echo(f"imtdx on http://{name}:{port}  (API: /docs; Ctrl-C stops it)", err=True)
    serve(host, port, workers, (*allow_host, name), {"overlays": list(overlay)})
