"""``python -m imtdx``, and the command ``imtdx``: signals are looked after before anything heavy is imported."""

from __future__ import annotations

from typing import NoReturn

from imtdx.exits import run

__all__ = ["main"]


def _command() -> object:
    from imtdx.cli import cli

    return cli.main(prog_name="imtdx", standalone_mode=False)


def main() -> NoReturn:
    """Run the command line and exit with the documented code, see `imtdx.cli.main`."""
    run(_command)


if __name__ == "__main__":
    main()
