"""A universe's backfill as a good user of pandas, hmmlearn and psycopg writes it (`make
bench-backfill`).

The same closes, features, context, fitted model, labels, hysteresis, texts and tables as ours; a
transaction for each market, a process and a connection for each core. Once as the documentation of
hmmlearn and psycopg has it: a bar is told from those up to it by `predict_proba`, as there is no
public filter and one call for all bars would look ahead, and COPY is given row after row. And once
tuned: hmmlearn's compiled forward pass,
which is not part of its interface, and COPY in blocks of text. Both work by columns wherever pandas
and numpy can. Left out, which flatters both: what explains a change, early closes of the exchange,
and any check of what the store holds already. Prints what it took as JSON, without the time that
imports took.
"""

import argparse
import concurrent.futures
import datetime
import hashlib
import json
import pathlib
import time
from zoneinfo import ZoneInfo

import numpy
import orjson
import pandas
import psycopg
from hmmlearn import _hmmc
from hmmlearn.hmm import GaussianHMM

BARS_PER_YEAR = 252
HISTORY, MONTH, TREND, YEAR, RANK = 63, 21, 200, 252, 2520
HALF_LIFE = 20
LABELS = [
    "crisis", "normal_bear", "normal_bull", "euphoria", "high_volatility", "low_volatility",
    "unknown"]
CRISIS, BEAR, BULL, EUPHORIA, WILD, CALM, UNKNOWN = range(7)
RISK = numpy.array([3, 2, 0, 1, 2, 0, 2])
CONTEXT = [
    "log_return", "volatility_21", "volatility_rank", "long_run_volatility", "drawdown_252",
    "trend_200", "momentum_12_1"]
FEATURES = ["log_downside_deviation_20", "sortino_20"]
NAMES = FEATURES + CONTEXT
# Lines of a table that are sent at a time.
BLOCK_LINES = 1_000

COLUMNS = {
    "series": ["market", "timeframe", "calendar", "anchor", "specification", "last_as_of",
               "last_regime", "last_sequence", "writes", "recorded_at"],
    "models": ["market", "timeframe", "model_version", "fit_key", "trained_from",
               "trained_through", "manifest", "recorded_at"],
    "active_models": ["market", "timeframe", "active_from", "revision", "model_version",
                      "recorded_at"],
    "bars": ["market", "timeframe", "timestamp", "revision", "close", "available_at",
             "recorded_at", "adopted_at"],
    "market_regimes": ["market", "timeframe", "as_of", "revision", "model_version",
                       "available_at", "regime", "raw_regime", "previous_regime", "since",
                       "probabilities", "confidence_kind", "trigger", "indicators", "reasoning",
                       "input_missing", "recorded_at"],
    "regime_changes": ["market", "timeframe", "as_of", "revision", "event_id", "model_version",
                       "previous_regime", "regime", "probabilities", "trigger", "reasoning",
                       "recorded_at"],
}


class Model:
    """A manifest that `bloasis fit` wrote."""

    def __init__(self, path):
        self.text = pathlib.Path(path).read_text().strip()
        manifest = json.loads(self.text)
        classifier, parameters = manifest["classifier"], manifest["classifier"]["parameters"]
        if classifier["model"] != "hmm" or classifier["features"] != FEATURES:
            raise SystemExit(f"{path}: a model of {FEATURES} is needed")
        self.version = manifest["modelVersion"]
        self.provenance = manifest["provenance"]
        self.start = numpy.array(parameters["start"])
        self.transition = numpy.array(parameters["transition"])
        self.means = numpy.array(parameters["means"])
        self.variances = numpy.array(parameters["covariances"])
        scaling = classifier["scaling"]
        self.centers, self.scales = numpy.array(scaling["centers"]), numpy.array(scaling["scales"])
        self.clip = scaling["clip"]
        self.classes = [state["stateClass"] for state in classifier["states"]]
        self.taxonomy, self.hysteresis = classifier["taxonomy"], classifier["hysteresis"]


# MARK: - Numbers

