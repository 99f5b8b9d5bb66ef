// The layouts. Each adds its tiles a few at a time: two thousand at once would block the page.

/** @typedef {Generator<void, void, void>} Steps One step adds one tile or row. */

/** @type {Steps | null} */
let steps = null;
/** @type {Job[]} The jobs that the layout shows, in its order. */
let shownJobs = [];
const CHUNK = 24;
/** @type {Set<Job>} Jobs that no longer match the filters since they were laid. */
const taken = new Set();
/** @type {Map<string, HTMLElement>} The rows of a table, by the id of their job. */
const rows = new Map();
/** @type {HTMLElement[] | null} What J and K go through; null where it is to be found again. */
let stops = null;
const focusables = () => (stops ??= all("#view .tile, #view tr[data-id]").flatMap((place) => (place.matches("tr") ? all("th button", place) : [all("button.media", place)[0] ?? place])));

const atEnd = new IntersectionObserver(([{ isIntersecting }]) => { if (isIntersecting) addChunk(); });

function addChunk() {
  for (let count = 0; steps && count < CHUNK; count += 1) if (steps.next().done) steps = null;
  stops = null;
  const end = byId("more");
  atEnd.unobserve(end);
  if (steps) atEnd.observe(end);
}

function addEverything() {
  while (steps) addChunk();
}

/** The clip that had the focus, where the layout does not show it: another layout gives it back. */
let outOfSight = "";

/** @param {Job[]} jobs */
function lay(jobs) {
  const root = byId("view"), focused = root.contains(document.activeElement) ? focusedTile()?.getAttribute("data-id") : outOfSight;
  root.className = choice.layout;
  root.replaceChildren();
  if (playingAll) setPlayingAll(false);
  const layouts = { matrix: layMatrix, table: layTable, sheet: laySheet, people: layPeople, prompts: choice.sort || choice.down ? laySorted : layPrompts };
  shownJobs = jobs;
  taken.clear();
  rows.clear();
  steps = layouts[choice.layout](root, jobs);
  addChunk();
  if (focused && jobs.some(({ id }) => id === focused)) focusOn(focused);
  outOfSight = focusedTile() ? "" : focused ?? "";
}

/**
 * Take a job away that no longer matches the filters; the focus goes to the next one.
 * @param {Job} job
 */
function takeAway(job) {
  const at = shownJobs.indexOf(job), own = focusedTile()?.getAttribute("data-id") === job.id, next = shownJobs[at + 1] ?? shownJobs[at - 1];
  const laid = all(`#view [data-id="${CSS.escape(job.id)}"]`)[0], cells = laid?.parentElement;
  taken.add(job);
  shownJobs = shownJobs.filter((shown) => shown !== job);
  laid?.remove();
  stops = null;
  if (cells?.matches(".cells:empty")) cells.closest(".prompt")?.remove();
  if (own) focusOn(next?.id);
}

/**
 * Put the focus on a clip, laying it first where it was not yet.
 * @param {string | undefined} id
 */
function focusOn(id) {
  if (!id || !shownJobs.includes(jobWithId(id))) return;
  const find = () => all(`#view [data-id="${CSS.escape(id)}"]`)[0];
  while (steps && !find()) addChunk();
  find()?.querySelector("button")?.focus({ focusVisible: true, preventScroll: false });
}

/**
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 * @returns {Steps}
 */
function* layPrompts(root, jobs) {
  for (const [at, members] of grouped(layFailures(root, jobs), (job) => job.prompt)) {
    const prompt = DATA.prompts[at], cells = make("div", { class: "cells" });
    root.append(make("section", { class: "prompt", "data-prompt": at, "aria-label": [prompt.label, ...prompt.variables.flat()].join(" ") }, promptHeader(prompt, members), cells));
    yield* addTiles(cells, members);
  }
}

/**
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 * @returns {Steps}
 */
