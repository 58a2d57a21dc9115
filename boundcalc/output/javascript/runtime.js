"use strict";
// Numbers of any magnitude: a sign s, the natural logarithm l of the magnitude, and the value v itself while a double holds
// it (else NaN). Programs compute with logarithms alone: bounds are never negative. What is undefined is NaN.
const arithmetic = (() => {
  const HELD = 700; // |l| below which exp(l) is a double
  const NEAR = 1e-12; // relative, of what is whole or equal in double precision
  const of = (v) => ({ s: Math.sign(v), l: Math.log(Math.abs(v)), v });
  const log = (l, s = 1) => ({ s, l, v: Math.abs(l) < HELD ? s * Math.exp(l) : l === -Infinity ? 0 : NaN });
  const held = (v) => v === 0 || (Math.abs(v) > 1e-300 && Math.abs(v) < 1e300);
  const ZERO = of(0);
  const UNDEFINED = { s: NaN, l: NaN, v: NaN };

  // Logarithms of sums, of square sums. Arguments are logarithms.
  const sum = (...terms) => {
    let at = 0;
    for (let i = 1; i < terms.length; i++) if (terms[i] > terms[at]) at = i;
    const top = terms[at];
    if (top === -Infinity || top === Infinity) return terms.some(Number.isNaN) ? NaN : top;
    let rest = 0;
    for (let i = 0; i < terms.length; i++) if (i !== at) rest += Math.exp(terms[i] - top);
    return top + Math.log1p(rest);
  };
  const hypot = (...terms) => sum(...terms.map((term) => 2 * term)) / 2;

  // What an expression is made of. Arguments are numbers as above.
  const add = (...terms) => {
    const v = terms.reduce((all, term) => all + term.v, 0);
    if (held(v)) return of(v);
    const top = Math.max(...terms.map((term) => term.l));
    if (!Number.isFinite(top)) return top === -Infinity ? ZERO : UNDEFINED;
    const scaled = terms.reduce((all, term) => all + term.s * Math.exp(term.l - top), 0);
    return log(top + Math.log(Math.abs(scaled)), Math.sign(scaled));
  };
  const multiply = (...factors) => {
    const v = factors.reduce((all, factor) => all * factor.v, 1);
    const l = factors.reduce((all, factor) => all + factor.l, 0);
    return held(v) && v !== 0 ? { s: Math.sign(v), l, v } : log(l, factors.reduce((all, factor) => all * factor.s, 1));
  };
  const power = (x, p, q) => {
    if (x.s < 0 && q !== 1) return UNDEFINED;
    const v = q === 2 && p === 1 ? Math.sqrt(x.v) : Math.pow(x.v, p / q);
    const l = (x.l * p) / q;
    const s = x.s < 0 && p % 2 !== 0 ? -1 : 1;
    return held(v) && v !== 0 ? { s, l, v } : log(l, x.s === 0 && p > 0 ? 0 : s);
  };
  const exponential = (x, y) => (x.s < 0 ? UNDEFINED : log(x.l * y.v)); // x to the power of y
  const compare = (a, b) => {
    if (Number.isNaN(a.l) || Number.isNaN(b.l)) return NaN;
    if (Number.isFinite(a.v) && Number.isFinite(b.v)) return Math.sign(a.v - b.v);
    return a.s !== b.s ? Math.sign(a.s - b.s) : a.s * Math.sign(a.l - b.l);
  };
  const least = (...all) => all.reduce((a, b) => (compare(b, a) < 0 ? b : a));
  const largest = (...all) => all.reduce((a, b) => (compare(b, a) > 0 ? b : a));

  const round = (x, down) => {
    if (x.l > 36) return x; // beyond 2^52 a double is whole
    const near = Math.round(x.v);
    return of(Math.abs(x.v - near) <= NEAR * Math.max(1, Math.abs(x.v)) ? near : down(x.v));
  };
  const isWhole = (x) => x.l > 36 || Math.abs(x.v - Math.round(x.v)) <= NEAR * Math.abs(x.v);
  const isEqual = (a, b) =>
    Number.isFinite(a.v) && Number.isFinite(b.v)
      ? Math.abs(a.v - b.v) <= NEAR * Math.abs(a.v)
      : a.s === b.s && Math.abs(a.l - b.l) <= NEAR * Math.abs(a.l);

  // The error function: a series of positive terms, beyond 3 the continued fraction of its complement.
  const erf = (x) => {
    const a = Math.abs(x);
    if (a > 6) return Math.sign(x);
    if (a < 3) {
      let term = a;
      let total = a;
      for (let n = 1; term > 1e-17 * total; n++) total += term *= (2 * a * a) / (2 * n + 1);
      return (Math.sign(x) * 2 * Math.exp(-a * a) * total) / Math.sqrt(Math.PI);
    }
    let below = a;
    for (let n = 60; n > 0; n--) below = a + n / 2 / below;
    return Math.sign(x) * (1 - Math.exp(-a * a) / (below * Math.sqrt(Math.PI)));
  };

  // By the names of the functions of closed forms (boundcalc/exact/functions.py).
  const functions = {
    sqrt: (x) => power(x, 1, 2),
    log: (x) => (x.s < 0 ? UNDEFINED : of(x.l)),
    exp: (x) => log(x.v),
    floor: (x) => round(x, Math.floor),
    ceiling: (x) => round(x, Math.ceil),
    erf: (x) => of(erf(x.v)),
    Abs: (x) => ({ s: Math.abs(x.s), l: x.l, v: Math.abs(x.v) }),
    Min: least,
    Max: largest,
    sign: (x) => of(x.s),
    tanh: (x) => of(Math.tanh(x.v)),
    sin: (x) => of(Math.sin(x.v)),
    cos: (x) => of(Math.cos(x.v)),
    atan: (x) => of(Math.atan(x.v)),
  };

  // The logarithm of what is not negative.
  const ln = (x) => (x.s < 0 ? NaN : x.l);

  const PASSES = 100000; // of all repeats together: more of them take too long to compute one by one
  const passes = (times, budget) => {
    const count = Math.round(Math.exp(Math.min(times, 40)));
    if (!(Math.abs(Math.exp(Math.min(times, 40)) - count) <= 1e-9 * Math.max(1, count))) {
      throw new RangeError("a repeat would run a number of times that is no natural number");
    }
    budget.left -= count;
    if (budget.left < 0) throw new RangeError(`repeats would run more than ${PASSES.toLocaleString("en")} times, which a page does not do`);
    return count;
  };

  // The largest eigenvalue of a symmetric matrix of the numbers exp(entry), from its upper triangle [i, j, entry]: d <- (Q + shift) d
  // until the bound max (Q d)_i / d_i of Collatz and Wielandt falls no more; it is no smaller than the eigenvalue.
  const eigenvalue = (size, entries) => {
    const top = entries.reduce((most, entry) => Math.max(most, entry[2]), -Infinity);
    if (!Number.isFinite(top)) return top;
    const scaled = entries.map(([i, j, entry]) => [i, j, Math.exp(entry - top)]);
    let d = new Float64Array(size).fill(1);
    let lowest = Infinity;
    let stalled = 0;
    for (let step = 0; step < 20000 && stalled < 5; step++) {
      const image = new Float64Array(size);
      for (const [i, j, q] of scaled) {
        image[i] += q * d[j];
        if (i !== j) image[j] += q * d[i];
      }
      const ratio = image.reduce((most, y, i) => Math.max(most, y / d[i]), 0);
      stalled = ratio < lowest * (1 - 1e-14) ? 0 : stalled + 1;
      lowest = Math.min(lowest, ratio);
      const next = image.map((y, i) => y + 0.5 * ratio * d[i]);
      const largestEntry = next.reduce((a, b) => Math.max(a, b), 0);
      d = next.map((y) => Math.max(y / largestEntry, 1e-13));
    }
    return top + Math.log(lowest);
  };

  // A number that a person writes: 2, 0.01, 1e-3, 1e4000, 1/100. null for what is none.
  const decimal = (text) => {
    const found = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?$/.exec(text.trim());
    if (!found) return null;
    const v = Number(text);
    const sign = found[1] === "-" ? -1 : 1;
    if (held(v) && (v !== 0 || Number(found[2]) === 0)) return of(v);
    return log(Math.log(Number(found[2])) + Number(found[3] || 0) * Math.LN10, sign);
  };
  const read = (text) => {
    const parts = text.split("/");
    if (parts.length > 2) return null;
    const numbers = parts.map(decimal);
    if (numbers.includes(null) || (numbers.length > 1 && numbers[1].s === 0)) return null;
    return numbers.length > 1 ? multiply(numbers[0], power(numbers[1], -1, 1)) : numbers[0];
  };

  const E = of(Math.E);
  const PI = of(Math.PI);
  return {
    E, PASSES, PI, UNDEFINED, add, compare, eigenvalue, exponential, functions, hypot, isEqual, isWhole, largest, least, ln, log, multiply, of,
    passes, power, read, sum,
  };
})();
