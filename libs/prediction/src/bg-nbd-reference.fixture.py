"""Writes bg-nbd-reference.fixture.json: what lifetimes 0.11.3 (PyPI) makes of CDNOW and Online Retail, and what mpmath makes of the hypergeometric function. Prints the figures of docs/predictions.md.
Not run by tests. Argument: the uncompressed online-retail.csv. Needs: pip install lifetimes==0.11.3 mpmath"""
import json
import random
import sys
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter
from lifetimes.datasets import load_cdnow_summary

HELD_OUT_DAYS = 90
random.seed(5)


def grouped(table):
    """[repeats, last age, age, customers, orders held out], sorted."""
    by = table.groupby(["x", "tx", "T"], as_index=False).agg(n=("x", "size"), later=("later", "sum")).sort_values(["x", "tx", "T"])
    return [[int(x), round(float(tx), 2), round(float(t), 2), int(n), int(later)] for x, tx, t, n, later in by.itertuples(index=False)]


def fitted(rows):
    x, tx, age, n, _ = np.array(rows).T
    fitter = BetaGeoFitter(penalizer_coef=0.0)
    fitter.fit(x, tx, age, weights=n, tol=1e-8)
    return fitter


def reference(rows, days):
    fitter = fitted(rows)
    some = random.sample(rows, 40) + sorted(rows)[-5:]
    said = [[x, tx, age, float(fitter.conditional_probability_alive(x, tx, age)[0]), float(fitter.conditional_expected_number_of_purchases_up_to_time(days, x, tx, age))] for x, tx, age, _, _ in some]
    return {"parameters": dict(fitter.params_), "meanLogLikelihood": -float(fitter._negative_log_likelihood_), "days": days, "said": said, "rows": rows}


def histories(orders, until, later):
    """Of each customer with an order until then, in whole days: x, t_x, T and the orders of the time held out. As the library counts: days since the last order are whole, too."""
    known = orders[orders.when <= until]
    of = known.groupby("customer").when.agg(["min", "max", "size"])
    day = pd.Timedelta(days=1)
    tx = (of["max"] - of["min"]) // day
    after = orders[(orders.when > until) & (orders.when <= later)].groupby("customer").size()
    return pd.DataFrame({"x": of["size"] - 1, "tx": tx, "T": tx + (until - of["max"]) // day, "later": after.reindex(of.index).fillna(0)})


cdnow = load_cdnow_summary(index_col=[0]).rename(columns={"frequency": "x", "recency": "tx"}).assign(later=0)
lines = pd.read_csv(sys.argv[1], dtype={"InvoiceNo": str, "CustomerID": "Int64"}, parse_dates=["InvoiceDate"])
lines = lines[lines.CustomerID.notna() & ~lines.InvoiceNo.str.startswith(("A", "C"))]
invoices = lines.groupby("InvoiceNo").agg(customer=("CustomerID", "first"), when=("InvoiceDate", "min"))
end = invoices["when"].max()
until = end - pd.Timedelta(days=HELD_OUT_DAYS)

rows = grouped(histories(invoices, until, end))
fitter = fitted(rows)
x, tx, age, n, later = np.array(rows).T
expected = fitter.conditional_expected_number_of_purchases_up_to_time(HELD_OUT_DAYS, x, tx, age)
pace = x / np.maximum(age, 1) * HELD_OUT_DAYS
print(f"{fitter.params_.round(6).to_dict()}, {int(n.sum())} customers, held out {int(later.sum())}, expected {(n * expected).sum():.0f}, at each one's pace until then {(n * pace).sum():.0f}")
for low, high in ((0, 0), (1, 1), (2, 2), (3, 4), (5, 9), (10, 999)):
    of = (x >= low) & (x <= high)
    print(f"  {low}-{high} repeats: {int(n[of].sum())} customers, held out {later[of].sum() / n[of].sum():.3f}, expected {(n * expected)[of].sum() / n[of].sum():.3f}, pace {(n * pace)[of].sum() / n[of].sum():.3f}")
print(f"  mean error a row: expected {np.abs(later - n * expected).sum() / n.sum():.3f}, pace {np.abs(later - n * pace).sum() / n.sum():.3f}")
alive = fitter.conditional_probability_alive(x, tx, age)
for low, high in ((0, 0.5), (0.5, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01)):
    of = (x > 0) & (alive >= low) & (alive < high)
    print(f"  alive {low}-{high}: {int(n[of].sum())} customers, mean {(n * alive)[of].sum() / n[of].sum():.2f}, held out {later[of].sum() / n[of].sum():.3f} orders each, expected {(n * expected)[of].sum() / n[of].sum():.3f}, pace {(n * pace)[of].sum() / n[of].sum():.3f}")
for name, score in {"expected orders": expected, "pace": pace, "orders": x, "latest order": tx - age}.items():
    order = np.argsort(-score, kind="stable")
    top = order[np.cumsum(n[order]) <= n.sum() / 5]
    print(f"  the best fifth by {name} made {later[top].sum() / later.sum():.3f} of the orders held out")

mpmath.mp.dps = 60
hypergeometric = [[a, b, c, z, float(mpmath.hyp2f1(a, b, c, z))] for a, b, c, z in [
    (0.5, 1, 1.5, 0.25), (1, 1, 2, 0.5), (2.24, 1.5, 3.7, 0.9), (1.98, -0.207, 3.22, 0.99), (-0.6, -0.9, 0.4, 0.95), (-3.2, -0.5, 7.1, 0.8), (0.3, 0.7, -0.4, 0.6), (2.5, 1.25, 500.5, 0.75), (12, 4, 20, 0.999), (30.5, 30.5, 31, 0.7)]]
# The formula of the model where lifetimes' own would overflow or lose its digits.
def exact(r, alpha, a, b, x, tx, age, days):
    r, alpha, a, b = map(mpmath.mpf, (r, alpha, a, b))
    z = days / (alpha + age + days)
    if_alive = (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (r + x) * mpmath.hyp2f1(r + x, b + x, a + b + x - 1, z))
    gone = 0 if x == 0 else a / (b + x - 1) * ((alpha + age) / (alpha + tx)) ** (r + x)
    return float(if_alive / (1 + gone))
hard = [[*case, exact(*case)] for case in [
    (0.8, 70, 0.1, 2.5, 5000, 700, 700, 90), (0.8, 70, 0.1, 2.5, 300, 300, 310, 90), (0.25, 30, 0.3, 0.5, 0, 0, 10, 90), (0.25, 30, 1.0000001, 2, 3, 20, 40, 90), (0.25, 0.1, 0.8, 2.4, 0, 0, 0, 90),
    (90, 4000, 0.5, 1.5, 4, 60, 90, 90), (0.3, 5, 60, 90, 0, 0, 0, 90), (40, 3, 60, 90, 2, 6, 6, 730), (2000, 60000, 0.02, 3, 6, 190, 200, 365)]]

print("all of Online Retail:", len(grouped(histories(invoices, end, end))), "rows", fitted(grouped(histories(invoices, end, end))).params_.to_dict())
golden = {"cdnow": reference(grouped(cdnow), 39), "onlineRetail": reference(rows, HELD_OUT_DAYS), "hypergeometric": hypergeometric, "hard": hard}
text = json.dumps(golden, separators=(",", ":"))
Path(__file__).with_name("bg-nbd-reference.fixture.json").write_text(text.replace('],"', '],\n"').replace("},", "},\n") + "\n")
