// Scales and their marks. No document here.

/** Maps `domain` onto `range` linearly. */
export function linear([from, to], [start, end]) {
  const span = to - from || 1;
  return (value) => start + (end - start) * (value - from) / span;
}

/** The same of logarithms; the domain is positive. */
export function logarithmic([from, to], range) {
  const inner = linear([Math.log(from), Math.log(to)], range);
  return (value) => inner(Math.log(value));
}

const STEPS = [1, 2, 5, 10];

/** Round values in a domain, about as many as asked for. */
export function linearTicks(from, to, wanted) {
  const raw = (to - from) / Math.max(1, wanted);
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = STEPS.map((times) => times * power).find((value) => value >= raw);
  const first = Math.ceil(from / step), found = [];
  for (let index = first; index * step <= to; index++) found.push(Number((index * step).toPrecision(12)));
  return found;
}

/** Round values in a positive domain: 1, 2 and 5 times powers of ten, or as above where few fit. */
export function logarithmicTicks(from, to, wanted) {
  const found = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++) {
    for (const times of [1, 2, 5]) {
      const value = Number((times * 10 ** power).toPrecision(3));
      if (value >= from && value <= to) found.push(value);
    }
  }
  if (found.length < 3) return linearTicks(from, to, wanted);
  const skip = Math.ceil(found.length / Math.max(1, wanted));
  return found.filter((_, index) => index % skip === 0);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value) => String(value).padStart(2, "0");
const dayText = (date) => date.getUTCDate() + " " + MONTHS[date.getUTCMonth()];
const hourText = (date) => two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());

/** Which calendar unit an instant lies in, per grain, coarsest first. */
const GRAINS = [
  ...[10, 5, 2, 1].map((years) => ({
    key: (date) => Math.floor(date.getUTCFullYear() / years),
    text: (date) => String(date.getUTCFullYear()),
  })),
  ...[6, 3, 1].map((months) => ({
    key: (date) => Math.floor((12 * date.getUTCFullYear() + date.getUTCMonth()) / months),
    text: (date) => date.getUTCMonth() === 0 ? String(date.getUTCFullYear()) : MONTHS[date.getUTCMonth()],
  })),
  { key: (date) => Math.floor((date / 864e5 + 3) / 7), text: dayText },
  { key: (date) => Math.floor(date / 864e5), text: dayText },
  ...[12, 6, 3, 1].map((hours) => ({
    key: (date) => Math.floor(date / 36e5 / hours),
    text: (date) => date.getUTCHours() === 0 ? dayText(date) : hourText(date),
  })),
  ...[30, 10, 5, 1].map((minutes) => ({
    key: (date) => Math.floor(date / 6e4 / minutes), text: hourText,
  })),
];

/**
 * Points at which a calendar unit begins: of the finest unit of which no more fit than asked for.
 *
 * @param {Float64Array} times seconds since 1970, rising
 */
export function timeTicks(times, from, to, most) {
  let best = [];
  for (const grain of GRAINS) {
    const found = boundaries(times, from, to, grain, most);
    if (!found) break;
    if (found.length) best = found;
  }
  return best;
}

/** `null` when there are more than `most`. */
function boundaries(times, from, to, grain, most) {
  const found = [];
  const date = (index) => new Date(1e3 * times[index]);
  let index = Math.max(from, 1);
  let key = grain.key(date(index - 1));
  while (index <= to) {
    // Times rise, so a unit's end can be looked for by halves.
    let low = index, high = to + 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (grain.key(date(middle)) === key) low = middle + 1; else high = middle;
    }
    if (low > to) break;
    if (found.length === most) return null;
    found.push({ index: low, text: grain.text(date(low)) });
    key = grain.key(date(low));
    index = low + 1;
  }
  return found;
}