def indicators(close):
    """A column for each name that is stored."""
    returns = numpy.log(close / close.shift(1))
    annual = numpy.sqrt(BARS_PER_YEAR)
    mean = returns.ewm(halflife=HALF_LIFE).mean()
    downside = numpy.sqrt((returns.clip(upper=0) ** 2).ewm(halflife=HALF_LIFE).mean())
    downside = downside.where(downside > 0)
    volatility = returns.rolling(MONTH).std() * annual
    return pandas.DataFrame({
        "log_downside_deviation_20": numpy.log(downside),
        "sortino_20": mean / downside,
        "log_return": returns,
        "volatility_21": volatility,
        "volatility_rank":
            volatility.rolling(RANK, min_periods=HISTORY).rank(method="max", pct=True),
        "long_run_volatility": returns.expanding(HISTORY).std() * annual,
        "drawdown_252": close / close.rolling(YEAR, min_periods=1).max() - 1,
        "trend_200": close / close.rolling(TREND).mean() - 1,
        "momentum_12_1": numpy.log(close.shift(MONTH) / close.shift(YEAR)),
    })


def scaled_features(model, features):
    """The first bar with all features, and what the model is given from there on."""
    first = int(numpy.argmax(numpy.isfinite(features).all(axis=1)))
    scaled = (features[first:] - model.centers) / model.scales
    return first, numpy.clip(scaled, -model.clip, model.clip)


def filtered_as_documented(model, scaled):
    """What is said of the last of so many bars knows none later: that is the filter's answer."""
    chain = GaussianHMM(n_components=len(model.start), covariance_type="diag")
    chain.startprob_, chain.transmat_ = model.start, model.transition
    chain.means_, chain.covars_ = model.means, model.variances
    return numpy.array([
        chain.predict_proba(scaled[:end])[-1] for end in range(1, len(scaled) + 1)])


def filtered(model, scaled):
    """State probabilities of each bar."""
    distance = (scaled[:, None, :] - model.means) ** 2 / model.variances
    density = -0.5 * (distance + numpy.log(2 * numpy.pi * model.variances)).sum(axis=2)
    # A factor that all states of a bar share cancels out, and the largest one must not be lost.
    density = numpy.exp(density - density.max(axis=1, keepdims=True))
    _, forward, _ = _hmmc.forward_scaling(model.start, model.transition, density)
    return forward / forward.sum(axis=1, keepdims=True)


def state_labels(model, table):
    """What each state stands for at each bar; a comparison with what is not known is false."""
    limits = model.taxonomy
    unit = table["long_run_volatility"].to_numpy()
    rank, trend = table["volatility_rank"].to_numpy(), table["trend_200"].to_numpy()
    depth = -table["drawdown_252"].to_numpy() / unit
    rise = (trend / unit >= limits["euphoriaTrend"]) & (
        table["momentum_12_1"].to_numpy() / unit >= limits["euphoriaMomentum"])
    bear = (depth >= limits["bearDrawdown"]) & (trend < 0)
    crisis = (depth >= limits["crisisDrawdown"]) & (rank >= limits["crisisRank"])
    high, ordinary = rank >= limits["highRank"], ~(rank < limits["ordinaryRank"])
    nothing = numpy.zeros(len(table), bool)
    by_class = {}
    for kind in set(model.classes):
        stressed, calm = kind == "stressed", kind == "calm"
        by_class[kind] = numpy.select(
            [crisis if stressed else nothing, bear, nothing if calm else high,
             ordinary if stressed else nothing, rise,
             ~(rank > limits["lowRank"]) if calm else nothing],
            [CRISIS, BEAR, WILD, WILD, EUPHORIA, CALM], BULL)
    return numpy.stack([by_class[kind] for kind in model.classes], axis=1)


def published(model, probabilities, raw):
    """Labels after hysteresis, from change to change instead of from bar to bar."""
    rules, count = model.hysteresis, len(raw)
    place = numpy.arange(count)
    begins = numpy.concatenate([[True], raw[1:] != raw[:-1]])
    run = place - numpy.maximum.accumulate(numpy.where(begins, place, 0)) + 1
    sure = probabilities[place, raw] >= rules["entryProbability"]
    ready = {}
    labels = numpy.empty(count, int)
    label, taken = raw[0], 0
    while True:
        if label not in ready:
            needed = numpy.where(
                RISK[raw] >= RISK[label], rules["confirmationBars"],
                rules["recoveryConfirmationBars"])
            ready[label] = numpy.flatnonzero(
                (raw != label) & sure & (run >= needed)
                & (probabilities[:, label] <= rules["exitProbability"]))
        later = ready[label]
        index = numpy.searchsorted(later, taken + rules["minimumDwellBars"])
        end = later[index] if index < len(later) else count
        labels[taken:end] = label
        if end == count:
            return labels
        label, taken = raw[end], end


