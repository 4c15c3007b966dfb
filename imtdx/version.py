"""The version of the package, from its metadata."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("imtdx")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
