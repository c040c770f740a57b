"""Drawing for all commands: style, charts, diagrams of cells, pages."""
