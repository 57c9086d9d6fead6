#!/usr/bin/env python3
"""Writes what jumpmodels says about the S&P 500 and the NASDAQ, for JumpModelsTests.

    pip install jumpmodels==0.1.1 pandas==3.1.1 numpy==2.4.6 scikit-learn==1.9.1
    python3 Benchmarks/peers/jump_parity.py > Fixtures/golden/jump_parity.json

Features: logarithm of the exponentially weighted downside deviation and Sortino ratio of log
returns, half-lives 5, 20 and 60; clipped at 3 standard deviations and standardised with the
training rows' moments. Per case a fit on the training rows from given starts (indices of training
rows) and its objective, centres and labels; the online labels of all rows; the objective
that jumpmodels reaches from ten k-means++ starts of its own. States are in ascending order of their
centres, labels are runs `[first row, state]`; of a continuous model some rows of probabilities.
"""

import csv
import json
import sys
import warnings
from importlib.metadata import version

import numpy
import pandas
from jumpmodels.jump import JumpModel
from jumpmodels.preprocess import DataClipperStd, StandardScalerPD
from jumpmodels.sparse_jump import SparseJumpModel

PINNED = "0.1.1"
HALF_LIVES = [5, 20, 60]
SKIPPED_BARS = 61
TRAINING_ROWS = 3000
STARTS = 10
ROW_STEP = 97

SERIES = {"spx": "spx_daily_1999_2018.csv", "nasdaq": "nasdaq_daily_1999_2018.csv"}
CASES = [
    {"kind": "discrete", "states": 2, "penalty": penalty} for penalty in (0.0, 10.0, 50.0, 200.0)
] + [
    {"kind": "discrete", "states": 3, "penalty": penalty} for penalty in (0.5, 20.0, 80.0)
] + [
    {"kind": "discrete", "states": 4, "penalty": 30.0},
    {"kind": "discrete", "states": 3, "penalty": 1e6},
    {"kind": "continuous", "states": 2, "penalty": 50.0, "gridSteps": 20, "modeLoss": True},
    {"kind": "continuous", "states": 2, "penalty": 600.0, "gridSteps": 20, "modeLoss": False},
    {"kind": "continuous", "states": 3, "penalty": 100.0, "gridSteps": 8, "modeLoss": True},
    {"kind": "sparse", "states": 2, "penalty": 30.0, "kappa": 1.5},
    {"kind": "sparse", "states": 3, "penalty": 60.0, "kappa": 2.0},
]


class GivenStarts(JumpModel):
    """Starts from rows of the training window, and as the original from a fit before."""

    indices = None

    def init_centers(self, rows):
        centres = [rows[chosen] for chosen in self.indices]
        if hasattr(self, "centers_") and self.is_shape_match_X_centers(rows):
            centres.append(self.centers_)
        return numpy.array(centres)


class SparseFromGivenStarts(SparseJumpModel):
    indices = None

    def init_jm(self):
        plain = super().init_jm()
        plain.__class__ = GivenStarts
        plain.indices = self.indices
        return plain


def features(name):
    with open(f"Fixtures/{name}", newline="", encoding="utf-8") as file:
        close = pandas.Series([float(row["close"]) for row in csv.DictReader(file)])
    returns = numpy.log(close).diff()
    columns = {}
    for half_life in HALF_LIVES:
        mean = returns.ewm(halflife=half_life).mean()
        square = (returns.clip(upper=0) ** 2).ewm(halflife=half_life).mean()
        columns[f"log_downside_deviation_{half_life}"] = numpy.log(square) / 2
        columns[f"sortino_{half_life}"] = mean / numpy.sqrt(square)
    rows = pandas.DataFrame(columns).iloc[SKIPPED_BARS:]
    training = rows.iloc[:TRAINING_ROWS]
    clipper = DataClipperStd(mul=3.0).fit(training)
    scaler = StandardScalerPD().fit(clipper.transform(training))
    return scaler.transform(clipper.transform(rows)).to_numpy()


def runs(labels):
    starts = [0] + [i for i in range(1, len(labels)) if labels[i] != labels[i - 1]]
    return [[i, int(labels[i])] for i in starts]


def model(case, plain, sparse):
    options = {"n_components": case["states"], "jump_penalty": case["penalty"]}
    if case["kind"] == "sparse":
        return sparse(max_feats=case["kappa"] ** 2, n_init_jm=STARTS, **options)
    if case["kind"] == "continuous":
        options |= {
            "cont": True, "grid_size": 1 / case["gridSteps"], "mode_loss": case["modeLoss"]}
    return plain(n_init=STARTS, **options)


def answers(case, rows, generator):
    training = rows[:TRAINING_ROWS]
    indices = [
        generator.choice(TRAINING_ROWS, case["states"], replace=False).tolist()
        for _ in range(STARTS)
    ]
    fitted = model(case, GivenStarts, SparseFromGivenStarts)
    fitted.indices = indices
    fitted.fit(training)
    plain = fitted.jm_ins if case["kind"] == "sparse" else fitted
    centres = plain.centers_
    order = sorted(
        range(case["states"]),
        key=lambda k: (bool(numpy.isnan(centres[k]).any()), centres[k].tolist()))

    # Of equal probabilities the first counts, so labels are made after the states are in order.
    def labels(probabilities):
        return runs(probabilities[:, order].argmax(axis=1))

    answer = {
        "starts": indices,
        "objective": plain.val_,
        "centres": [
            None if numpy.isnan(centres[k]).any() else centres[k].tolist() for k in order],
        "labels": labels(plain.proba_),
        "online": labels(plain.predict_proba_online(rows)),
    }
    if case["kind"] == "continuous":
        sampled = range(0, len(rows), ROW_STEP)
        online = plain.predict_proba_online(rows)[:, order]
        answer["onlineProbabilities"] = {str(i): online[i].tolist() for i in sampled}
        inside = plain.proba_[:, order]
        answer["probabilities"] = {
            str(i): inside[i].tolist() for i in sampled if i < TRAINING_ROWS}
    if case["kind"] == "sparse":
        answer["featureWeights"] = (plain.feat_weights**2).tolist()
    own = model(case, JumpModel, SparseJumpModel).fit(training)
    answer["ownObjective"] = (own.jm_ins if case["kind"] == "sparse" else own).val_
    if case["kind"] == "sparse":
        answer["ownFeatureWeights"] = (own.jm_ins.feat_weights**2).tolist()
    return answer


def rounded(value):
    """Twelve significant digits: enough for all that is compared, and a small file."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return value


def main():
    if version("jumpmodels") != PINNED:
        sys.exit(f"install jumpmodels=={PINNED}")
    warnings.simplefilter("ignore")
    generator = numpy.random.default_rng(20)
    cases = []
    samples = {}
    for name, file in SERIES.items():
        rows = features(file)
        samples[name] = {"count": len(rows), "first": rows[0].tolist(), "last": rows[-1].tolist()}
        for case in CASES:
            cases.append({"series": name} | case | answers(case, rows, generator))
    report = {
        "jumpmodels": PINNED, "skippedBars": SKIPPED_BARS, "trainingRows": TRAINING_ROWS,
        "rows": samples}
    lines = ",\n".join(json.dumps(rounded(case)) for case in cases)
    print(json.dumps(rounded(report))[:-1] + ', "cases": [\n' + lines + "\n]}")


if __name__ == "__main__":
    main()
