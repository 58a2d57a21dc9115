"use strict";
// Curves as SVG, as plots.py draws them before anything moves. A curve has points [x, y], y null where there is none.
const plots = (() => {
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM, TICKS] = [320, 230, 50, 16, 10, 42, 6];
  const NAMESPACE = "http://www.w3.org/2000/svg";

  const element = (name, attributes, text) => {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const ticks = (low, high) => {
    if (high <= low) return [low];
    const size = 10 ** Math.floor(Math.log10((high - low) / TICKS));
    const step = size * [1, 2, 5, 10].find((factor) => (high - low) / (size * factor) <= TICKS);
    const found = [];
    for (let n = Math.ceil(low / step); n <= Math.floor(high / step); n++) found.push(Number((step * n).toPrecision(10)));
    return found;
  };

  // axis: { low, high, label, power (positions are log10 of what ticks say), whole }
  const draw = (svg, axis, curves, mark) => {
    const heights = curves.flatMap((curve) => curve.points.map((point) => point[1])).filter((y) => y !== null);
    const group = svg.querySelector(".drawn");
    if (!heights.length) {
      group.replaceChildren(element("text", { x: LEFT, y: HEIGHT / 2 }, "no numbers here"));
      return;
    }
    let low = Math.min(...heights);
    let high = Math.max(...heights);
    const room = Math.max((1 - high + low) / 2, (high - low) / 25);
    [low, high] = [low - room, high + room];
    const span = axis.high - axis.low;
    const across = (x) => LEFT + (WIDTH - LEFT - RIGHT) * (span > 0 ? (x - axis.low) / span : 0.5);
    const down = (y) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - y)) / (high - low);
    const made = [];
    for (const y of ticks(low, high)) {
      made.push(element("path", { d: `M${LEFT} ${down(y).toFixed(1)}H${WIDTH - RIGHT}`, class: "grid" }));
      made.push(element("text", { x: LEFT - 6, y: (down(y) + 4).toFixed(1), class: "tick left" }, String(y)));
    }
    for (const x of ticks(axis.low, axis.high)) {
      if ((axis.whole || axis.power) && !Number.isInteger(x)) continue;
      const said = axis.power ? `1e${x}` : String(x);
      made.push(element("text", { x: across(x).toFixed(1), y: HEIGHT - BOTTOM + 16, class: "tick" }, said));
    }
    const middle = (TOP + HEIGHT - BOTTOM) / 2;
    made.push(element("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, class: "axis" }, axis.label));
    made.push(element("text", { x: 12, y: middle, transform: `rotate(-90 12 ${middle})`, class: "axis" }, "log10"));
    if (mark !== null && mark >= axis.low && mark <= axis.high) {
      made.push(element("path", { d: `M${across(mark).toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}`, class: "mark" }));
    }
    for (const curve of curves) {
      let path = "";
      let pen = "M";
      for (const [x, y] of curve.points) {
        if (y === null) pen = "M";
        else {
          const place = `${across(x).toFixed(1)} ${down(y).toFixed(1)}`;
          path += pen === "M" ? `M${place}L${place}` : `L${place}`; // one point alone is a dot
          pen = "L";
        }
      }
      made.push(element("path", { d: path, class: `curve c${curve.network % 6}${curve.before ? " before" : ""}` }));
    }
    group.replaceChildren(...made);
  };

  // The position on the axis under a pointer.
  const under = (svg, axis, event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    return axis.low + ((x - LEFT) / (WIDTH - LEFT - RIGHT)) * (axis.high - axis.low);
  };

  return { draw, under };
})();