# MARK: - Texts

def percent(value, signed=False):
    if value != value:
        return "n/a"
    return f"{value * 100:+.1f} %" if signed and value > 0 else f"{value * 100:.1f} %"


def places(count):
    middle = [f"state {state + 1} of {count} from calm" for state in range(1, count - 1)]
    if count == 3:
        middle = ["middle one of 3 states"]
    return [f"calmest of {count} states", *middle, f"wildest of {count} states"]


def reasonings(table, states, probabilities, raw, labels, first):
    """A line a bar, from the first one that the model answers for."""
    rest = table.iloc[first:]
    depth = rest["drawdown_252"] / rest["long_run_volatility"]
    columns = [
        rest[name].tolist() for name in (
            "volatility_21", "volatility_rank", "drawdown_252", "trend_200", "momentum_12_1")]
    names, state = places(states.shape[1]), states.argmax(axis=1)
    place = numpy.arange(len(state))
    now = states[place, state].tolist()
    before = [None, *states[place[1:] - 1, state[1:]].tolist()]
    mass, raw_mass = probabilities[place, labels].tolist(), probabilities[place, raw].tolist()
    lines = []
    for row in zip(labels.tolist(), mass, raw.tolist(), raw_mass, state.tolist(), now, before,
                   depth.tolist(), *columns):
        label, p, other, q, at, here, there, deep, volatility, rank, drawdown, trend, momentum = row
        differs = f"; raw {LABELS[other]} {q * 100:.1f} %" if other != label else ""
        past = f" (bar before: {there * 100:.1f} %)" if there is not None else ""
        units = f"{deep:.2f}" if deep == deep else "n/a"
        lines.append(
            f"{LABELS[label]} {p * 100:.1f} %{differs}; {names[at]} at {here * 100:.1f} %{past}; "
            f"volatility {percent(volatility)} (rank {percent(rank)}); drawdown "
            f"{percent(drawdown)} ({units} long-run volatilities); price {percent(trend, True)} "
            f"from its 200-bar mean; 12-1 momentum {percent(momentum, True)}")
    return lines


def objects(names, rows, keep_zeros):
    """JSON objects; what is missing is null."""
    if keep_zeros:
        return [orjson.dumps(dict(zip(names, row))).decode() for row in rows]
    return [
        orjson.dumps({name: value for name, value in zip(names, row) if value}).decode()
        for row in rows]


def instants(dates):
    """The ends of the sessions, as texts."""
    new_york = ZoneInfo("America/New_York")
    closes = pandas.to_datetime(dates) + pandas.Timedelta(hours=16)
    utc = closes.tz_localize(new_york).tz_convert("UTC")
    return utc.strftime("%Y-%m-%d %H:%M:%S+00").tolist()


# MARK: - Tables

