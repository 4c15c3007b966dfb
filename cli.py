"""The command line, run from a checkout: ``python cli.py diagnose "ALK+ SMA+"``."""

from imtdx.cli import main

if __name__ == "__main__":
    main()
