"use strict";
// Without this script every table reads as it is. With it each can be copied or saved as CSV, and the clips can be sorted.
(() => {
  /** @param {Element} cell What a cell says, without its drawing and its small print. */
  function main(cell) {
    const copy = /** @type {Element} */ (cell.cloneNode(true));
    for (const extra of copy.querySelectorAll("small, svg, .rank")) extra.remove();
    return text(copy);
  }

  /** @param {Element} cell The small print: intervals, counts, units. */
  function small(cell) {
    return [...cell.querySelectorAll("small")].map(text).filter(Boolean).join("; ");
  }

  /** @param {Element} element */
  function text(element) {
    return (element.textContent ?? "").replace(/\s+/g, " ").trim();
  }

  /**
   * Head and rows of a table as texts. A cell with a number (data-v) is that number, unrounded; a column with small
   * print is two columns.
   * @param {HTMLTableElement} table
   * @returns {string[][]}
   */
  function cells(table) {
    const head = [...(table.tHead?.rows[0]?.cells ?? [])];
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    const noted = head.map((_, at) => rows.some((row) => row.cells[at] && small(row.cells[at])));
    const names = head.flatMap((cell, at) => (noted[at] ? [main(cell), `${main(cell)}: interval, notes`] : [main(cell)]));
    return [names, ...rows.map((row) => [...row.cells].flatMap((cell, at) => {
      const value = cell instanceof HTMLElement ? cell.dataset["v"] ?? main(cell) : "";
      return noted[at] ? [value, small(cell)] : [value];
    }))];
  }

  /** @param {string} cell As a spreadsheet reads it: quoted where it must be, and never run as a formula. */
  function csv(cell) {
    const safe = /^[=+\-@\t\r]/.test(cell) && !Number.isFinite(Number(cell)) ? `'${cell}` : cell;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  /** @param {HTMLTableElement} table */
  function save(table) {
    const lines = cells(table).map((row) => row.map(csv).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
    link.download = `${text(table.caption ?? table).slice(0, 60).replace(/[^\p{L}\p{N}]+/gu, "-")}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** @param {HTMLTableElement} table @param {HTMLButtonElement} button */
  async function copy(table, button) {
    const lines = cells(table).map((row) => row.join("\t")).join("\n");
    const done = await navigator.clipboard.writeText(lines).then(() => "Copied", () => "Not allowed here: save it as CSV");
    const before = button.textContent;
    button.textContent = done;
    setTimeout(() => { button.textContent = before; }, 2_000);
  }

  /** @param {string} name @param {(button: HTMLButtonElement) => void} act */
  function button(name, act) {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    made.addEventListener("click", () => act(made));
    return made;
  }

  /** @param {HTMLTableElement} table @param {number} column @param {HTMLElement} head */
  function sort(table, column, head) {
    const up = head.getAttribute("aria-sort") === "descending";
    for (const other of table.tHead?.rows[0]?.cells ?? []) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    /** @param {HTMLTableRowElement} row What is not known comes last, whichever way. */
    const value = (row) => {
      const known = row.cells[column]?.dataset["v"];
      return known === undefined || known === "" ? (up ? Infinity : -Infinity) : Number(known);
    };
    for (const body of table.tBodies) {
      const rows = [...body.rows].sort((one, other) => (up ? value(one) - value(other) : value(other) - value(one)) || 0);
      body.append(...rows);
    }
  }

  for (const table of document.querySelectorAll(".scroll > table")) {
    if (!(table instanceof HTMLTableElement)) continue;
    const tools = Object.assign(document.createElement("p"), { className: "tools" });
    tools.append(button("Copy table", (it) => { void copy(table, it); }), button("Save as CSV", () => save(table)));
    table.parentElement?.before(tools);
    if (!table.classList.contains("sortable")) continue;
    [...(table.tHead?.rows[0]?.cells ?? [])].forEach((head, column) => {
      if (![...table.tBodies].some((body) => [...body.rows].some((row) => row.cells[column]?.dataset["v"]))) return;
      const name = head.querySelector("b");
      if (!name) return;
      name.replaceWith(button(text(name), () => sort(table, column, head)));
    });
  }
})();
