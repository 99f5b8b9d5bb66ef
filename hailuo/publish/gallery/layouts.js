// The layouts hand out their parts a few at a time: two thousand tiles at once are nobody's first second.
let parts = null;
const CHUNK = 24;

const atEnd = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && more());

function more() {
  for (let count = 0; parts && count < CHUNK; count += 1) if (parts.next().done) parts = null;
  atEnd.unobserve(one("#more"));
  if (parts) atEnd.observe(one("#more"));
}

function everything() {
  while (parts) more();
}

function lay(jobs) {
  const root = one("#view");
  root.className = choice.layout;
  root.replaceChildren();
  if (together) playTogether(false);
  parts = { prompts: layPrompts, matrix: layMatrix, table: layTable, sheet: laySheet }[choice.layout](root, jobs);
  more();
}

function* layPrompts(root, jobs) {
  if (choice.sort || choice.down) return yield* layFlat(root, jobs);
  for (const [prompt, members] of Map.groupBy?.(jobs, (job) => job.prompt) ?? grouped(jobs, (job) => job.prompt)) {
    const cells = make("div", { class: "cells" });
    const told = DATA.prompts[prompt];
    root.append(make("section", { class: "prompt", "aria-label": [told.label, ...told.variables.flat()].join(" ") }, promptHeader(told, members), cells));
    for (const job of members) { cells.append(tileOf(job)); yield; }
  }
}

function* layFlat(root, jobs) {
  const cells = make("div", { class: "cells" });
  root.append(make("section", { "aria-label": "Clips, sorted" }, cells));
  for (const job of jobs) { cells.append(tileOf(job)); yield; }
}

function* laySheet(root, jobs) {
  const sheet = make("div", { class: "contact" });
  root.append(sheet);
  for (const job of jobs) { sheet.append(tileOf(job)); yield; }
}

function grouped(jobs, key) {
  const groups = new Map();
  for (const job of jobs) groups.has(key(job)) ? groups.get(key(job)).push(job) : groups.set(key(job), [job]);
  return groups;
}

// Any two axes crossed; the takes and whatever else varies lie inside a cell.
function* layMatrix(root, jobs) {
  const axes = axesToCross();
  if (axes.length < 2) { root.append(make("p", { class: "soft" }, "A matrix needs two axes that vary.")); return; }
  const rows = axes.find(({ key }) => key === choice.rows) ?? axes[0];
  const cols = axes.find(({ key }) => key === choice.cols && key !== rows.key) ?? axes.find(({ key }) => key !== rows.key);
  const columns = levelsOf(cols).filter((level) => jobs.some((job) => cols.of(job).includes(level)));
  const body = make("tbody");
  root.append(crossing(axes, rows, cols), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Matrix" },
    table("matrix-of", columns.length, make("thead", {}, make("tr", {}, make("td"), ...columns.map((level) => make("th", { scope: "col" }, bdi(nameOf(cols, level)))))), body)));
  const byRow = grouped(jobs, (job) => rows.of(job)[0]);
  for (const level of levelsOf(rows).filter((level) => byRow.has(level))) {
    const cells = columns.map((column) => byRow.get(level).filter((job) => cols.of(job)[0] === column));
    const row = make("tr", {}, make("th", { scope: "row" }, bdi(nameOf(rows, level))));
    body.append(row);
    for (const members of cells) {
      const inside = make("div", { class: "inside" }, members.length ? null : make("span", { class: "soft" }, "–"));
      row.append(make("td", {}, inside));
      for (const job of members) { inside.append(tileOf(job)); yield; }
    }
    yield;
  }
}

function table(kind, columns, ...parts) {
  const made = make("table", { class: kind }, ...parts);
  made.style.minWidth = `${7 + columns * 12}rem`;
  return made;
}

function crossing(axes, rows, cols) {
  const select = (name, chosen) => make("select", { change: ({ target }) => { choice[name] = target.value; show(); } },
    ...axes.map(({ key, label }) => make("option", { value: key, selected: key === chosen.key }, label)));
  const swap = button("Swap", () => { choice.rows = cols.key; choice.cols = rows.key; show(); });
  return make("p", { class: "crossing" }, make("label", { class: "field" }, make("span", {}, "Rows"), select("rows", rows)),
    make("label", { class: "field" }, make("span", {}, "Columns"), select("cols", cols)), swap);
}

function* layTable(root, jobs) {
  const columns = [{ name: "id", label: "clip" }, { name: "state", label: "state" }, { name: "my_pick", label: "judged" }, ...DATA.columns];
  const body = make("tbody");
  root.append(make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of all jobs" },
    make("table", {}, make("thead", {}, make("tr", {}, ...columns.map(columnHead))), body)));
  for (const job of jobs) { body.append(tableRow(job, columns)); yield; }
}

function columnHead({ name, label, numeric }) {
  const sortedBy = choice.sort === name;
  const turn = () => { choice.down = sortedBy && !choice.down; choice.sort = name; show(); one(`th[data-column="${name}"] button`)?.focus(); };
  return make("th", { scope: "col", class: numeric ? "number" : "", "data-column": name, "aria-sort": sortedBy ? (choice.down ? "descending" : "ascending") : null },
    button(label, turn), sortedBy ? make("span", { "aria-hidden": "true" }, choice.down ? "↓" : "↑") : null);
}

function tableRow(job, columns) {
  const { pick, rating } = judgementOf(job.id);
  const first = make("th", { scope: "row" }, job.clip ? button(job.id, () => openStage([job]), { class: "link mono", "aria-label": `Look closer at ${job.id}` }) : make("span", { class: "mono" }, job.id));
  const state = make("td", {}, make("span", { class: `state s-${job.state}`, title: job.clip ? "" : job.why }, job.stateWord));
  const judged = make("td", {}, [PICKS[pick]?.[1], rating && `${rating}/5`].filter(Boolean).join(" · ") || "–");
  return make("tr", { "data-id": job.id }, first, state, judged, ...columns.slice(3).map(({ name, numeric }) => make("td", { class: numeric ? "number" : "" }, bdi(cellText(valueOf(job, name))))));
}

function cellText(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: 2 });
  return String(value).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/, "$1 $2");
}
