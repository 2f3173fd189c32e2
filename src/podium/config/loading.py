"""Reading YAML files, and saying in one line what is wrong with one."""

from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from podium.config.base import Section
from podium.errors import UserError, explained_by
from podium.registry import nearest

S = TypeVar("S", bound=Section)
MAX_BYTES = 1 << 20  # of a YAML file; the largest of ours has 3,000
MAX_NODES = 100_000  # of what it says, aliases written out


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping; YAML libraries silently keep the last one."""

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """The mapping as it is written, before '<<' adds to it: what overrides a merged key is no repetition."""
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            one, line = (key.tag, key.value), key.start_mark.line + 1
            if one in lines:
                raise UserError(f"{self.name}: key '{key.value}' is in lines {lines[one]} and {line}; remove one")
            lines[one] = line
        return node


def load(section: type[S], path: str | Path) -> S:
    """Reads a YAML (or JSON) file as ``section``."""
    return parse(section, read_yaml(path), str(path))


def read_yaml(path: str | Path) -> Any:
    """What a YAML (or JSON) file says. Raises `UserError` if it is none, or names a key twice."""
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise UserError(f"{path} is larger than {MAX_BYTES:,} bytes; it cannot be a configuration")
        return _content(text, str(path))
    except FileNotFoundError:
        siblings = sorted(file.stem for file in Path(path).parent.glob("*.yaml"))
        hint = nearest(Path(path).stem, siblings) if siblings else "there is no such file"
        raise UserError(f"{path} does not exist; {hint}") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; name a YAML file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror.lower()}; name a YAML file") from None
    # A day of the 99th month is a ValueError, "!!bool perhaps" a KeyError, "!!timestamp once" an AttributeError.
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, TypeError, OverflowError, RecursionError) as error:
        raise UserError(f"{path} is not YAML: {error}") from None


def _content(text: str, origin: str) -> Any:
    """What a YAML text says, once its aliases are known to stay small."""
    loader = _Loader(text)
    loader.name = origin
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _num_nodes(node, {}) > MAX_NODES:
            raise UserError(f"{origin} says too much: its aliases stand for more than {MAX_NODES:,} values")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _num_nodes(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node stands for, each alias counted as what it repeats; endless for one that holds itself."""
    if id(node) not in known:
        known[id(node)] = MAX_NODES + 1  # until it is counted
        children = node.value if isinstance(node, yaml.CollectionNode) else []
        flat = [one for child in children for one in (child if isinstance(child, tuple) else (child,))]
        known[id(node)] = 1 + sum(_num_nodes(one, known) for one in flat)
    return known[id(node)]


def parse(section: type[S], content: Any, origin: str) -> S:
    """Checks a parsed YAML document; ``origin`` is what error messages call it."""
    if not isinstance(content, dict):
        raise UserError(f"{origin} must hold 'key: value' lines, found {type(content).__name__}")
    try:
        with explained_by(origin):
            return section.model_validate(content)
    except ValidationError as error:
        # A misspelt key is also a missing one: name the misspelling.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise UserError(f"{origin}: {_explain(section, first)}{more}") from None


def _explain(section: type[BaseModel], error: dict[str, Any]) -> str:
    keys, within = _descend(section, list(error["loc"]))
    place = ".".join(map(str, keys))
    if error["type"] == "extra_forbidden":
        _, within = _descend(section, list(error["loc"][:-1]))
        if moved := within.MOVED.get(keys[-1]) if within else None:
            return f"key '{place}' is {moved}"
        return f"unknown key '{place}'; {nearest(str(keys[-1]), _names(within) if within else [])}"
    if error["type"] == "missing":
        return f"key '{place}' is missing"
    context = error.get("ctx", {})
    if error["type"].startswith("union_tag_"):
        tag = f"{place}." + context["discriminator"].strip("'")
        if error["type"] == "union_tag_not_found":
            return f"key '{tag}' is missing"
        known = [word.strip(" '") for word in context["expected_tags"].split(",")]
        return f"{tag}: '{context['tag']}' is unknown; {nearest(context['tag'], known)}"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] in ("model_type", "model_attributes_type", "dict_type"):
        message = "must hold 'key: value' lines"
    elif error["type"] == "too_short":
        message = f"needs at least {context['min_length']} item{'s' * (context['min_length'] > 1)}"
    got = "" if isinstance(error.get("input"), dict) else f", got {error.get('input')!r}"
    return f"{place}{': ' if place else ''}{message}{got}"


def _names(section: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def _descend(section: type[BaseModel], location: list[Any]) -> tuple[list[Any], type[BaseModel] | None]:
    """Follows an error's location. Returns the keys that stand in the file (a union's own tag is none), and the section
    that they lead to, if they lead to one."""
    keys, sections = [], [section]
    for key in location:
        if len(sections) > 1 and (tagged := [one for one in sections if key in _tags(one)]):
            sections = tagged
            continue
        keys.append(key)
        fields = [one.model_fields[key] for one in sections if key in one.model_fields]
        if fields:
            sections = _sections_in(fields[0].annotation)
    return keys, sections[0] if len(sections) == 1 else None


def _sections_in(annotation: Any) -> list[type[BaseModel]]:
    """The sections that a field's type names, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for inner in get_args(annotation) for section in _sections_in(inner)]


def _tags(section: type[BaseModel]) -> list[Any]:
    """The words by which a union may tell this section from others."""
    return [tag for field in section.model_fields.values() for tag in get_args(field.annotation)]
