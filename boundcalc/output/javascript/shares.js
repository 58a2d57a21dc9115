"use strict";
// What each layer adds to the logarithm of a bound: an operation of weight w (the elasticity of the bound by it) adds w times its
// own logarithm, less what its arguments have of it. All of them together are the logarithm of the bound.
const shares = (() => {
  const SAME = 1e-12; // relative, of two branches of a minimum: then the first decides
  const [LEAF, SUM, PRODUCT, POWER, LEAST, LARGEST, SQUARES] = [0, 1, 2, 3, 4, 5, 6];

  const first = (args, logs, sign) => {
    const best = Math.min(...args.map((arg) => sign * logs[arg]));
    return args.find((arg) => sign * logs[arg] - best <= SAME * Math.max(1, Math.abs(best)));
  };
  const forward = (tape, leaves) => {
    const logs = [];
    for (const [code, , ...args] of tape) {
      const of = args.map((arg) => logs[arg]);
      if (code === LEAF) logs.push(leaves[args[0]]);
      else if (code === SUM) logs.push(arithmetic.sum(...of));
      else if (code === PRODUCT) logs.push(of.reduce((all, log) => all + log, 0));
      else if (code === POWER) logs.push((of[0] * args[1]) / args[2]);
      else if (code === LEAST) logs.push(Math.min(...of));
      else if (code === LARGEST) logs.push(Math.max(...of));
      else logs.push(arithmetic.hypot(...of));
    }
    return logs;
  };
  // The arguments of an operation with d log(operation) / d log(argument).
  const elasticities = (code, args, logs, own) => {
    if (code === SUM) return args.map((arg) => [arg, Math.exp(logs[arg] - own)]);
    if (code === SQUARES) return args.map((arg) => [arg, Math.exp(2 * (logs[arg] - own))]);
    if (code === PRODUCT) return args.map((arg) => [arg, 1]);
    if (code === POWER) return [[args[0], args[1] / args[2]]];
    if (code === LEAST || code === LARGEST) return [[first(args, logs, code === LEAST ? 1 : -1), 1]];
    return [];
  };

  // log10, by primitive; null where the bound is made of a number that is 0, infinite or unknown.
  const of = (tape, leaves, end) => {
    const logs = forward(tape, leaves);
    const weights = new Float64Array(end + 1);
    const found = new Map();
    weights[end] = 1;
    for (let n = end; n >= 0; n--) {
      if (weights[n] === 0) continue;
      if (!Number.isFinite(logs[n])) return null;
      const [code, at, ...args] = tape[n];
      let own = logs[n];
      for (const [arg, exponent] of elasticities(code, args, logs, logs[n])) {
        if (exponent === 0) continue;
        weights[arg] += weights[n] * exponent;
        own -= exponent * logs[arg];
      }
      found.set(at, (found.get(at) || 0) + (weights[n] * own) / Math.LN10);
    }
    return found;
  };
  return { of };
})();
