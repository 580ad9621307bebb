"use strict";
/* What happens in the browser: sliders and numbers, one question at a time to the server, dragging, tabs, the address. */

(function () {
  const ORDER = [
    "network", "dimension", "samples", "weight_decay", "noise_variance", "teacher", "gamma", "rank", "spectrum",
    "normalize", "coefficients", "width", "inputs", "input_exponent", "input_variances", "method", "seeds", "seed",
  ];
  const LINEAR = ["gamma", "input_exponent"];
  const WHOLE = ["dimension", "rank", "width"];
  const ZERO = ["weight_decay", "noise_variance"];
  const IDLE = 350; // milliseconds without a change, after which finer pictures are asked for
  const PATIENCE = 15000; // milliseconds for an answer, after which the next question is asked anyway

  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const none = () => window.dash_clientside.no_update;
  const byId = (id) => document.getElementById(id);

  /* ---- numbers and their sliders ---- */

  function inWords(name, place, slider) {
    if (LINEAR.includes(name)) return String(Number(place.toFixed(2)));
    if (ZERO.includes(name) && slider && place <= Number(slider.min)) return "0";
    const value = Math.pow(10, place);
    if (WHOLE.includes(name)) return String(Math.max(1, Math.round(Number(value.toPrecision(3)))));
    return String(Number(value.toPrecision(3)));
  }

  function sync(text, place, id) {
    const name = id.slice(2);
    const triggered = window.dash_clientside.callback_context.triggered.map((one) => one.prop_id);
    const slider = byId("s-" + name);
    if (triggered.length === 1 && triggered[0] === "s-" + name + ".value") {
      return [inWords(name, Number(place), slider), none()];
    }
    const value = Number(text);
    if (text === null || text === undefined || text === "" || !isFinite(value) || !slider) return [none(), none()];
    const low = Number(slider.min), high = Number(slider.max);
    const at = LINEAR.includes(name) ? value : value > 0 ? Math.log10(value) : low;
    return [none(), Math.min(Math.max(at, low), high)];
  }

  /* ---- one question at a time ---- */

  let arrived = false, first = "", said = "", waiting = null, asked = null, count = 0, busySince = 0, timer = 0, latest = null;

  function collect(...given) {
    const arrival = given.pop();
    given.pop(); // trained networks: the server looks at them itself
    if (!arrival) return none();
    const values = {};
    ORDER.forEach((name, k) => { values[name] = given[k] === null || given[k] === undefined ? null : String(given[k]); });
    show(values);
    if (!arrived) {
      arrived = true;
      first = JSON.stringify(values);
      said = arrival.said || ""; // of the address: it stands until something is changed
      openTab(arrival.tab || "theory", false);
    } else if (JSON.stringify(values) !== first) said = "";
    waiting = values;
    document.body.dataset.waiting = "";
    pump();
    return none();
  }

  function pump() {
    if (waiting === null || (asked !== null && performance.now() - busySince < PATIENCE)) return;
    clearTimeout(timer);
    latest = waiting;
    waiting = null;
    count += 1;
    asked = count;
    busySince = performance.now();
    const mine = count;
    set("state", { data: { id: count, values: latest } });
    setTimeout(() => { if (asked === mine) { asked = null; pump(); } }, PATIENCE + 50);
  }

  function answered(answer) {
    if (!answer) return none();
    if (answer.id === asked) asked = null;
    byId("error").textContent = answer.error || said;
    if (!answer.error) tell(answer);
    document.body.dataset.answered = answer.id;
    if (waiting !== null) pump();
    else delete document.body.dataset.waiting;
    if (asked !== null) return none();
    if (answer.coarse && answer.id === count) {
      timer = setTimeout(() => set("ask-fine", { data: { id: count, values: latest } }), IDLE);
    } else if (!answer.error) document.body.dataset.fine = answer.id;
    return none();
  }

  /* What is not a picture; the server has escaped what is HTML. */
  function tell(answer) {
    remember("theory", answer.query);
    byId("estimate").textContent = answer.estimate;
    byId("column-1").hidden = answer.columns.length < 2;
    answer.columns.forEach((column, k) => {
      byId("title-" + k).textContent = column.title;
      byId("sentences-" + k).innerHTML = column.sentences;
      byId("words-" + k).innerHTML = column.words;
      draw(column.pictures);
    });
  }

  function refined(fine) {
    if (fine && fine.id === count && waiting === null) {
      draw(fine.pictures);
      document.body.dataset.fine = fine.id;
    }
    return none();
  }

  /* ---- fields that a choice leaves without use ---- */

  function show(values) {
    const rows = {
      gamma: values.teacher !== "Empirical", rank: values.teacher === "FiniteRank",
      spectrum: values.teacher === "Empirical", normalize: values.teacher === "Empirical",
      coefficients: values.network !== "quadratic", width: values.network !== "diagonal",
      input_exponent: values.inputs === "PowerLawInputs", input_variances: values.inputs === "EmpiricalInputs",
    };
    Object.entries(rows).forEach(([name, used]) => { const row = byId("row-" + name); if (row) row.hidden = !used; });
    const columns = byId("columns");
    if (columns) columns.classList.toggle("both", values.network === "both");
    const more = byId("more");
    if (more && !arrived && (values.width || values.inputs !== "White")) more.open = true;
  }

  /* ---- pictures: drawn when they can be seen ---- */

  const CONFIG = { displayModeBar: false, scrollZoom: false, doubleClick: false, showTips: false };
  const unseen = new Map();
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    if (target.offsetParent && target.classList.contains("js-plotly-plot")) window.Plotly.Plots.resize(target);
  }));

  function draw(pictures) {
    Object.entries(pictures).forEach(([id, { figure, caption }]) => {
      unseen.set(id, figure);
      byId(id + "-caption").textContent = caption;
    });
    drawSeen();
  }

  function drawSeen() {
    if (!window.Plotly) return;
    unseen.forEach((figure, id) => {
      const place = byId(id);
      if (!place.offsetParent) return;
      unseen.delete(id);
      const first = !place.classList.contains("js-plotly-plot");
      window.Plotly.react(place, figure.data, figure.layout, CONFIG);
      if (first) sizes.observe(place);
    });
  }
  window.addEventListener("load", drawSeen); // pictures that were there before Plotly

  function part(name) {
    return function (pictures, query) {
      if (pictures) setTimeout(() => draw(pictures)); // after the page has shown their place
      if (typeof query === "string" && query) remember(name, query);
      return none();
    };
  }

  /* ---- tabs and the address ---- */

  const queries = { theory: "", sweeps: "tab=sweeps", weights: "tab=weights", curves: "tab=curves" };
  let tab = "theory";

  function remember(name, query) {
    queries[name] = query;
    if (name === tab) writeAddress();
  }

  function writeAddress() {
    const query = queries[tab];
    history.replaceState(history.state, "", query ? "/?" + query : "/");
  }

  function openTab(name, focus) {
    tab = name;
    document.querySelectorAll("[role=tab]").forEach((one) => {
      const mine = one.dataset.tab === name;
      one.setAttribute("aria-selected", String(mine));
      one.tabIndex = mine ? 0 : -1;
      byId(one.getAttribute("aria-controls")).hidden = !mine;
      if (mine && focus) one.focus();
    });
    if (arrived) {
      set("tab", { data: name });
      writeAddress();
    }
    drawSeen();
  }

  document.addEventListener("click", (event) => {
    const one = event.target.closest("[role=tab]");
    if (one) openTab(one.dataset.tab, false);
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(byId(copy.dataset.copy).textContent, "copied");
    if (event.target.closest("#copy-link")) copyText(location.href, "the address of this view is copied");
    const matrix = event.target.closest("[data-matrix]");
    if (matrix) set("weights-matrix", { data: matrix.dataset.matrix });
    if (event.target.closest("#theme")) {
      const dark = getComputedStyle(document.documentElement).getPropertyValue("--dark").trim() === "1";
      document.documentElement.dataset.theme = dark ? "light" : "dark";
    }
  });

  document.addEventListener("keydown", (event) => {
    const one = event.target.closest && event.target.closest("[role=tab]");
    if (!one || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const all = [...document.querySelectorAll("[role=tab]")];
    const step = event.key === "ArrowRight" ? 1 : -1;
    openTab(all[(all.indexOf(one) + step + all.length) % all.length].dataset.tab, true);
    event.preventDefault();
  });

  document.addEventListener("submit", (event) => event.preventDefault());

  async function copyText(text, words) {
    try {
      await navigator.clipboard.writeText(text);
      say(words);
    } catch {
      say("the browser does not allow copying; mark the text instead");
    }
  }

  function say(words) {
    const place = byId("said");
    if (place) place.textContent = words;
  }

  /* ---- dragging the point ---- */

  let dragged = null;

  function follow(event) {
    const graph = dragged.querySelector(".js-plotly-plot");
    const { xaxis, yaxis } = graph._fullLayout;
    const box = graph.getBoundingClientRect();
    const inside = (value, length) => Math.min(Math.max(value, 0), length);
    const x = inside(event.clientX - box.left - xaxis._offset, xaxis._length);
    const y = inside(event.clientY - box.top - yaxis._offset, yaxis._length);
    const fields = dragged.dataset.drag.split(" ");
    const put = (name, value) => set("f-" + name, { value: String(Number(value.toPrecision(3))) });
    const meta = graph.layout.meta || {};
    const value = (axis, pixel) => (meta.log10 ? Math.pow(10, axis.p2d(pixel)) : axis.p2d(pixel));
    put(fields[0], fields[0] === "samples" ? Math.max(1, value(xaxis, x)) : value(xaxis, x));
    if (fields.length === 2) put(fields[1], value(yaxis, y));
  }

  document.addEventListener("pointerdown", (event) => {
    const holder = event.target.closest("[data-drag]");
    if (!holder || event.button !== 0 || !event.target.closest(".nsewdrag")) return;
    dragged = holder;
    holder.setPointerCapture(event.pointerId);
    follow(event);
  }, true);
  document.addEventListener("pointermove", (event) => { if (dragged) follow(event); }, true);
  const release = () => { dragged = null; };
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);

  document.addEventListener("keydown", (event) => {
    const holder = event.target;
    if (!holder.dataset || (holder.dataset.drag || "").split(" ").length !== 2) return;
    const way = { ArrowLeft: ["samples", -1], ArrowRight: ["samples", 1], ArrowDown: ["weight_decay", -1], ArrowUp: ["weight_decay", 1] };
    if (!(event.key in way)) return;
    const [name, sign] = way[event.key];
    const value = Number(byId("f-" + name).value);
    if (!(value > 0)) return;
    const moved = value * Math.pow(10, 0.05 * sign);
    set("f-" + name, { value: String(Number((name === "samples" ? Math.max(1, moved) : moved).toPrecision(3))) });
    event.preventDefault();
  });

  /* ---- files ---- */

  async function sendWeights(file) {
    const words = (text) => set("weights-words", { children: text });
    words("copying " + file.name);
    try {
      const headers = { "X-File-Name": encodeURIComponent(file.name), "Content-Type": "application/octet-stream" };
      const answer = await fetch("/weights-file", { method: "POST", body: file, headers });
      if (!answer.ok) return words(await answer.text());
      const { upload, sentence } = await answer.json();
      if (sentence) words(sentence);
      else set("weights-dropped", { data: { upload } });
    } catch (error) {
      words("the file could not be read: " + error.message);
    }
  }

  async function readTable(file) {
    if (file.size > 4 * 1024 * 1024) return set("curves-words", { children: "a table must be at most 4 MiB on this page" });
    set("f-table", { value: await file.text() });
  }

  const drops = { "weights-drop": sendWeights, "row-table": readTable };
  const dropping = (event) => Object.keys(drops).map((id) => event.target.closest && event.target.closest("#" + id)).find(Boolean);
  document.addEventListener("dragover", (event) => {
    const place = dropping(event);
    event.preventDefault(); // a file that misses its place must not replace the page
    if (place) place.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => { const place = dropping(event); if (place) place.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    const place = dropping(event);
    event.preventDefault();
    if (!place) return;
    place.classList.remove("over");
    if (event.dataTransfer.files.length) drops[place.id](event.dataTransfer.files[0]);
  });

  function chooseWeights() {
    const input = document.createElement("input");
    input.type = "file";
    input.addEventListener("change", () => { if (input.files.length) sendWeights(input.files[0]); });
    input.click();
  }
  document.addEventListener("click", (event) => { if (event.target.closest("#weights-drop")) chooseWeights(); });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "weights-drop" && ["Enter", " "].includes(event.key)) {
      event.preventDefault();
      chooseWeights();
    }
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    explorer: {
      sync, collect, answered, refined,
      sweeps: part("sweeps"), weights: part("weights"), curves: part("curves"),
    },
  });
  window.explorerSay = say;
})();
