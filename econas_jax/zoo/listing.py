"""The zoo as tables for a terminal: counts beside what was published, then sources and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from econas_jax.zoo.counts import Counts, Setting, counts
from econas_jax.zoo.entry import Entry, Published

MILLION = 1e6
LEGEND = (
    "Multiply-adds are of convolutions and linear layers; with BN etc.: and the operations of batch normalisations, "
    "ReLUs and pools. Stated: what was published, in millions, by either convention; of several values the most exact. "
    "*: of another network, see the notes.\n"
)


def tables(entries: Sequence[Entry], settings: Sequence[Setting], with_published: bool) -> Iterator[Table | str]:
    """Yields a table for each setting, the legend, and the table of sources; with_published: and published values."""
    for setting in settings:
        counted = [(entry, counts(entry.architecture, setting)) for entry in entries]
        yield _counts_table([(entry, made) for entry, made in counted if made], setting, with_published)
        yield ""
    yield LEGEND
    yield _sources_table(entries)


def _counts_table(rows: Sequence[tuple[Entry, Counts]], setting: Setting, with_published: bool) -> Table:
    title = (
        f"{setting.dataset}: {setting.channels} channels, N = {setting.cells_per_stage}, "
        f"{setting.resolution} x {setting.resolution} pixels, {setting.num_classes} classes"
    )
    table = _table(title)
    table.add_column("name", overflow="fold")
    stated_columns = ["stated"] if with_published else []
    headers = ["parameters", *stated_columns, "multiply-\nadds (M)", "with BN\netc. (M)", *stated_columns]
    for header in [*headers, "error %"] if with_published else headers:
        table.add_column(header, justify="right", overflow="fold")
    for entry, made in rows:
        parameters = [_stated(entry, setting, lambda row: row.parameters)] if with_published else []
        operations = [_stated(entry, setting, lambda row: row.multiply_adds)] if with_published else []
        error = [_error(entry, setting.dataset)] if with_published else []
        cells = [f"{made.parameters:,}", *parameters, _millions(made.multiply_adds), _millions(made.operations)]
        table.add_row(escape(entry.name), *cells, *operations, *error)
    return table


def _sources_table(entries: Sequence[Entry]) -> Table:
    table = _table("Sources")
    for header in ("name", "year", "source", "note"):
        table.add_column(header, overflow="fold")
    for entry in entries:
        table.add_row(escape(entry.name), str(entry.year), escape(entry.source), escape(entry.note))
    return table


def _table(title: str) -> Table:
    columns_apart = (0, 1, 0, 0)  # two with the box's own, so that all of it fits in 80
    return Table(title=title, box=box.SIMPLE, title_justify="left", show_edge=False, padding=columns_apart)


def _millions(count: int) -> str:
    return f"{count / MILLION:,.1f}"


def _stated(entry: Entry, setting: Setting, value: Callable[[Published], float | None]) -> str:
    """Returns the most exact value that was stated of the network here; a star if it is of another one."""
    rows = [row for row in entry.published if row.dataset == setting.dataset and value(row) is not None]
    here = [f"{value(row):g}" for row in rows if row.same_network]
    return max(here, key=len) if here else "*" if rows else "-"


def _error(entry: Entry, dataset: str) -> str:
    """Returns the first error that was stated."""
    for row in entry.published:
        if row.dataset == dataset and row.error is not None:
            deviation = f"±{row.deviation:.2f}" if row.deviation else ""
            return f"{row.error:.2f}{deviation}{'' if row.same_network else '*'}"
    return "-"