function* laySorted(root, jobs) {
  const cells = make("div", { class: "cells" });
  const apart = layFailures(root, jobs);
  root.append(make("section", { "aria-label": "Clips, sorted" }, cells));
  yield* addTiles(cells, apart);
}

/**
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 * @returns {Steps}
 */
function* laySheet(root, jobs) {
  const sheet = make("div", { class: "contact" });
  const apart = layFailures(root, jobs);
  root.append(sheet);
  yield* addTiles(sheet, apart);
}

/**
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 * @returns {Steps}
 */
function* addTiles(root, jobs) {
  for (const job of jobs) if (!taken.has(job)) { root.append(tileOf(job)); yield; }
}

/**
 * @template {string | number} K
 * @param {Job[]} jobs
 * @param {(job: Job) => K} key
 * @returns {Map<K, Job[]>}
 */
function grouped(jobs, key) {
  const groups = new Map();
  for (const job of jobs) {
    const group = groups.get(key(job));
    if (group) group.push(job); else groups.set(key(job), [job]);
  }
  return groups;
}

/**
 * Two axes crossed; everything else that varies is inside a cell.
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 * @returns {Steps}
 */
function* layMatrix(root, jobs) {
  root.append(...sharedFailures(jobs).map(failureBox)); // their places in the matrix stay
  const axes = axesToCross();
  const rows = axes.find(({ key }) => key === choice.rows) ?? axes[0];
  const cols = axes.find(({ key }) => key === choice.cols && key !== rows.key) ?? axes.find(({ key }) => key !== rows.key);
  if (!cols) { root.append(make("p", { class: "soft" }, "A matrix needs two axes that vary.")); return; }
  const columns = levelsOf(cols).filter((level) => jobs.some((job) => cols.of(job).includes(level)));
  const body = make("tbody");
  const table = make("table", { class: "matrix-of" }, make("thead", {}, make("tr", {}, make("td"), ...columns.map((level) => make("th", { scope: "col" }, bdi(nameOf(cols, level)))))), body);
  table.style.minWidth = `${7 + columns.length * 12}rem`;
  root.append(axisBar(axes, rows, cols), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Matrix" }, table));
  const byRow = grouped(jobs, (job) => rows.of(job)[0]);
  for (const level of levelsOf(rows)) {
    const members = byRow.get(level);
    if (!members) continue;
    const row = make("tr", {}, make("th", { scope: "row" }, bdi(nameOf(rows, level))));
    body.append(row);
    for (const column of columns) {
      const inside = members.filter((job) => cols.of(job)[0] === column);
      const cell = make("div", { class: "inside" }, inside.length ? null : make("span", { class: "soft" }, "–"));
      row.append(make("td", {}, cell));
      yield* addTiles(cell, inside);
    }
    yield;
  }
}

/**
 * @param {Facet[]} axes
 * @param {Facet} rows
 * @param {Facet} cols
 */
function axisBar(axes, rows, cols) {
  /**
   * @param {string} label
   * @param {"rows" | "cols"} name
   * @param {Facet} chosen
   */
  const field = (label, name, chosen) => make("label", { class: "field" }, make("span", {}, label),
    make("select", { change: (select) => { choice[name] = select.value; show(); } },
      ...axes.map(({ key, label: text }) => make("option", { value: key, selected: key === chosen.key }, text))));
  const swap = button("Swap", () => { choice.rows = cols.key; choice.cols = rows.key; show(); });
  return make("p", { class: "crossing" }, field("Rows", "rows", rows), field("Columns", "cols", cols), swap);
}

/**
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 * @returns {Steps}
 */
function* layTable(root, jobs) {
  const heads = [...OWN_COLUMNS, ...RESULT_COLUMNS, ...DATA.columns];
  const body = make("tbody");
  root.append(legendOf(heads, "What the columns mean"), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of all jobs" },
    make("table", {}, make("thead", {}, make("tr", {}, ...heads.map(columnHead))), body)));
  for (const job of jobs) if (!taken.has(job)) { body.append(tableRow(job)); yield; }
}

