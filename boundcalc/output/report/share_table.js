"use strict";
// The table of what layers add to the logarithms of the bounds, as shares.py writes it at the spec's values.
const shareTable = (about, leaves, { rows: ROWS, least: LEAST }) => {
  const { tape, ends, groups, of } = about.shares;
  const make = (name, attributes = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  const draw = (name, attributes, ...inside) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  const bar = (part) => {
    const size = Math.round(600 * Math.abs(part)) / 10;
    const own = { x: part >= 0 ? 60 : 60 - size, y: 2, width: size, height: 10, class: part >= 0 ? "more" : "less" };
    const outer = { class: "bar", viewBox: "0 0 120 14", width: 120, height: 14, "aria-hidden": "true" };
    return draw("svg", outer, draw("path", { d: "M60 0V14", class: "grid" }), draw("rect", own));
  };
  const row = (title, kind, shares, most) =>
    make("tr", {}, make("th", { scope: "row" }, title), make("td", {}, kind), ...shares.map((share) => {
      const number = make("span", { class: "number" }, (Math.round(share * 1000) / 1000 + 0).toFixed(3));
      return make("td", { class: "share" }, ...(most ? [bar(share / most)] : []), number);
    }));
  const largest = (shares) => Math.max(...shares.map(Math.abs));
  const together = (list) => columns.map((_, n) => list.reduce((all, shares) => all + shares[n], 0));

  const columns = Object.entries(ends).map(([name, end]) => [name, shares.of(tape, leaves, end)]).filter(([, found]) => found);
  const sums = groups.map(() => columns.map(() => 0));
  columns.forEach(([, found], n) => {
    for (const [at, share] of found) if (of[at] >= 0) sums[of[at]][n] += share;
  });
  const ranked = [...groups.keys()].filter((n) => largest(sums[n]) > 0).sort((a, b) => largest(sums[b]) - largest(sums[a]));
  if (!columns.length || !ranked.length) return make("p", {}, "No shares: a number that the bound is made of is 0, or none.");
  const kept = ranked.slice(0, ROWS).filter((n) => largest(sums[n]) >= LEAST);
  const others = ranked.filter((n) => !kept.includes(n));
  const most = largest(sums[ranked[0]]);
  const body = [...groups.keys()].filter((n) => kept.includes(n)).map((n) => {
    const [path, kind, count] = groups[n];
    return row(count === 1 ? path : `${path} (${count} of them)`, kind, sums[n], most);
  });
  if (others.length) body.push(row("all others", "", together(others.map((n) => sums[n])), 0));
  body.push(row("all together", "", together(sums), 0));
  const caption = `What layers of ${about.label} add to the logarithms of its bounds`;
  const heads = ["layer", "kind", ...columns.map(([name]) => `of log10 ${name}`)].map((text) => make("th", { scope: "col" }, text));
  const head = make("thead", {}, make("tr", {}, ...heads));
  const table = make("table", { class: "shares" }, make("caption", { class: "hidden" }, caption), head, make("tbody", {}, ...body));
  return make("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": caption }, table);
};