def rows_of(market, close, stamps, model, states_of):
    """Lines of text for COPY, by table. Nothing in them needs an escape."""
    recorded = datetime.datetime.now(datetime.timezone.utc).isoformat(sep=" ")
    table = indicators(close)
    first, scaled = scaled_features(model, table[FEATURES].to_numpy())
    states = states_of(model, scaled)
    of_state = state_labels(model, table)[first:]
    probabilities = numpy.zeros((len(states), len(LABELS)))
    place = numpy.arange(len(states))
    for state in range(states.shape[1]):
        probabilities[place, of_state[:, state]] += states[:, state]
    raw = probabilities.argmax(axis=1)
    labels = published(model, probabilities, raw)
    lines = reasonings(table, states, probabilities, raw, labels, first)
    masses = objects(LABELS, probabilities.tolist(), keep_zeros=False)
    readings = objects(NAMES, table[NAMES].to_numpy().tolist(), keep_zeros=True)

    changed = numpy.concatenate([[True], labels[1:] != labels[:-1]])
    began = numpy.maximum.accumulate(numpy.where(changed, place, 0))
    previous = numpy.where(began > 0, labels[began - 1], UNKNOWN)
    head = f"{market}\t1d\t"
    regimes = [
        f"{head}{stamp}\t1\tunfitted\t{stamp}\tunknown\tunknown\tunknown\t{stamps[0]}\t"
        f'{{"unknown":1.0}}\tnone\tbackfill\t{reading}\t\tf\t{recorded}\n'
        for stamp, reading in zip(stamps[:first], readings)]
    late = stamps[first:]
    regimes += [
        f"{head}{stamp}\t1\t{model.version}\t{stamp}\t{LABELS[label]}\t{LABELS[other]}\t"
        f"{LABELS[earlier]}\t{late[since]}\t{mass}\tmapped_posterior\tbackfill\t{reading}\t"
        f"{line}\tf\t{recorded}\n"
        for stamp, label, other, earlier, since, mass, reading, line in zip(
            late, labels.tolist(), raw.tolist(), previous.tolist(), began.tolist(), masses,
            readings[first:], lines)]
    changes = []
    for bar in numpy.flatnonzero(changed).tolist():
        event = hashlib.sha256(f"{market}|1d|{late[bar]}".encode()).hexdigest()[:32]
        changes.append(
            f"{head}{late[bar]}\t1\t{event}\t{model.version}\t{LABELS[previous[bar]]}\t"
            f"{LABELS[labels[bar]]}\t{masses[bar]}\tbackfill\t{lines[bar]}\t{recorded}\n")
    told = model.provenance
    return {
        "series": [
            f"{head}nyse\t{stamps[0]}\t{{}}\t{stamps[-1]}\t{LABELS[labels[-1]]}\t0\t1\t"
            f"{recorded}\n"],
        "models": [
            f"{head}{model.version}\t{told['fitKey']}\t{told['trainedFrom']}\t"
            f"{told['trainedThrough']}\t{model.text}\t{recorded}\n"],
        "active_models": [f"{head}{late[0]}\t1\t{model.version}\t{recorded}\n"],
        "bars": [
            f"{head}{stamp}\t1\t{price!r}\t{stamp}\t{recorded}\t{recorded}\n"
            for stamp, price in zip(stamps, close.tolist())],
        "market_regimes": regimes,
        "regime_changes": changes,
    }


def store(connection, tables):
    with connection.transaction(), connection.cursor() as cursor:
        for name, lines in tables.items():
            columns = ", ".join(COLUMNS[name])
            with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                for start in range(0, len(lines), BLOCK_LINES):
                    copy.write("".join(lines[start:start + BLOCK_LINES]))


def store_as_documented(connection, tables):
    with connection.transaction(), connection.cursor() as cursor:
        for name, lines in tables.items():
            columns = ", ".join(COLUMNS[name])
            with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line[:-1].split("\t"))


# How state probabilities are come by, and how rows are stored.
WRITTEN = {
    "documented": (filtered_as_documented, store_as_documented), "tuned": (filtered, store)}


# MARK: - Processes

class Worker:
    """What a process keeps."""

    model = connection = stamps = states_of = store = None


def prepare(path, url, written):
    Worker.model, Worker.connection = Model(path), psycopg.connect(url, autocommit=True)
    Worker.states_of, Worker.store = WRITTEN[written]


def ready():
    # So that no process takes two of these before each has begun.
    time.sleep(0.2)


def write_market(market, close, dates):
    if Worker.stamps is None:
        Worker.stamps = instants(dates)
    tables = rows_of(
        market, pandas.Series(close), Worker.stamps, Worker.model, Worker.states_of)
    Worker.store(Worker.connection, tables)
    return len(close)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("universe")
    parser.add_argument("--model", required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--written", choices=WRITTEN, required=True)
    arguments = parser.parse_args()
    with concurrent.futures.ProcessPoolExecutor(
        arguments.processes, initializer=prepare,
        initargs=(arguments.model, arguments.url, arguments.written)
    ) as pool:
        list(concurrent.futures.as_completed(
            [pool.submit(ready) for _ in range(arguments.processes)]))
        start = time.perf_counter()
        table = pandas.read_csv(arguments.universe, index_col="date")
        dates = table.index.tolist()
        pending = [
            pool.submit(write_market, market, table[market].to_numpy(), dates)
            for market in table.columns]
        bars = sum(done.result() for done in pending)
        took = time.perf_counter() - start
    print(json.dumps({"bars": bars, "seconds": took}))


if __name__ == "__main__":
    main()
