"""The command line. Each command lives in a module of its own and is imported only when it is run."""

from __future__ import annotations

import importlib
from typing import Any, NoReturn

import click

from imtdx.exits import run
from imtdx.version import __version__

__all__ = ["main"]

# command -> module; the object is always called ``command``
_COMMANDS = {
    "diagnose": "imtdx.cli.diagnose",
    "read": "imtdx.cli.read",
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


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with the documented code.

    0 ok; 1 some rows had problems under --strict, an evaluation failed, or memory ran out; 2 bad usage; 3 bad input data, or an
    output that cannot be written; 4 bad knowledge; 129, 130, 143 stopped by a signal.

    Args:
        args: words after ``imtdx``; those of the process by default.

    Raises:
        SystemExit: always.
    """
    run(lambda: cli.main(args=args, prog_name="imtdx", standalone_mode=False))
