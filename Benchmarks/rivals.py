"""The rows of the table: the same work by the rival, and whether both sides computed the same.

Each row times the rival's work alone, in seconds of its process: models are made and arrays laid
out before the clock starts. `check` raises when the answers differ by more than the row allows.
"""

import time
import warnings

import numpy
import pandas
from hmmlearn import _hmmc
from hmmlearn.hmm import GaussianHMM
from jumpmodels.jump import JumpModel
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

import samples


class Difference(Exception):
    """Both sides did not compute the same."""


def timed(work):
    # A fit that is stopped after a given number of iterations is no failure to converge.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        result = work()
        return time.process_time() - start, result


def expect_close(ours, theirs, tolerance, what, unit=1.0):
    """Relative to the larger of the unit and the magnitude."""
    ours, theirs = numpy.asarray(ours), numpy.asarray(theirs)
    if ours.shape != theirs.shape:
        raise Difference(f"{what}: {ours.shape} values against {theirs.shape}")
    worst = numpy.max(numpy.abs(ours - theirs) / numpy.maximum(unit, numpy.abs(theirs)))
    if not worst <= tolerance:
        raise Difference(f"{what} differ by {worst:.1e}, more than {tolerance:.0e}")
    return f"{what} to {worst:.0e}"


def expect_equal(ours, theirs, what):
    differing = int(numpy.sum(numpy.asarray(ours) != numpy.asarray(theirs)))
    if differing:
        raise Difference(f"{differing} of {numpy.size(theirs)} {what} differ")
    return f"{what} equal"


class Row:
    """A row of the table; `size` markets at a time, the next ones in each round."""

    size = samples.MARKETS

    def __init__(self, data):
        self.data = data

    def markets(self, turn):
        first = turn * self.size % samples.MARKETS
        return range(first, first + self.size)

    def learn(self, ours):
        """What the rival must be told of our answer, before its turn: a model that we fitted."""


class HiddenMarkov(Row):
    def __init__(self, data):
        super().__init__(data)
        self.models = [self.model(chain) for chain in data.chains]
        self.columns = [returns[:, None].copy() for returns in data.returns]

    @staticmethod
    def model(chain, **options):
        """Maximum likelihood: without hmmlearn's priors."""
        model = GaussianHMM(
            samples.STATES, "diag", implementation="scaling", init_params="", params="stmc",
            covars_prior=0, covars_weight=0, min_covar=0, tol=-numpy.inf, **options)
        model.n_features = 1
        model.startprob_, model.transmat_ = chain[0].copy(), chain[1].copy()
        model.means_, model.covars_ = chain[2][:, None].copy(), chain[3][:, None].copy()
        return model


class Filter(HiddenMarkov):
    name, title, goal = "hmm-filter", "HMM filter with log-likelihood, 3 states, 1 feature", 20
    peer = "hmmlearn `score`, scaling"

    def run(self, markets):
        return timed(lambda: [self.models[m].score(self.columns[m]) for m in markets])

    def check(self, ours, theirs, _):
        return expect_close(ours, theirs, 1e-9, "log-likelihoods")


class Smoother(HiddenMarkov):
    name, title, goal = "hmm-smoother", "HMM smoother", 20
    peer = "hmmlearn `predict_proba`, scaling"

    def run(self, markets):
        return timed(lambda: [self.models[m].predict_proba(self.columns[m]) for m in markets])

    def check(self, ours, theirs, _):
        return expect_close(ours, numpy.ravel(theirs), 1e-9, "posteriors")


class BaumWelch(HiddenMarkov):
    name, goal = "baum-welch", 15
    title = f"Baum–Welch, same {samples.STARTS} starts, {samples.ITERATIONS} iterations each"
    peer = "hmmlearn `fit`"

    def run(self, markets):
        models = [
            self.model(chain, n_iter=samples.ITERATIONS)
            for m in markets for chain in self.data.starts[m]
        ]
        columns = [self.columns[m] for m in markets for _ in self.data.starts[m]]
        return timed(lambda: [model.fit(x) for model, x in zip(models, columns)])

    def check(self, ours, theirs, _):
        expected = [
            numpy.concatenate([
                model.startprob_, model.transmat_.ravel(), model.means_.ravel(),
                model.covars_.ravel()])
            for model in theirs
        ]
        return expect_close(ours, numpy.ravel(expected), 1e-9, "parameters")


