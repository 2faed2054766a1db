// Draws the figures of a page from the data beside them, in the colours of tokens.css.
// Without it, or before it has run, the open table under each figure says the same.
"use strict";

(() => {
  const plotlyAddress = document.currentScript.dataset.plotly;
  const PRINT_WIDTH = 640;
  const EXPORT_WIDTH = 960;
  const settings = { displayModeBar: false, responsive: false, showTips: false, scrollZoom: false, doubleClick: false };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();
  let library = null;

  function loadLibrary() {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = plotlyAddress;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => {
        library = null;
        reject(new Error("the chart library did not load"));
      };
      document.head.append(script);
    });
    return library;
  }

  // The tokens as written in tokens.css: light, then what dark or print puts over it.
  function palette(kind) {
    const tokens = new Map();
    const sheet = [...document.styleSheets].find((item) => /\/tokens(\.[0-9a-f]+)?\.css$/.test(item.href || ""));
    const take = (rules) => {
      for (const rule of rules) {
        if (rule instanceof CSSStyleRule && rule.selectorText === ":root") {
          for (const name of rule.style) if (name.startsWith("--")) tokens.set(name, rule.style.getPropertyValue(name).trim());
        }
        if (rule instanceof CSSMediaRule && kind === "dark" && rule.conditionText.includes("dark")) take(rule.cssRules);
        if (rule instanceof CSSMediaRule && kind === "print" && rule.conditionText === "print") take(rule.cssRules);
      }
    };
    if (sheet) take(sheet.cssRules);
    return tokens;
  }

  function painted(value, tokens) {
    if (typeof value === "string") return value.replace(/var\((--[a-z-]+)\)/g, (whole, name) => tokens.get(name) ?? whole);
    if (Array.isArray(value)) return value.map((item) => painted(item, tokens));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, painted(item, tokens)]));
    return value;
  }

  // The widest layout that fits: labels were placed for it on the server.
  function variant(source, width, tokens) {
    const fitting = source.variants.filter((item) => item.min_width <= width);
    const chosen = fitting.length ? fitting[fitting.length - 1] : source.variants[0];
    return painted({ data: chosen.data, layout: { ...chosen.layout, width, autosize: false } }, tokens);
  }

  async function draw(figure, kind, width) {
    const plot = figure.querySelector(".chart-plot");
    const source = drawn.get(figure).source;
    const Plotly = await loadLibrary();
    const room = width ?? Math.floor(plot.clientWidth);
    drawn.get(figure).width = room;
    const wanted = variant(source, Math.min(room, source.max_width ?? room), palette(kind));
    await Plotly.react(plot, wanted.data, wanted.layout, settings);
  }

  const screenKind = () => (dark.matches ? "dark" : "light");

  function failed(figure, error) {
    const words = document.createElement("p");
    words.className = "chart-failed";
    words.textContent = "The figure could not be drawn; the table below says the same.";
    figure.querySelector(".chart-plot").replaceChildren(words);
    console.error(error);
  }

  async function start(figure) {
    if (drawn.has(figure)) return;
    const holder = document.getElementById(figure.dataset.chart);
    if (!holder) return;
    drawn.set(figure, { source: JSON.parse(holder.textContent), width: 0 });
    const plot = figure.querySelector(".chart-plot");
    const table = figure.querySelector(".chart-table");
    if (table) table.open = false;
    plot.setAttribute("aria-hidden", "true");
    try {
      await draw(figure, screenKind());
    } catch (error) {
      if (table) table.open = true;
      failed(figure, error);
      return;
    }
    const tools = figure.querySelector(".chart-tools");
    if (tools) tools.hidden = false;
    figure.dataset.drawn = "";
    new ResizeObserver(() => {
      const width = Math.floor(plot.clientWidth);
      if (width && Math.abs(width - drawn.get(figure).width) > 1 && !window.matchMedia("print").matches) draw(figure, screenKind());
    }).observe(plot);
  }

  function scan(root) {
    const inside = root.matches?.("[data-chart]") ? [root] : [...root.querySelectorAll("[data-chart]")];
    for (const figure of inside) start(figure);
  }

  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // A cell that a spreadsheet would take for a formula is given as text.
  function cell(text) {
    const words = text.trim().replace(/\s+/g, " ");
    const safe = /^[=+\-@\t]/.test(words) ? `'${words}` : words;
    return `"${safe.replaceAll('"', '""')}"`;
  }

  // What is taken away says what it shows and what it was made from; never whose it is.
  const said = (figure) => [figure.getAttribute("aria-label"), figure.dataset.stamp].filter(Boolean).join(" · ");

  function asCsv(figure) {
    const rows = [...figure.querySelectorAll(".chart-table tr")];
    const lines = rows.map((row) => [...row.cells].map((item) => cell(item.textContent)).join(","));
    lines.push(cell(said(figure)));
    return new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" });
  }

  async function asImage(figure, format) {
    const Plotly = await loadLibrary();
    const source = drawn.get(figure).source;
    const width = Math.min(EXPORT_WIDTH, source.max_width ?? EXPORT_WIDTH);
    const wanted = variant(source, width, palette("light"));
    const margin = { ...wanted.layout.margin };
    margin.b += 34;
    wanted.layout.height += 34;
    const font = { size: 11, color: palette("light").get("--muted") };
    const place = { xref: "paper", yref: "paper", x: 0, y: 0, xanchor: "left", yanchor: "top", xshift: 6 - margin.l, yshift: 22 - margin.b };
    wanted.layout.annotations.push({ text: said(figure), ...place, showarrow: false, font });
    wanted.layout.margin = margin;
    wanted.layout.paper_bgcolor = palette("light").get("--paper");
    const address = await Plotly.toImage(wanted, { format, width, height: wanted.layout.height, scale: format === "png" ? 2 : 1 });
    if (format === "svg") return new Blob([decodeURIComponent(address.slice(address.indexOf(",") + 1))], { type: "image/svg+xml" });
    const bytes = Uint8Array.from(atob(address.slice(address.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
    return new Blob([bytes], { type: "image/png" });
  }

  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-save]");
    const figure = button && button.closest("[data-chart]");
    if (!figure) return;
    const format = button.dataset.save;
    save(`${figure.dataset.file}.${format}`, format === "csv" ? asCsv(figure) : await asImage(figure, format));
  });

  const every = (act) => [...drawn.keys()].filter((figure) => figure.isConnected && "drawn" in figure.dataset).map(act);
  dark.addEventListener("change", () => every((figure) => draw(figure, screenKind())));
  window.addEventListener("beforeprint", () => every((figure) => draw(figure, "print", PRINT_WIDTH)));
  window.addEventListener("afterprint", () => every((figure) => draw(figure, screenKind())));
  document.addEventListener("htmx:load", (event) => scan(event.detail.elt));
  document.addEventListener("DOMContentLoaded", () => scan(document));
})();
