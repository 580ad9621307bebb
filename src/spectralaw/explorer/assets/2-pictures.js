"use strict";
/* Saving a picture as PNG, SVG or CSV. Nothing leaves the machine. Also part of exported pages. */

(function () {
  function find(name) {
    const place = document.getElementById(name);
    return place && (place.classList.contains("js-plotly-plot") ? place : place.querySelector(".js-plotly-plot"));
  }

  function save(name, content, type) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  const list = (values) => (values === undefined || values === null ? [] : Array.from(values));
  const cell = (value) => {
    if (value === undefined || value === null || (typeof value === "number" && !isFinite(value))) return "";
    const text = String(value).replace(/<[^>]*>/g, "");
    return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  };

  function asTable(graph) {
    const rows = [["trace", "x", "y", "z", "error", "text"]];
    const real = (value) => (typeof value === "number" && ((graph.layout || {}).meta || {}).log10 ? Math.pow(10, value) : value);
    (graph.data || []).forEach((trace, k) => {
      const name = trace.name || trace.type + " " + k;
      const x = list(trace.x), y = list(trace.y);
      if (trace.z) {
        const z = trace.customdata || trace.z;
        list(z).forEach((line, j) => list(line).forEach((value, i) => rows.push([name, real(x[i]), real(y[j]), value, "", ""])));
        return;
      }
      const bars = trace.error_y || trace.error_x || {};
      const error = list(bars.array), text = Array.isArray(trace.text) ? trace.text : [];
      x.forEach((value, i) => rows.push([name, real(value), real(y[i]), "", error[i], text[i]]));
    });
    return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
  }

  async function picture(graph, kind) {
    const layout = Object.assign({}, graph.layout, { paper_bgcolor: "white", plot_bgcolor: "white" });
    delete layout.width;
    delete layout.height;
    const size = { width: Math.max(graph.clientWidth, 480), height: Math.max(graph.clientHeight, 320) };
    const scale = kind === "png" ? 2 : 1;
    return window.Plotly.toImage({ data: graph.data, layout }, Object.assign({ format: kind, scale }, size));
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-save]");
    const graph = button && find(button.dataset.graph);
    if (!graph) return;
    const kind = button.dataset.save, name = "spectralaw-" + button.dataset.graph.replace(/-0$/, "") + "." + kind;
    if (kind === "csv") return save(name, asTable(graph), "text/csv;charset=utf-8");
    const url = await picture(graph, kind);
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
  });
})();
