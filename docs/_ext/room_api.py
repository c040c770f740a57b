"""Two directives for the API pages, so that a new public name needs no line there.

    ```{room-api} econas_jax.training
    ```

writes what a package exports (its `__all__`), or a module defines, each name with its docstring. A dataclass lists its
fields with the comments of its source.

    ```{public-names} econas_jax
    ```

writes a table of a package's names with the first sentence of each, linked to where it is documented.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import types
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from econas_jax.experiment.field_docs import field_docs

# Where `public-names` looks for the place that documents a name.
ROOMS = ("spaces.darts", "spaces.proxy", "algorithms", "nn", "data", "training", "search", "study", "errors")


class RoomApi(SphinxDirective):
    """Writes autodoc's directive for every public class, then for every public function."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        written: list[Any] = self.env.current_document.setdefault("room_api", [])
        classes, functions = [], []
        for public, member in _public(importlib.import_module(name)).items():
            if any(member is other for other in written):
                continue
            written.append(member)
            if inspect.isclass(member):
                classes += [f".. autoclass:: {name}.{public}", "   :members:", ""]
            elif inspect.isroutine(member):
                functions += [f".. autofunction:: {name}.{public}", ""]
        return _parsed(self, [*classes, *functions])


class PublicNames(SphinxDirective):
    """Writes a table of names and their first sentences."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lines = [".. list-table::", "   :widths: 25 75", ""]
        for public, member in _public(importlib.import_module(self.arguments[0])).items():
            rooms = (importlib.import_module(f"econas_jax.{room}") for room in ROOMS)
            place = next((room.__name__ for room in rooms if _public(room).get(public) is member), None)
            link = f":py:obj:`{public} <{place}.{public}>`" if place else f"``{public}``"
            lines += [f"   * - {link}", f"     - {_first_sentence(member)}"]
        return _parsed(self, lines)


def _public(module: types.ModuleType) -> dict[str, Any]:
    """Returns what a package exports, or what a module defines, in the order of the alphabet."""
    names = getattr(module, "__all__", None)
    if names is None:
        here = module.__name__
        names = [name for name, member in vars(module).items() if getattr(member, "__module__", "") == here]
        names = [name for name in names if not name.startswith("_")]
    members = {name: getattr(module, name) for name in sorted(names, key=str.lower)}
    documented = {name: member for name, member in members.items() if inspect.isclass(member) or callable(member)}
    return {name: member for name, member in documented.items() if not _is_typing(member)}


def _is_typing(member: Any) -> bool:
    return type(member).__module__ == "typing" and not inspect.isclass(member)  # a protocol is a class


def _first_sentence(member: Any) -> str:
    text = " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".") + "."


def _parsed(directive: SphinxDirective, lines: list[str]) -> list[nodes.Node]:
    # The pages are Markdown, autodoc's directives are reStructuredText.
    return directive.parse_text_to_nodes("\n".join(["```{eval-rst}", *lines, "```"]))


def list_fields(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Adds a dataclass's fields to its docstring, each with the comment of its source."""
    if what != "class" or not dataclasses.is_dataclass(obj):
        return
    try:
        documented = field_docs(obj)
    except (OSError, TypeError):  # made at run time, as Flax makes some
        return
    own = [entry for entry in documented if "." not in entry.path and entry.text]
    if own:
        lines += ["", *(f":ivar {entry.path}: {entry.text}" for entry in own)]


def shorten_defaults(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Shortens the signature of a config: a group's default is its class, not all of the group's values."""
    if getattr(obj, "_is_protocol", False):
        return "", returns  # nobody makes one
    if what != "class" or not dataclasses.is_dataclass(obj) or not signature:
        return None
    for field in dataclasses.fields(obj):
        if dataclasses.is_dataclass(field.default):
            signature = signature.replace(repr(field.default), f"{type(field.default).__name__}()")
    return signature, returns


def skip_aliases(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leaves out the fields of named tuples, of which Python says only their number; the signature has them."""
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Tells Sphinx of the directives."""
    app.add_directive("room-api", RoomApi)
    app.add_directive("public-names", PublicNames)
    app.connect("autodoc-process-docstring", list_fields)
    app.connect("autodoc-process-signature", shorten_defaults)
    app.connect("autodoc-skip-member", skip_aliases)
    return {"parallel_read_safe": True}
