"""Draws images/engine.svg, the picture of docs/engine.md: python docs/images/draw_engine.py."""

from __future__ import annotations

from pathlib import Path

INK, LINE, BLUE, ORANGE, GREEN, GREY = "#1b1b1b", "#6b6b6b", "#0072b2", "#d55e00", "#cdebdc", "#eeeeee"
WIDTH, HEIGHT = 980, 560


def text(x: float, y: float, words: str, size: int = 14, anchor: str = "middle", **style: str) -> str:
    """Returns a line of text."""
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    color = "" if "fill" in style else f' fill="{INK}"'
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}"{color}{more}>{words}</text>'


def box(x: float, y: float, width: float, height: float, fill: str = "white", line: str = INK, dash: str = "") -> str:
    """Returns a rectangle."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{fill}" stroke="{line}" '
        f'stroke-width="1.4"{dashes}/>'
    )


def arrow(points: str, color: str = LINE) -> str:
    """Returns a line with a head; points: as in an SVG path."""
    head = {LINE: "grey", BLUE: "blue", ORANGE: "orange"}[color]
    return f'<path d="{points}" fill="none" stroke="{color}" stroke-width="1.8" marker-end="url(#{head})"/>'


def genotype(x: float, y: float) -> list[str]:
    """Draws the genotype as arrays: for each edge its operation and the row it reads."""
    parts = [text(x, y, "genotype, as data", 15, "start", font_weight="bold")]
    for row, (name, values) in enumerate((("operations", "4 6 5 1 3 7 0 2"), ("inputs", "0 1 2 0 3 1 0 2"))):
        top = y + 14 + 34 * row
        parts.append(text(x, top + 18, name, 13, "start"))
        for place, value in enumerate(values.split()):
            fill, line = ("#dcecf7", BLUE) if place == 4 else ("white", LINE)
            parts += [box(x + 86 + 27 * place, top, 24, 25, fill, line), text(x + 98 + 27 * place, top + 18, value, 13)]
    parts.append(text(x + 206, y + 100, "edge 4 of the cell", 13, fill=BLUE))
    return parts


def rows(x: float, y: float) -> list[str]:
    """Draws the buffer of a cell: a row for each state."""
    parts = [text(x, y, "rows: one buffer for a stage, written in place", 15, "start", font_weight="bold")]
    names = ("input 0", "input 1", "node 0", "node 1", "node 2", "node 3")
    for place, name in enumerate(names):
        top = y + 16 + 38 * place
        fill = GREY if place < 2 else GREEN
        parts += [box(x, top, 190, 30, fill), text(x + 12, top + 20, name, 13, "start")]
        parts.append(text(x + 178, top + 20, "[channels, positions, batch]", 9, "end", fill=LINE))
    parts += [text(x + 95, y + 264, "the next cell's rows follow", 12, fill=LINE)]
    return parts


def branches(x: float, y: float) -> list[str]:
    """Draws the switch and the union of parameters that every branch reads from."""
    parts = [text(x, y, "one edge of the loop", 15, "start", font_weight="bold")]
    names = ("none", "max pool", "avg pool", "skip", "sep 3x3", "sep 5x5", "dil 3x3", "dil 5x5")
    for place, name in enumerate(names):
        taken = place == 3
        top = y + 16 + 29 * place
        parts.append(
            box(x, top, 96, 23, "#dcecf7" if taken else "white", BLUE if taken else LINE, "" if taken else "3 3")
        )
        parts.append(text(x + 48, top + 16, name, 12, fill=INK if taken else LINE))
    return parts


def union(x: float, y: float) -> list[str]:
    """Draws the parameters of an edge."""
    parts = [text(x, y, "parameters of an edge: a union", 15, "start", font_weight="bold")]
    shapes = (("depthwise", "[2, 25, C]", 78), ("pointwise", "[2, C, C]", 54), ("scale, bias", "[2, C]", 30))
    top = y + 16.0
    for name, shape, height in shapes:
        parts += [box(x, top, 205, height, "#fbeadf", ORANGE), text(x + 12, top + height / 2 + 5, name, 13, "start")]
        parts.append(text(x + 193, top + height / 2 + 5, shape, 13, "end"))
        top += height + 8
    parts.append(text(x, top + 16, "sized for the largest operation, so the states", 12, "start", fill=LINE))
    parts.append(text(x, top + 32, "of all candidates have the same shapes; what", 12, "start", fill=LINE))
    parts.append(text(x, top + 48, "an operation does not read gets gradient 0", 12, "start", fill=LINE))
    return parts


def scratch(x: float, y: float) -> list[str]:
    """Draws how training steps hand their memory on."""
    parts = [text(x, y, "scratch: the same memory from step to step", 15, "start", font_weight="bold")]
    for place, name in enumerate(("step 1", "step 2", "step 3")):
        left = x + 285 * place
        parts += [box(left, y + 18, 190, 54), text(left + 95, y + 40, name, 14)]
        parts.append(text(left + 95, y + 60, "forward, backward", 12, fill=LINE))
        if place < 2:
            parts += [arrow(f"M {left + 190} {y + 45} H {left + 281}"), text(left + 236, y + 36, "buffers", 12)]
    parts.append(text(x + 772, y + 50, "... and to the next epoch", 12, "start", fill=LINE))
    return parts


def picture() -> str:
    """Returns the SVG's text."""
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M 0 0 L 10 5 L 0 10 z" fill="{color}"/></marker>'
        for name, color in (("grey", LINE), ("blue", BLUE), ("orange", ORANGE))
    )
    parts = [*genotype(24, 36), *rows(24, 176), *branches(420, 36), *union(730, 36), *scratch(24, 476)]
    parts += [
        arrow("M 214 321 C 330 321 330 156 416 151", BLUE),  # the edge reads node 1
        text(345, 258, "read", 12, "start", fill=BLUE),
        arrow("M 516 151 C 600 160 620 335 500 350 S 300 360 219 359", BLUE),  # and adds to node 2
        text(410, 372, "add to the edge's node", 12, fill=BLUE),
        arrow("M 726 91 C 660 91 610 125 520 144", ORANGE),
        text(632, 92, "of this edge", 12, fill=ORANGE),
        arrow("M 326 63 H 416", BLUE),
        text(370, 55, "which", 12, fill=BLUE),
    ]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, Arial, '
        f'sans-serif">\n<defs>{heads}</defs>\n<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    Path(__file__).with_name("engine.svg").write_text(picture(), encoding="utf-8")
