"""Rows and tables of what was measured, and the few statistics that they hold."""

import statistics


def median(values):
    return statistics.median(values)


def quantile(values, share):
    """The least value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values, digits=2):
    least, most = min(values), max(values)
    return f"{median(values):.{digits}f} ({least:.{digits}f}–{most:.{digits}f})"


def verdict(reached):
    return "reached" if reached else "missed"


def rates_row(name, ours, peer, tool, goal):
    """A row of the table from rates, turn by turn."""
    ratios = [mine / theirs for mine, theirs in zip(ours, peer)]
    return [
        name, f"{median(ours):,.0f}/s", f"{median(peer):,.0f}/s ({tool})", spread(ratios),
        f"≥ {goal}" if goal else "", verdict(median(ratios) >= goal) if goal else "",
    ]


def table(rows, head=("work", "ours", "peer", "ratio", "goal", "")):
    lines = ["| " + " | ".join(head).rstrip() + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
