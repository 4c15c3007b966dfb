"""What the translator cannot carry."""

from __future__ import annotations

import ast

from imtdx.errors import ImtdxError

__all__ = ["TranslationError"]


class TranslationError(ImtdxError):
    """A construct of the Python source that has no translation.

    Args:
        message (str): what it is, and what to write instead.
        path (str): the source file.
        node (ast.AST | None): where in it.
    """

    def __init__(self, message: str, path: str = "", node: ast.AST | None = None) -> None:
        line = getattr(node, "lineno", None)
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where
