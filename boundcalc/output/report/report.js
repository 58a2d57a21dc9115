"use strict";
// The page as its sliders move: one state (a text for each slider, null where the spec computes the value), and what is shown of it.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (query, root = document) => root.querySelector(query);
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const make = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const LATER = 500; // milliseconds after which a change is said
  const POINTS = 81; // of a curve against one symbol

  let current = []; // the answer of each network

  // Numbers as people read them

  // Four digits, rounded up: 0.0123, 12.35, 3.166e11. From a natural logarithm; what is 1e-8 above a digit is rounding.
  const decimal = (ln) => {
    if (ln === -Infinity) return "0";
    const log10 = ln / Math.LN10;
    let exponent = Math.floor(log10);
    const scaled = 10 ** (log10 - exponent + 3);
    const near = Math.round(scaled);
    let digits = Math.abs(scaled - near) < 1e-7 * near ? near : Math.ceil(scaled);
    if (digits === 10000) [digits, exponent] = [1000, exponent + 1];
    const text = String(digits).replace(/0+$/, "");
    if (exponent < -5 || exponent > 3) return `${text[0]}${text.length > 1 ? `.${text.slice(1)}` : ""}e${exponent}`;
    if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${text}`;
    const whole = text.slice(0, exponent + 1).padEnd(exponent + 1, "0");
    return text.length > exponent + 1 ? `${whole}.${text.slice(exponent + 1)}` : whole;
  };
  const isKnown = (ln) => ln < Infinity; // not NaN either
  // What is said of a bound of network n: place -1 is that of infinite ones.
  const told = (n, place) => {
    if (place < 0) return "infinite";
    if (current[n].reason) return "does not hold";
    const ln = current[n].logs[place];
    return isKnown(ln) ? decimal(ln) : "no number";
  };
  const upTo3 = (log10) => (Math.ceil(log10 * 1000 - 1e-6) / 1000 + 0).toFixed(3);
  const height = (ln) => (Number.isFinite(ln) ? ln / Math.LN10 : null);

  // Values

  const texts = data.sliders.map((slider) => slider.start);

  // What a slider says at a place, in three digits.
  const textAt = (slider, place) => {
    const part = place / slider.count;
    const x = slider.logarithmic
      ? slider.low * (slider.high / slider.low) ** part
      : slider.low + (slider.high - slider.low) * part;
    return String(slider.whole ? Math.round(x) : Number(x.toPrecision(3)));
  };
  const placeOf = (slider, x) => {
    const part = slider.logarithmic
      ? (x.l - Math.log(slider.low)) / Math.log(slider.high / slider.low)
      : (x.v - slider.low) / (slider.high - slider.low);
    const place = Math.round(Math.min(1, Math.max(0, part)) * slider.count);
    return Number.isNaN(place) ? 0 : place;
  };

  // The answer of each network: { logs, s, broken, reason }, where reason says why there are no numbers.
  const answers = (given) =>
    networks.map((network, n) => {
      const about = data.networks[n];
      const numbers = about.sliders.map((slider) => (given[slider] === null ? null : arithmetic.read(given[slider])));
      const wrong = numbers.findIndex((x, place) => x === null && given[about.sliders[place]] !== null);
      if (wrong >= 0) return { logs: [], reason: `${about.symbols[wrong]} is no number` };
      try {
        const found = network(arithmetic, numbers);
        if (!found.broken.length) return { ...found, reason: "" };
        const needed = found.broken.map((place) => about.conditions[place]).join(", ");
        return { ...found, reason: `the bounds hold only where ${needed}` };
      } catch (error) {
        if (error instanceof RangeError) return { logs: [], reason: error.message };
        throw error;
      }
    });
  const isMoved = () => texts.some((text, n) => text !== data.sliders[n].start);

  // What is shown

  const showResults = () => {
    const smallest = new Map();
    for (const row of all("#results tr[data-network]")) {
      const network = Number(row.dataset.network);
      const place = data.networks[network].totals[Number(row.dataset.total)][1];
      if (place < 0) continue;
      const [now, log] = [find(".now", row), find(".now-log", row)];
      const { reason, logs } = current[network];
      const ln = reason ? NaN : logs[place];
      const known = isKnown(ln);
      now.textContent = told(network, place);
      log.textContent = known && ln !== -Infinity ? upTo3(ln / Math.LN10) : "";
      row.classList.remove("smallest");
      const name = data.networks[network].totals[Number(row.dataset.total)][0];
      if (known && data.networks.length > 1) smallest.set(name, [...(smallest.get(name) || []), [ln, row]]);
    }
    for (const rows of smallest.values()) {
      const least = Math.min(...rows.map(([ln]) => ln));
      if (rows.length > 1 && rows.some(([ln]) => ln - least > 1e-9)) {
        for (const [ln, row] of rows) if (ln - least <= 1e-9) row.classList.add("smallest");
      }
    }
    const broken = data.networks.flatMap((about, n) => (current[n].reason ? [`${about.label}: ${current[n].reason}`] : []));
    const place = find("#broken");
    place.hidden = !broken.length;
    place.textContent = broken.join("; ");
  };

  const lastLayer = Math.max(...data.networks.map((about) => about.layers.length));
  const layerAxis = { low: 1, high: lastLayer, label: "layer", whole: true };
  const layerPanels = all("#through svg.plot");
  const layerSlider = find("#layer");

  const curveThrough = (n, name, heights) => {
    const column = data.networks[n].quantities.indexOf(name);
    return column < 0 ? [] : heights.map((row, layer) => [layer + 1, row[column]]);
  };
  const now = (n) =>
    data.networks[n].rows.map((row) => row.map((place) => (place < 0 || current[n].reason ? null : height(current[n].logs[place]))));

  const showLayers = () => {
    const moved = isMoved();
    for (const svg of layerPanels) {
      const curves = data.networks.flatMap((about, n) => [
        ...(moved ? [{ network: n, before: true, points: curveThrough(n, svg.dataset.name, about.before) }] : []),
        { network: n, points: curveThrough(n, svg.dataset.name, now(n)) },
      ]);
      plots.draw(svg, layerAxis, curves, Number(layerSlider.value));
    }
  };

  const showLayer = () => {
    const layer = Number(layerSlider.value);
    const said = data.networks.map((about, n) => {
      const row = about.rows[layer - 1];
      if (!row) return `${about.label}: no layer ${layer}`;
      if (current[n].reason) return `${about.label}: ${current[n].reason}`;
      const numbers = row.map((place, column) => `${about.quantities[column].replaceAll("_", " ")} ${told(n, place)}`);
      return `${data.networks.length > 1 ? `${about.label}, ` : ""}${about.layers[layer - 1]} (${about.kinds[layer - 1]}): ${numbers.join(", ")}`;
    });
    find("#at-layer").replaceChildren(...said.map((line) => make("span", line)));
    layerSlider.setAttribute("aria-valuetext", said.join("; "));
  };

  // Bounds against one symbol

  const chooser = find("#symbol");
  const along = find("#along");
  const totals = [...new Set(data.networks.flatMap((about) => about.totals.map(([name]) => name)))];

  const preparePanels = () => {
    data.sliders.forEach((slider, n) => chooser.append(make("option", slider.label, { value: n })));
    const moving = data.sliders.findLastIndex((slider) => slider.start !== null && !slider.whole);
    chooser.value = String(moving < 0 ? 0 : moving);
    const namespace = "http://www.w3.org/2000/svg";
    for (const [n, name] of totals.entries()) {
      const svg = document.createElementNS(namespace, "svg");
      svg.setAttribute("viewBox", "0 0 320 230");
      svg.setAttribute("class", "plot");
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-labelledby", `along-${n}`);
      svg.dataset.name = name;
      const title = document.createElementNS(namespace, "title");
      title.id = `along-${n}`;
      const group = document.createElementNS(namespace, "g");
      group.setAttribute("class", "drawn");
      svg.append(title, group);
      const figure = make("figure");
      figure.append(make("figcaption", name), svg);
      along.append(figure);
    }
  };

  const showAlong = () => {
    if (!chooser) return;
    const chosen = Number(chooser.value);
    const slider = data.sliders[chosen];
    const places = [...Array(POINTS).keys()].map((n) => Math.round((n * slider.count) / (POINTS - 1)));
    const points = [...new Set(places.map((place) => textAt(slider, place)))];
    const found = points.map((text) => answers(texts.map((own, n) => (n === chosen ? text : own))));
    const position = (text) => (slider.logarithmic ? Math.log10(Number(text)) : Number(text));
    const axis = { low: position(points[0]), high: position(points.at(-1)), label: slider.label, power: slider.logarithmic };
    const own = texts[chosen] === null ? null : arithmetic.read(texts[chosen]);
    const mark = own === null ? null : slider.logarithmic ? own.l / Math.LN10 : own.v;
    for (const svg of all("svg.plot", along)) {
      const curves = data.networks.map((about, n) => {
        const place = (about.totals.find(([name]) => name === svg.dataset.name) || [null, -1])[1];
        const heights = found.map((answer) => (place < 0 || answer[n].reason ? null : height(answer[n].logs[place])));
        return { network: n, points: heights.map((y, at) => [position(points[at]), y]) };
      });
      plots.draw(svg, axis, curves, mark);
      find("title", svg).textContent = `log10 ${svg.dataset.name} against ${slider.label}`;
    }
  };

  // Shares of layers: as they were written where nothing has moved

  const written = all(".sharing[data-network]").map((place) => [place, place.nextElementSibling, [...place.childNodes]]);
  const starts = answers(texts);
  const showShares = () => {
    const moved = isMoved();
    for (const [place, note, before] of written) {
      const n = Number(place.dataset.network);
      const about = data.networks[n];
      const { reason, s } = current[n];
      const others = reason ? [] : about.shares.counts.filter((at) => !starts[n].s || !arithmetic.isEqual(s[at], starts[n].s[at]));
      const stays = reason || others.length || (!moved && find("table", place));
      const names = others.map((at) => about.symbols[at]).join(", ");
      find(".sharing-at", note).textContent = others.length
        ? `At the spec's values: another ${names} is another number of layers.`
        : stays ? "At the spec's values." : "At the sliders' values, approximate.";
      place.replaceChildren(...(stays ? before : [shareTable(about, leaves[n](arithmetic, s), data.shares)]));
    }
  };

  // Tables of layers, when they are opened

  const showTables = () => {
    for (const place of all(".live")) {
      if (!place.closest("details").open) continue;
      const n = Number(place.dataset.network);
      const about = data.networks[n];
      const head = make("tr");
      for (const name of ["layer", "kind", ...about.quantities]) head.append(make("th", name, { scope: "col" }));
      const body = make("tbody");
      about.layers.forEach((path, layer) => {
        const row = make("tr");
        row.append(make("th", path, { scope: "row" }), make("td", about.kinds[layer]));
        for (const at of about.rows[layer]) row.append(make("td", told(n, at), { class: "number" }));
        body.append(row);
      });
      const made = make("table");
      const header = make("thead");
      header.append(head);
      made.append(make("caption", `Bounds up to each layer of ${about.label}, approximate`, { class: "hidden" }), header, body);
      const box = make("div", undefined, { class: "scrolled", tabindex: "0", role: "region", "aria-label": `Layers of ${about.label}` });
      box.append(made);
      place.replaceChildren(box);
    }
  };

  // What is said to those who do not see it, once the sliders rest

  let timer = 0;
  const say = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const lines = data.networks.map((about, n) => {
        if (current[n].reason) return `${about.label}: ${current[n].reason}`;
        const numbers = about.totals.map(([name, place]) => `${name} ${told(n, place)}`);
        return `${data.networks.length > 1 ? `${about.label}: ` : ""}${numbers.join(", ")}`;
      });
      find("#status").textContent = `approximately ${lines.join("; ")}`;
    }, LATER);
  };

  let waiting = false;
  const update = () => {
    current = answers(texts);
    showComputed();
    showResults();
    say();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      showLayers();
      showLayer();
      showAlong();
      showTables();
      showShares();
    });
  };

  // Controls

  const controls = all(".control").map((element) => ({
    range: find("input[type=range]", element),
    text: find("input[type=text]", element),
    follows: find("input[type=checkbox]", element),
  }));

  const mistakes = () => {
    const wrong = controls.flatMap(({ text }, n) => {
      const isWrong = texts[n] !== null && arithmetic.read(texts[n]) === null;
      if (isWrong) text.setAttribute("aria-invalid", "true");
      else text.removeAttribute("aria-invalid");
      return isWrong ? [`${data.sliders[n].label}: write a number, such as 2, 0.01, 1e-3 or 1/100`] : [];
    });
    find("#mistake").textContent = wrong.join("; ");
  };

  const set = (n, text, from) => {
    texts[n] = text;
    const { range, text: field, follows } = controls[n];
    const x = text === null ? null : arithmetic.read(text);
    if (follows) follows.checked = text === null;
    range.disabled = field.disabled = text === null;
    if (from !== field && text !== null) field.value = text;
    if (from !== range && x !== null) range.value = placeOf(data.sliders[n], x);
    if (text !== null) range.setAttribute("aria-valuetext", text);
    mistakes();
  };

  // The values of symbols that the spec computes from others.
  const showComputed = () => {
    data.networks.forEach((about, n) => {
      about.sliders.forEach((slider, place) => {
        if (texts[slider] !== null || !current[n].s) return;
        const x = current[n].s[place];
        controls[slider].text.value = Number.isFinite(x.v) ? String(Number(x.v.toPrecision(12))) : decimal(x.l);
        controls[slider].range.value = placeOf(data.sliders[slider], x);
      });
    });
  };

  controls.forEach(({ range, text, follows }, n) => {
    const slider = data.sliders[n];
    range.addEventListener("input", () => {
      const place = Number(range.value);
      const rests = place === slider.place && slider.start !== null;
      set(n, rests ? slider.start : textAt(slider, place), range);
      update();
    });
    text.addEventListener("input", () => {
      set(n, text.value, text);
      update();
    });
    if (follows) {
      follows.addEventListener("change", () => {
        set(n, follows.checked ? null : text.value, follows);
        update();
      });
    }
  });
  const reset = find("#reset");
  if (reset) {
    reset.addEventListener("click", () => {
      data.sliders.forEach((slider, n) => set(n, slider.start, null));
      update();
    });
    find("form.values").addEventListener("submit", (event) => event.preventDefault());
  }

  layerSlider.max = lastLayer;
  layerSlider.value = lastLayer;
  layerSlider.addEventListener("input", () => {
    showLayers();
    showLayer();
  });
  for (const svg of layerPanels) {
    svg.addEventListener("pointermove", (event) => {
      layerSlider.value = Math.round(plots.under(svg, layerAxis, event));
      showLayers();
      showLayer();
    });
  }
  for (const details of all("details")) details.addEventListener("toggle", showTables);
  addEventListener("beforeprint", () => {
    for (const details of all("details:not(.screen)")) details.open = true;
  });
  document.documentElement.classList.add("scripted");
  if (chooser) {
    preparePanels();
    chooser.addEventListener("change", showAlong);
  }
  controls.forEach((control, n) => set(n, texts[n], null));
  update();

  // For whoever tests the page, or computes with it: logarithms at texts for the symbols of one network.
  window.boundcalc = { answers, data, set: (n, text) => (set(n, text, null), update()), state: () => current };
})();