class Viterbi(HiddenMarkov):
    name, title, goal = "viterbi", "Viterbi", 20
    peer = "hmmlearn `predict`"

    def run(self, markets):
        return timed(lambda: [self.models[m].predict(self.columns[m]) for m in markets])

    def check(self, ours, theirs, _):
        return expect_equal(ours, numpy.ravel(theirs), "states")


class Hamilton(Row):
    """As it is called: statsmodels also estimates the covariance of the parameters then."""

    name, title, goal = "hamilton-filter", "Hamilton filter, 3 regimes", 2000
    peer = "statsmodels `filter`"
    options = {}

    def __init__(self, data):
        super().__init__(data)
        self.models = [
            MarkovRegression(x, k_regimes=samples.STATES, switching_variance=True)
            for x in data.returns
        ]
        self.parameters = [
            numpy.concatenate([c[1][:, :-1].T.ravel(), c[2], c[3]]) for c in data.chains
        ]

    def run(self, markets):
        return timed(
            lambda: [
                self.models[m].filter(self.parameters[m], **self.options) for m in markets
            ])

    def check(self, ours, theirs, _):
        ours = ours.reshape(len(theirs), -1)
        likelihoods = expect_close(
            ours[:, 0], [self.likelihood(r) for r in theirs], 1e-9, "log-likelihoods")
        posteriors = expect_close(
            ours[:, 1:], [self.filtered(r).ravel() for r in theirs], 1e-9, "posteriors")
        return f"{likelihoods}, {posteriors}"

    @staticmethod
    def likelihood(result):
        return result.llf

    @staticmethod
    def filtered(result):
        return result.filtered_marginal_probabilities


class HamiltonAlone(Hamilton):
    """The recursion alone: statsmodels asked for its raw result."""

    title, goal = "Hamilton filter, 3 regimes, nothing but the recursion", None
    peer = "statsmodels `filter(return_raw=True)`"
    options = {"return_raw": True}

    @staticmethod
    def filtered(result):
        return result.filtered_marginal_probabilities.T


class JumpFit(Row):
    name, goal, size = "jump-fit", 200, 16
    title = f"Jump model fit, 3 states, 3 features, same {samples.JUMP_STARTS} starts"
    peer = "jumpmodels `fit`"

    def run(self, markets):
        models = [self.model(self.data.jump_centres[m]) for m in markets]
        tables = [self.data.jump_features[m] for m in markets]
        return timed(lambda: [model.fit(x, sort_by="freq") for model, x in zip(models, tables)])

    @staticmethod
    def model(centres):
        model = JumpModel(
            n_components=samples.STATES, jump_penalty=samples.JUMP_PENALTY,
            n_init=len(centres))
        model.init_centers = lambda _: numpy.array(centres)
        return model

    def check(self, ours, theirs, markets):
        ours = ours.reshape(len(theirs), -1)
        worst = -numpy.inf
        same = 0
        for market, row, model in zip(markets, ours, theirs):
            worst = max(worst, (row[0] - model.val_) / model.val_)
            labels = row[1:].astype(int)
            objective = self.objective(self.data.jump_features[market], labels)
            expect_close([row[0]], [objective], 1e-6, "the objective of our labels and our own")
            pairs = set(zip(labels, numpy.asarray(model.labels_)))
            same += len(pairs) == len({p[0] for p in pairs}) == len({p[1] for p in pairs})
        if worst > 1e-6:
            raise Difference(f"an objective is worse by {worst:.1e} relative")
        return f"objective no worse (at most {worst:+.0e}), labels equal in {same} of {len(theirs)}"

    @staticmethod
    def objective(table, labels):
        """Σ ½‖x − θ‖² + λ·jumps with each state's best centre."""
        total = samples.JUMP_PENALTY * numpy.sum(labels[1:] != labels[:-1])
        for state in set(labels):
            rows = table[labels == state]
            total += 0.5 * numpy.sum((rows - rows.mean(axis=0)) ** 2)
        return total


