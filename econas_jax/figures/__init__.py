"""Generic drawing: style, pages, graphs. It knows no search."""
