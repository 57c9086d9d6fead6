#!/usr/bin/env python3
"""Writes decimal arithmetic and first-in-first-out portfolios, by Python's decimal and fractions.

    python3 Benchmarks/peers/trading.py > Fixtures/golden/trading.json
"""

import json
import random
import sys
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

EXACT = Context(prec=90)
ROUNDING = Context(prec=90, rounding=ROUND_HALF_EVEN)
random.seed(20260101)


def plain(value):
    text = format(value.normalize(EXACT), "f")
    return "0" if text in ("-0", "0") else text


def random_decimal(digits, places):
    coefficient = random.randrange(-(10**digits), 10**digits)
    return Decimal(coefficient).scaleb(-random.randrange(0, places + 1), EXACT)


def arithmetic():
    rows = []
    for _ in range(200):
        a, b = random_decimal(17, 12), random_decimal(15, 9)
        if b == 0:
            continue
        places = random.randrange(0, 12)
        rows.append(
            {
                "a": plain(a),
                "b": plain(b),
                "sum": plain(EXACT.add(a, b)),
                "difference": plain(EXACT.subtract(a, b)),
                "product": plain(EXACT.multiply(a, b)),
                "places": places,
                "quotient": plain(
                    ROUNDING.quantize(EXACT.divide(a, b), Decimal(1).scaleb(-places))
                ),
                "less": a < b,
            }
        )
    return rows


def reports(count):
    """Fills with corrections and busts of what is in force; seconds as times."""
    log, in_force, second = [], [], 0
    for number in range(1, count + 1):
        second += random.randrange(1, 50)
        identifier = f"f-{number}"
        kind = random.choices(["fill", "correct", "bust"], [8, 1, 1])[0]
        if kind != "fill" and in_force:
            old = in_force.pop(random.randrange(len(in_force)))
            report = dict(old, kind=kind, id=identifier, reference=old["id"], time=second)
            if kind == "correct":
                report["quantity"] = plain(abs(random_decimal(4, 2)) + Decimal("0.01"))
                report["price"] = plain(abs(random_decimal(6, 4)))
                in_force.append(report)
        else:
            report = {
                "id": identifier,
                "kind": "fill",
                "reference": None,
                "symbol": random.choice(["SPX", "NDX", "BTCUSD"]),
                "currency": random.choice(["USD", "USD", "EUR"]),
                "side": random.choice(["buy", "sell"]),
                "quantity": plain(abs(random_decimal(4, 2)) + Decimal("0.01")),
                "price": plain(abs(random_decimal(6, 4))),
                "commission": plain(random_decimal(3, 2)),
                "time": second,
            }
            in_force.append(report)
        log.append(report)
    return log


def portfolio(log, as_of):
    executions, index = [], {}
    for report in log:
        if report["time"] > as_of:
            continue
        if report["kind"] == "fill":
            index[report["id"]] = len(executions)
            executions.append([report["time"], len(executions), report])
        else:
            place = index[report["reference"]]
            index[report["id"]] = place
            executions[place][2] = None if report["kind"] == "bust" else report
    executions.sort(key=lambda execution: execution[:2])
    books = {}
    for _, _, report in executions:
        if report is None:
            continue
        book = books.setdefault((report["symbol"], report["currency"]), {"lots": [], "realised": 0})
        sign = 1 if report["side"] == "buy" else -1
        open_quantity, price = Fraction(report["quantity"]), Fraction(report["price"])
        book["realised"] -= Fraction(report["commission"])
        lots = book["lots"]
        while open_quantity and lots and lots[0][0] * sign < 0:
            closed = min(open_quantity, abs(lots[0][0]))
            book["realised"] += closed * (lots[0][1] - price) * sign
            open_quantity -= closed
            lots[0][0] += closed * sign
            if not lots[0][0]:
                lots.pop(0)
        if open_quantity:
            lots.append([open_quantity * sign, price])

    def text(value, places=None):
        value = EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
        if places is not None:
            value = ROUNDING.quantize(value, Decimal(1).scaleb(-places))
        return plain(value)

    answer = []
    for (symbol, currency), book in sorted(books.items()):
        quantity = sum((lot[0] for lot in book["lots"]), Fraction(0))
        cost = sum((lot[0] * lot[1] for lot in book["lots"]), Fraction(0))
        answer.append(
            {
                "symbol": symbol,
                "currency": currency,
                "quantity": text(quantity),
                "cost": text(cost),
                "average_price": text(cost / quantity if quantity else Fraction(0), 10),
                "realised": text(Fraction(book["realised"])),
            }
        )
    return answer


def main():
    log = reports(300)
    last = log[-1]["time"]
    golden = {
        "arithmetic": arithmetic(),
        "reports": log,
        "portfolios": [
            {"as_of": second, "positions": portfolio(log, second)}
            for second in (log[40]["time"], log[149]["time"], last)
        ],
    }
    lists = {name: [json.dumps(row) for row in rows] for name, rows in golden.items()}
    parts = (f' "{name}": [\n  ' + ",\n  ".join(rows) + "\n ]" for name, rows in lists.items())
    sys.stdout.write("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()