class JumpOnline(JumpFit):
    name, title, goal = "jump-online", "Jump model online", 1000
    peer, size = "jumpmodels `predict_online`", samples.MARKETS

    def __init__(self, data):
        super().__init__(data)
        self.models = [self.model(centres) for centres in data.jump_centres]
        for model, centres in zip(self.models, data.jump_centres):
            model.check_jump_penalty_mx()
            model.centers_, model.feat_weights = centres[0], None

    def run(self, markets):
        tables = self.data.jump_features
        return timed(lambda: [self.models[m].predict_online(tables[m]) for m in markets])

    def check(self, ours, theirs, _):
        return expect_equal(ours, numpy.ravel(theirs), "labels")


class Weighted(Row):
    """All markets as one table, which is quicker for pandas than one series at a time.

    Ours are tables too: bars by eight markets, features in the same order.
    """

    name, title, goal = "ewm-features", "Nine EWM features", 20
    peer = "pandas `ewm`, one table of all markets"

    def __init__(self, data):
        super().__init__(data)
        self.frame = pandas.DataFrame(numpy.ascontiguousarray(data.closes.T))

    def run(self, markets):
        return timed(lambda: self.features(self.frame.iloc[:, markets[0]:markets[-1] + 1]))

    @staticmethod
    def features(closes):
        returns = numpy.log(closes).diff()
        squares = returns.clip(upper=0) ** 2
        found = []
        for half_life in samples.HALF_LIVES:
            mean = returns.ewm(halflife=half_life).mean()
            deviation = numpy.sqrt(squares.ewm(halflife=half_life).mean())
            found += [mean, deviation, mean / deviation]
        return found

    def check(self, ours, theirs, _):
        expected = numpy.stack([frame.to_numpy().T for frame in theirs], axis=1)
        expected = numpy.where(numpy.isfinite(expected), expected, numpy.nan)
        ours = ours.reshape(expected.shape)
        expect_equal(numpy.isnan(ours), numpy.isnan(expected), "places of missing values")
        known = ~numpy.isnan(expected)
        return expect_close(ours[known], expected[known], 1e-9, "features", unit=1e-3)


