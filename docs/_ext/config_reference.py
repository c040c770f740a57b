"""The directive `config-reference`: tables of a config's fields, made from the dataclass at every build.

    ```{config-reference} econas_jax.search.config:SearchConfig
    ```

Its argument is a module and, after the colon, a dataclass in it. Each group of fields gets a heading of its own. The
directive `algorithm-reference` does the same for the fields of every search algorithm but the default one.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from econas_jax.algorithms import CONFIGS
from econas_jax.experiment.field_docs import FieldDoc, field_docs
from econas_jax.search import SearchConfig, default_config, from_mapping


class ConfigReference(Directive):
    """Writes a table of the config's own fields and one for each of its groups."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module, name = self.arguments[0].split(":")
        return _tables(field_docs(getattr(importlib.import_module(module), name)))


class AlgorithmReference(Directive):
    """Writes a table of the fields of each algorithm but the default one."""

    def run(self) -> list[nodes.Node]:
        written: list[nodes.Node] = []
        for name in CONFIGS:
            if name != SearchConfig().algorithm:
                config = from_mapping(default_config(algorithm=name))
                documented = [entry for entry in field_docs(config) if entry.path.split(".")[0] == "search"]
                written += _tables([documented[0]._replace(text=f"{name}: {documented[0].text}"), *documented[1:]])
        return written


def _tables(documented: Sequence[FieldDoc]) -> list[nodes.Node]:
    """Returns a table for the fields without a group, then a title, a text and a table for each group."""
    groups = {entry.path: entry for entry in documented if entry.is_group}
    fields = [entry for entry in documented if not entry.is_group]
    fields.sort(key=lambda entry: list(groups).index(_group(entry)) if _group(entry) else -1)  # stable
    written: list[nodes.Node] = []
    for group, members in itertools.groupby(fields, _group):
        if group:
            written.append(nodes.rubric("", group))
            written.append(nodes.paragraph("", "", *_inline(groups[group].text)))
        written.append(_table(members))
    return written


def _group(entry: FieldDoc) -> str:
    return entry.path.rpartition(".")[0]


def _table(fields: Iterable[FieldDoc]) -> nodes.table:
    header = ["field", "type", "default", "what it is"]
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=width) for width in (34, 16, 16, 34)]
    body = nodes.tbody()
    for entry in fields:
        texts = nodes.literal(text=entry.path), nodes.literal(text=entry.type), _default(entry)
        body += _row(*([text] for text in texts), _inline(entry.text))
    group += nodes.thead("", _row(*([nodes.Text(name)] for name in header)))
    group += body
    return nodes.table("", group, classes=["config-reference", "colwidths-given"])


def _row(*cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def _default(entry: FieldDoc) -> nodes.Node:
    """Returns the default; a tuple of texts may break between them."""
    return nodes.literal(text=entry.default) if len(entry.default) < 30 else nodes.Text(entry.default)


def _inline(text: str) -> list[nodes.Node]:
    """Returns the text with what stands between backticks as code."""
    parts = text.split("`")
    return [nodes.literal(text=part) if place % 2 else nodes.Text(part) for place, part in enumerate(parts)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Tells Sphinx of the directives."""
    app.add_directive("config-reference", ConfigReference)
    app.add_directive("algorithm-reference", AlgorithmReference)
    return {"parallel_read_safe": True}
