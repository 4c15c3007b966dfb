"""Safe YAML with line numbers: every mapping remembers the file and line it came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx.errors import KnowledgeError

if TYPE_CHECKING:
    import yaml

__all__ = ["Located", "load_yaml", "where"]


class Located(dict[str, Any]):
    """A mapping that knows where it stands.

    Attributes:
        file: file name.
        line: 1-based line of the mapping.
        lines: 1-based line of each key.
    """

    file: str
    line: int
    lines: dict[str, int]


def where(mapping: Mapping[str, Any], key: str | None = None) -> str:
    """``file:line`` of a mapping, or of one of its keys, as error messages give it."""
    if not isinstance(mapping, Located):
        return ""
    return f"{mapping.file}:{mapping.lines.get(key, mapping.line) if key else mapping.line}"


def load_yaml(path: Path) -> Located:
    """Read one YAML file whose top level is a mapping.

    Args:
        path (Path): the file.

    Raises:
        KnowledgeError: the file is missing, not UTF-8, not YAML, or not a mapping; a key stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise KnowledgeError(f"cannot read this file ({exc.strerror}); check the path", str(path)) from exc
    except UnicodeDecodeError as exc:
        raise KnowledgeError("not UTF-8 text; save the file as UTF-8", str(path)) from exc
    import yaml  # not needed at all when the knowledge comes from the cache

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise KnowledgeError("the file is empty; it needs at least one 'key: value'", str(path))
        data = _construct(loader, node, path.name)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise KnowledgeError(
            f"not readable as YAML ({exc.problem}); check indentation, quotes and brackets", f"{path}:{line}"
        ) from exc
    except (yaml.YAMLError, ValueError) as exc:
        # ValueError: a scalar that looks like a date or number and is none, such as 2020-13-45
        raise KnowledgeError(f"not readable as YAML ({exc}); put odd values in quotes", str(path)) from exc
    except RecursionError:
        raise KnowledgeError("an alias refers to itself, or the nesting is too deep; write it out", str(path)) from None
    finally:
        loader.dispose()
    if not isinstance(data, Located):
        raise KnowledgeError("the top level must be 'key: value' pairs", f"{path}:1")
    return data


def _construct(loader: Any, node: yaml.Node, file: str) -> Any:
    """Plain data from a node tree, mappings with their lines."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        out = Located()
        out.file, out.line, out.lines = file, node.start_mark.line + 1, {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise KnowledgeError("a key must be a plain word", f"{file}:{key_node.start_mark.line + 1}")
            # keys are names, never numbers or booleans ("no", "on")
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in out:
                raise KnowledgeError(
                    f"key {key!r} stands twice (first at line {out.lines[key]}); remove one", f"{file}:{line}"
                )
            out[key] = _construct(loader, value_node, file)
            out.lines[key] = line
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, child, file) for child in node.value]
    return loader.construct_object(node)
