// A series as columns. No document here: everything can be tried without one.

const numbers = (values) => Float64Array.from(values || [], (value) => Number(value));

/** 1700-01-01, before all bars. */
const EARLIEST = -8_520_336_000;

/**
 * The points `from` to `to` in groups of `step`, at least one each: the same groups wherever the
 * window begins, so that nothing shimmers while it moves.
 */
export function* groups(from, to, step) {
  const size = Math.max(1, step);
  for (let index = from; index <= to; index += size - index % size) {
    yield { index, end: Math.min(to, index + size - 1 - index % size) };
  }
}

/** Bars of a series, or points that stand for several, oldest first. */
export class Columns {
  /**
   * From the API's answer to `columns`.
   *
   * @param since seconds since 1970 from which on bars were asked for; all where none is given
   */
  constructor(told, since = EARLIEST) {
    this.since = since;
    this.market = told.market;
    this.timeframe = told.timeframe;
    this.bars = told.bars || 0;
    this.barsPerPoint = told.barsPerPoint || 1;
    this.times = numbers(told.asOf);
    this.count = this.times.length;
    this.close = numbers(told.close);
    this.low = told.low && told.low.length ? numbers(told.low) : this.close;
    this.high = told.high && told.high.length ? numbers(told.high) : this.close;
    this.labels = told.labels || [];
    this.regimes = Uint8Array.from(told.regimes || []);
    this.confidence = numbers(told.confidence);
    this.probabilities = (told.probabilities || []).map(({ label, values }) =>
      ({ label, values: Float32Array.from(values) }));
  }

  get isEmpty() { return this.count === 0; }
  get first() { return this.times[0]; }
  get last() { return this.times[this.count - 1]; }

  regime(index) { return this.labels[this.regimes[index]] || "unknown"; }

  /** The first point at or after an instant; `count` when there is none. */
  indexFrom(seconds) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < seconds) low = middle + 1; else high = middle;
    }
    return low;
  }

  /** Stretches of one label among the points `from` to `to`, both included. */
  runs(from, to) { return this.stretches(from, to, 1, (index) => this.regimes[index]); }

  /** The same, of the label that most of each `step` points have. */
  prevailingRuns(from, to, step) {
    const counts = new Uint32Array(this.labels.length);
    return this.stretches(from, to, step, (start, end) => {
      counts.fill(0);
      for (let index = start; index <= end; index++) counts[this.regimes[index]]++;
      return counts.indexOf(Math.max(...counts));
    });
  }

  stretches(from, to, step, labelAt) {
    const found = [];
    let last = -1;
    for (const { index, end } of groups(from, to, step)) {
      const label = labelAt(index, end);
      if (label === last) found.at(-1).end = end;
      else found.push({ regime: this.labels[label] || "unknown", start: index, end });
      last = label;
    }
    return found;
  }

  /** Lowest and highest close among points; `null` when none has one. */
  extent(from, to) {
    let low = Infinity, high = -Infinity;
    for (let index = from; index <= to; index++) {
      if (this.low[index] < low) low = this.low[index];
      if (this.high[index] > high) high = this.high[index];
    }
    return low <= high ? { low, high } : null;
  }

  /** Share of the points from … to that each label has. */
  shares(from, to) {
    const counts = new Map();
    for (let index = from; index <= to; index++) {
      const regime = this.regime(index);
      counts.set(regime, (counts.get(regime) || 0) + 1);
    }
    const all = Math.max(1, to - from + 1);
    return new Map([...counts].map(([regime, value]) => [regime, value / all]));
  }
}