class Classification(Row):
    """Indicators of all markets as one table, then market by market the filter and the labels.

    Hysteresis depends on what it said at the bar before: a loop over bars in Python.
    """

    name, title, goal = "classification", "Labels of markets under one fixed model", 20
    peer = "pandas, numpy and hmmlearn's forward recursion"
    size = samples.MARKETS // 4
    adoption = 600

    def __init__(self, data):
        super().__init__(data)
        self.frame = pandas.DataFrame(numpy.ascontiguousarray(data.closes.T))

    def learn(self, ours):
        shapes = [(2,), (2,), (3,), (3, 3), (3, 2), (3, 2), (3,)]
        self.length = 0
        parts = []
        for shape in shapes:
            count = int(numpy.prod(shape))
            parts.append(ours[self.length:self.length + count].reshape(shape))
            self.length += count
        self.centers, self.scales, start, transition, means, variances, self.classes = parts
        self.model = GaussianHMM(3, "diag", implementation="scaling")
        self.model.n_features = 2
        self.model.startprob_, self.model.transmat_ = start, transition
        self.model.means_, self.model.covars_ = means, variances

    def run(self, markets):
        return timed(lambda: self.labels(self.frame.iloc[:, markets[0]:markets[-1] + 1]))

    def labels(self, closes):
        returns = numpy.log(closes).diff()
        mean = returns.ewm(halflife=20).mean()
        deviation = numpy.sqrt((returns.clip(upper=0) ** 2).ewm(halflife=20).mean())
        features = [numpy.log(deviation.where(deviation > 0)), mean / deviation]
        volatility = returns.rolling(21).std() * numpy.sqrt(252)
        rank = volatility.rolling(2520, min_periods=63).rank(method="max", pct=True)
        unit = returns.expanding(63).std() * numpy.sqrt(252)
        drawdown = closes / closes.rolling(252, min_periods=1).max() - 1
        trend = closes / closes.rolling(200).mean() - 1
        momentum = numpy.log(closes.shift(21) / closes.shift(252))
        context = [f.to_numpy().T for f in (rank, unit, drawdown, trend, momentum)]
        table = numpy.stack([f.to_numpy().T for f in features], axis=2)
        scaled = numpy.clip((table - self.centers) / self.scales, -3, 3)
        return [self.market(scaled[m], [c[m] for c in context]) for m in range(len(scaled))]

    def market(self, rows, context):
        first = int(numpy.argmax(numpy.isfinite(rows).all(axis=1)))
        frames = self.model._compute_likelihood(rows[first:])
        _, filtered, _ = _hmmc.forward_scaling(
            self.model.startprob_, self.model.transmat_, frames)
        filtered = filtered[self.adoption - first:]
        rank, unit, drawdown, trend, momentum = [c[self.adoption:] for c in context]
        labels = [self.label(c, rank, -drawdown / unit, trend / unit, momentum / unit)
                  for c in range(3)]
        masses = numpy.zeros((len(rank), 6))
        for state, kind in enumerate(self.classes.astype(int)):
            masses[numpy.arange(len(rank)), labels[kind]] += filtered[:, state]
        raw = masses.argmax(axis=1)
        return rank, drawdown, filtered, raw, self.published(masses, raw)

    @staticmethod
    def published(masses, raw):
        """What hysteresis lets through: entry 0.6, exit 0.4, ten bars of dwell, five to confirm."""
        entered = (masses.max(axis=1) >= 0.6).tolist()
        left = (masses <= 0.4).tolist()
        label = challenger = -1
        dwell = held = 0
        found = []
        for place, leading in enumerate(raw.tolist()):
            held = held + 1 if leading == challenger else 1
            challenger = leading
            if leading != label and (label < 0 or (
                    held >= 5 and dwell >= 10 and entered[place] and left[place][label])):
                label, dwell = leading, 1
            else:
                dwell += 1
            found.append(label)
        return found

    @staticmethod
    def label(kind, rank, depth, trend, momentum):
        """The rules from states to labels, the last one that holds first."""
        found = numpy.full(len(rank), 2)
        if kind == 0:
            found[~(rank > 0.4)] = 5
        found[(trend >= 0.6) & (momentum >= 1.5)] = 3
        if kind == 2:
            found[~(rank < 0.5)] = 4
        if kind:
            found[rank >= 0.8] = 4
        found[(depth >= 0.6) & (trend < 0)] = 1
        if kind == 2:
            found[(depth >= 1) & (rank >= 0.8)] = 0
        return found

    def check(self, ours, theirs, _):
        ours = ours[self.length:].reshape(len(theirs), -1, 7)
        rank, drawdown, filtered, raw, published = (numpy.stack(part) for part in zip(*theirs))
        # Volatilities that pandas updates from bar to bar may swap places with near ties.
        expect_close(ours[:, :, 0], rank, 1e-2, "ranks")
        expect_close(ours[:, :, 1], drawdown, 1e-9, "drawdowns")
        posteriors = expect_close(ours[:, :, 2:5], filtered, 1e-6, "posteriors")
        same = numpy.mean((ours[:, :, 5] == raw) & (ours[:, :, 6] == published))
        if same < 0.999:
            raise Difference(f"{1 - same:.2%} of the labels differ")
        return f"{posteriors}, labels equal in {same:.3%}"


def rows(data):
    kinds = [
        Filter, Smoother, BaumWelch, Viterbi, Hamilton, HamiltonAlone, JumpFit, JumpOnline,
        Weighted, Classification,
    ]
    return [kind(data) for kind in kinds]