/** @typedef {{name: string, label: string, unit?: string, about: string, numeric?: boolean, sorts?: boolean}} Head */
/** @type {Head[]} */
const OWN_COLUMNS = [
  { name: "id", label: "clip", about: "The number and the creative id of the clip." },
  { name: "state", label: "state", about: "How far the job is: stored, at the vendor, failed or not ordered yet." },
  { name: "my_pick", label: "judged", about: "Your own verdict and rating, 1 to 5." },
];

/**
 * Every measure with its unit and one sentence, folded; nothing where there are none.
 * @param {{label: string, unit?: string, about: string}[]} measures
 * @param {string} title
 */
const legendOf = (measures, title) => make("details", { class: "legend" }, make("summary", {}, title), make("dl", {},
  ...measures.filter(({ about }) => about).map((measure) => make("div", {}, make("dt", {}, labelWithUnit(measure)), make("dd", {}, measure.about)))));

/** @param {Head} column */
function columnHead({ name, label, unit, about, numeric, sorts = true }) {
  const sortedBy = choice.sort === name;
  const turn = () => {
    choice.down = sortedBy && !choice.down;
    choice.sort = name;
    show();
    all(`th[data-column="${name}"] button`)[0]?.focus();
  };
  return make("th", { scope: "col", class: numeric ? "number" : "", "data-column": name, "aria-sort": sortedBy ? (choice.down ? "descending" : "ascending") : null },
    sorts ? button(labelWithUnit({ label, unit }), turn, { title: about }) : make("span", { title: about }, labelWithUnit({ label, unit })), sortedBy ? make("span", { "aria-hidden": "true" }, choice.down ? "↓" : "↑") : null);
}

/** @param {Job} job */
function tableRow(job) {
  const first = make("th", { scope: "row" }, numberMark(job), job.clip ? button(job.id, () => openStage([job]), { class: "link mono", "aria-label": `Enlarge ${job.id}` }) : make("span", { class: "mono" }, job.id));
  const state = make("td", {}, make("span", { class: `state s-${job.state}`, title: job.clip ? "" : job.why }, job.stateWord));
  const row = make("tr", { "data-id": job.id }, first, state, make("td", {}, job.clip ? judgeBar(job, job.spoken) : "–"),
    ...RESULT_COLUMNS.map(({ cell }) => make("td", {}, ...cell(job))),
    ...DATA.columns.map(({ name, numeric }) => make("td", { class: numeric ? "number" : "" }, bdi(cellText(valueIn(job, name))))));
  rows.set(job.id, row);
  return row;
}

/** @param {Value} value */
function cellText(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: 2 });
  return value.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/, "$1 $2");
}

onJudged.push((id) => {
  for (const own of id === null ? rows.keys() : [id]) {
    const row = rows.get(own);
    if (!row) continue;
    for (const bar of all("[data-judge]", row)) paintJudgeBar(bar);
    if (choice.layout === "people") paintVotes(row, jobWithId(own));
  }
});

/** For paper: the id of each clip, and what you and others say of it. */
function addPrinted() {
  removePrinted();
  for (const laid of all("#view .tile[data-id], #view tr[data-id]")) {
    const job = jobWithId(laid.dataset.id);
    const said = opinionsOn(job).map((judgement) => make("span", {}, `${judgement.reviewer || saved.name || "You"}: ${[verdictText(judgement), judgement.tags.join(", "), judgement.note].filter(Boolean).join(" · ")}`));
    const place = laid.matches("tr") ? laid.querySelector("[data-judge]")?.parentElement : laid.querySelector(".caption");
    place?.append(make("p", { class: "printed" }, laid.matches("tr") ? "" : make("span", { class: "mono" }, job.id), ...said));
  }
}

function removePrinted() {
  for (const printed of all("#view .printed")) printed.remove();
}
