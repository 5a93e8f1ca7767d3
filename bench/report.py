"""How the measurements are written down: tables, targets and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Target:
    says: str
    wanted: float  # at least, or at most when `is_most`
    is_most: bool
    measured: float

    @property
    def is_met(self) -> bool:
        return self.measured <= self.wanted if self.is_most else self.measured >= self.wanted


def targets_table(rows: list[Target]) -> str:
    cells = [["target", "wanted", "measured", ""]]
    for row in rows:
        wanted = f"{'at most' if row.is_most else 'at least'} {row.wanted:,}"
        cells.append([row.says, wanted, number(row.measured), "met" if row.is_met else "missed"])
    return f"## Targets\n\n{table(cells)}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(rows: list[list[str]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    cells = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def line_picture(
    path: Path, at: Sequence[int], lines: Mapping[str, Sequence[float]], *, x: str, y: str
) -> None:
    """An SVG with one line per name over `at`, both axes logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    # Without a date and with fixed names of its parts the same numbers make the same file.
    matplotlib.rcParams["svg.hashsalt"] = path.stem
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter

    figure, axes = pyplot.subplots(figsize=(7.2, 4.2), layout="constrained")
    for place, (name, values) in enumerate(lines.items()):
        axes.loglog(at, values, marker="osD^vPX*"[place % 8], markersize=5, label=name)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_xticks(at)
    plain = FuncFormatter(lambda value, _place: f"{value:,.10g}")
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(plain)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None})
    pyplot.close(figure)
