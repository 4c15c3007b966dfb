"""Safe YAML with line numbers: every mapping remembers the file and line it came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx.errors import KnowledgeError

if TYPE_CHECKING:
    import yaml

__all__ = ["Located", "load_yaml", "where"]

#: What a file may ask for. The largest of the shipped ones has 0.4 MB, 12,000 values and six levels.
_LARGEST, _MOST_VALUES, _DEEPEST = 8_000_000, 500_000, 50
#: A count, a percentage, a weight: nothing that is meant lies outside, and sums of such numbers stay exact enough.
_SMALLEST, _GREATEST = 1e-15, 1e15
_TAG = "tag:yaml.org,2002:"
_SCALARS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")


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
        with path.open("rb") as file:
            # bounded, so that neither a device nor a huge file is taken in
            data = file.read(_LARGEST + 1)
    except OSError as exc:
        raise KnowledgeError(f"cannot read this file ({exc.strerror}); check the path", str(path)) from exc
    if len(data) > _LARGEST:
        raise KnowledgeError(f"larger than {_LARGEST / 1e6:g} MB, which no knowledge file is; divide it", str(path))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise KnowledgeError("not UTF-8 text; save the file as UTF-8", str(path)) from exc
    import yaml  # not needed at all when the knowledge comes from the cache

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise KnowledgeError("the file is empty; it needs at least one 'key: value'", str(path))
        built = _Builder(loader, path.name).build(node)
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
    if not isinstance(built, Located):
        raise KnowledgeError("the top level must be 'key: value' pairs", f"{path}:1")
    return built


class _Builder:
    """Plain data from a node tree, mappings with their lines.

    An alias is written out wherever it stands, so what a few lines of them stand for is bounded here, as is everything that
    a file can ask for: size, depth, numbers beyond reckoning, objects of other programs.
    """

    def __init__(self, loader: Any, file: str) -> None:
        self._loader, self._file = loader, file
        self._left = _MOST_VALUES

    def build(self, node: yaml.Node, depth: int = 0) -> Any:
        """The value of a node.

        Raises:
            KnowledgeError: a limit is passed, a key stands twice, a tag is none of YAML's own.
        """
        import yaml

        self._left -= 1
        if self._left < 0:
            raise self._error(node, f"more than {_MOST_VALUES:,} values, aliases written out; leave the aliases out")
        if depth > _DEEPEST:
            raise self._error(node, f"nested more than {_DEEPEST} deep; write it flat")
        if isinstance(node, yaml.MappingNode):
            self._check_tag(node, "map")
            out = Located()
            out.file, out.line, out.lines = self._file, node.start_mark.line + 1, {}
            for key_node, value_node in node.value:
                if not isinstance(key_node, yaml.ScalarNode):
                    raise self._error(key_node, "a key must be a plain word")
                self._check_tag(key_node, *_SCALARS)
                # keys are names, never numbers or booleans ("no", "on")
                key = str(key_node.value)
                line = key_node.start_mark.line + 1
                if key in out:
                    raise self._error(
                        key_node, f"key {key!r} stands twice (first at line {out.lines[key]}); remove one"
                    )
                out[key] = self.build(value_node, depth + 1)
                out.lines[key] = line
            return out
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, "seq")
            return [self.build(child, depth + 1) for child in node.value]
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> Any:
        self._check_tag(node, *_SCALARS)
        if node.tag.endswith((":int", ":float")):
            shown = node.value if len(node.value) <= 24 else node.value[:20] + "..."
            # not even converted when it is long: base 60 takes a time that grows with the square
            value = self._loader.construct_object(node) if len(node.value) <= 60 else float("inf")
            if value and not _SMALLEST <= abs(value) <= _GREATEST:
                limits = f"numbers here lie between {_SMALLEST:g} and {_GREATEST:g}"
                raise self._error(node, f"{shown} is no number that can be reckoned with; {limits}")
            return value
        return self._loader.construct_object(node)

    def _check_tag(self, node: yaml.Node, *allowed: str) -> None:
        """Refuse tags of other programs: an object that would be made of ``!!python/...``, or a set, or bytes."""
        tag = str(node.tag)
        if not (tag.startswith(_TAG) and tag.removeprefix(_TAG) in allowed):
            shown = "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
            raise self._error(node, f"the tag {shown[:60]} is not read; leave it out")

    def _error(self, node: yaml.Node, message: str) -> KnowledgeError:
        return KnowledgeError(message, f"{self._file}:{node.start_mark.line + 1}")
