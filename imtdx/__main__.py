"""``python -m imtdx``."""

from imtdx.cli import main

if __name__ == "__main__":
    main()
