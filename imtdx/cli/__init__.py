"""The command line. Each command lives in a module of its own and is imported only when it is run."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from imtdx.errors import ImtdxError
from imtdx.version import __version__

__all__ = ["main"]

# command -> module; the object is always called ``command``
_COMMANDS = {
    "diagnose": "imtdx.cli.diagnose",
    "score": "imtdx.cli.score",
    "evaluate": "imtdx.cli.evaluate",
    "learn": "imtdx.cli.learn",
    "knowledge": "imtdx.cli.knowledge",
    "network": "imtdx.cli.network",
    "page": "imtdx.cli.page",
    "serve": "imtdx.cli.serve",
}


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(_COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from imtdx.errors import UnknownNameError

            raise click.UsageError(str(UnknownNameError("command", args[0], _COMMANDS)), ctx) from None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="imtdx")
def cli() -> None:
    """Differential diagnosis of inflammatory myofibroblastic tumour from a stain panel.

    Decision support for pathologists, not a diagnosis. Nothing leaves this machine.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with the documented code.

    0 ok; 1 some rows had problems under --strict, or an evaluation failed; 2 bad usage; 3 bad input data; 4 bad knowledge;
    130 interrupted.
    """
    try:
        code = cli.main(args=args, prog_name="imtdx", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        code = 130
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        code = 130
    except click.ClickException as exc:
        exc.show()
        code = exc.exit_code
    except ImtdxError as exc:
        click.echo(f"imtdx: {exc}", err=True)
        code = exc.exit_code
    except BrokenPipeError:
        # the reader closed the pipe (head, a pager): not an error, and nothing more can be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except RecursionError:
        click.echo("imtdx: the input is nested too deeply to be read; simplify it", err=True)
        code = 3
    except OSError as exc:
        click.echo(f"imtdx: {exc.strerror or exc}{': ' + str(exc.filename) if exc.filename else ''}", err=True)
        code = 3
    sys.exit(code if isinstance(code, int) else 0)
