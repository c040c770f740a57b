"""Renders the texts that an export consists of from the templates of this room."""

from __future__ import annotations

import jinja2


def environment() -> jinja2.Environment:
    """Returns what renders the templates: code and Markdown, so nothing is escaped."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("econas_jax.export"),
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
