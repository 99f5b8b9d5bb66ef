// What is shown, in which order and how, and the filters to choose it. The address carries all of it, so that a link shows
// the same page.

const LAYOUTS = /** @type {const} */ ([["prompts", "Clips"], ["matrix", "Matrix"], ["table", "Table"], ["sheet", "Sheet"]]);
/** @typedef {(typeof LAYOUTS)[number][0]} Layout */
const choice = {
  layout: /** @type {Layout} */ ("prompts"), find: "", sort: "", down: false, rows: "", cols: "", seed: "",
  /** @type {Map<string, Set<string>>} The chosen levels by the key of the facet. */
  levels: new Map(),
  /** @type {string[]} The ids of the clips to compare. */
  compared: [],
};
const TEXTS_OF_CHOICE = /** @type {const} */ (["find", "sort", "rows", "cols", "seed"]);

/**
 * @typedef {object} Facet Something to filter by.
 * @property {string} key
 * @property {string} label
 * @property {(job: Job) => string[]} of The levels of a job.
 * @property {number} [least] The fewest levels with which the filter is shown; 2 unless given.
 * @property {Map<string, string>} [names] All levels, each with its words.
 */

/** @type {Facet[]} */
const OWN_FACETS = [
  { key: "state", label: "State", least: 1, of: (job) => [job.stateWord] },
  { key: "checks", label: "Checks", of: (job) => (job.quality ? [job.quality.said] : []) },
  { key: "runs-on", label: "Runs on", of: (job) => job.placements.filter(({ verdict }) => verdict !== "fail").map(({ said }) => said) },
  { key: "copies", label: "Copy for", least: 1, of: (job) => job.copies.map(({ said }) => said) },
  { key: "judged", label: "Judged", of: (job) => [PICKS[judgementOf(job.id).pick]?.[1] ?? "Not judged"] },
];
/** @type {Facet[]} */
const AXES = DATA.facets.map(({ axis, label, levels }) => ({
  key: `axis.${axis}`, label, names: new Map(levels), of: (job) => [job.levels[axis] ?? ""],
}));
/** @type {Facet} */
const TAKE = { key: "take", label: "take", of: (job) => [`take ${job.take}`] };
const FACETS = [...AXES, ...OWN_FACETS];

/**
 * @param {Facet} facet
 * @param {string} level
 */
const nameOf = (facet, level) => facet.names?.get(level) ?? level;
/** @param {Facet} facet */
const levelsOf = (facet) => [...(facet.names?.keys() ?? new Set(JOBS.flatMap(facet.of)))];
const axesToCross = () => [...AXES, TAKE].filter((facet) => levelsOf(facet).length > 1);

/**
 * The jobs that match every filter, sorted; and for each facet and level, how many jobs you would see if you chose it.
 */
function filterJobs() {
  const words = choice.find.toLowerCase().split(/\s+/).filter(Boolean);
  /** @type {Job[]} */
  const shown = [];
  /** @type {Map<string, number>[]} */
  const counts = FACETS.map(() => new Map());
  const wanted = FACETS.map(({ key }) => choice.levels.get(key));
  for (const job of JOBS) {
    if (!words.every((word) => searchTextOf(job).includes(word))) continue;
    const own = FACETS.map((facet) => facet.of(job));
    const missed = wanted.flatMap((levels, at) => (levels?.size && !own[at].some((level) => levels.has(level)) ? [at] : []));
    if (!missed.length) shown.push(job);
    if (missed.length > 1) continue;
    for (const at of missed.length ? missed : counts.keys()) {
      for (const level of own[at]) counts[at].set(level, (counts[at].get(level) ?? 0) + 1);
    }
  }
  return { shown: sorted(shown), counts };
}

/**
 * By the chosen column; jobs without a value come last in both directions.
 * @param {Job[]} jobs
 */
function sorted(jobs) {
  if (!choice.sort) return choice.down ? [...jobs].reverse() : jobs;
  const direction = choice.down ? -1 : 1;
  const values = new Map(jobs.map((job) => [job, valueIn(job, choice.sort) ?? null]));
  return [...jobs].sort((first, second) => {
    const a = values.get(first) ?? null, b = values.get(second) ?? null;
    if (a === b) return (POSITIONS.get(first) ?? 0) - (POSITIONS.get(second) ?? 0);
    if (a === null) return 1;
    if (b === null) return -1;
    return direction * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  });
}

/** @type {{box: HTMLInputElement, count: HTMLElement, facet: Facet, level: string}[]} */
const boxes = [];

function buildFacets() {
  for (const facet of FACETS) {
    const levels = facet.key === "judged" ? ["Not judged", ...Object.values(PICKS).map(([, word]) => word)] : levelsOf(facet);
    if (levels.length < (facet.least ?? 2)) continue;
    byId("facet-list").append(make("fieldset", {}, make("legend", {}, facet.label), ...levels.map((level) => levelBox(facet, level))));
  }
}

/**
 * @param {Facet} facet
 * @param {string} level
 */
function levelBox(facet, level) {
  const count = make("span", { class: "count" });
  const box = make("input", { type: "checkbox", change: () => { toggleLevel(facet.key, level); show(); } });
  boxes.push({ box, count, facet, level });
  return make("label", {}, box, make("span", { class: "level" }, bdi(nameOf(facet, level))), count);
}

/** @param {Map<string, number>[]} counts By the position of the facet in FACETS, and by level. */
function paintFacets(counts) {
  for (const { box, count, facet, level } of boxes) {
    const found = counts[FACETS.indexOf(facet)].get(level) ?? 0;
    box.checked = choice.levels.get(facet.key)?.has(level) ?? false;
    count.textContent = String(found);
    box.parentElement?.classList.toggle("nothing", !found && !box.checked);
  }
  const chosen = [...choice.levels.values()].reduce((sum, levels) => sum + levels.size, 0);
  byId("facet-count").textContent = chosen ? String(chosen) : "";
  byId("reset").hidden = !chosen && !choice.find;
}

/**
 * @param {string} key
 * @param {string} level
 */
function toggleLevel(key, level) {
  const levels = choice.levels.get(key) ?? new Set();
  if (!levels.delete(level)) levels.add(level);
  if (levels.size) choice.levels.set(key, levels); else choice.levels.delete(key);
}

function toFragment() {
  const fields = new URLSearchParams();
  if (choice.layout !== "prompts") fields.set("view", choice.layout);
  for (const name of TEXTS_OF_CHOICE) if (choice[name]) fields.set(name, choice[name]);
  if (choice.down) fields.set("down", "1");
  for (const [key, levels] of choice.levels) for (const level of levels) fields.append(key, level);
  if (choice.compared.length) fields.set("compare", choice.compared.join(","));
  return fields.toString();
}

/** @param {string} text */
function fromFragment(text) {
  const fields = new URLSearchParams(text);
  choice.layout = LAYOUTS.find(([name]) => name === fields.get("view"))?.[0] ?? "prompts";
  for (const name of TEXTS_OF_CHOICE) choice[name] = fields.get(name) ?? "";
  if (!["", "id", "state", "my_pick", "my_rating"].includes(choice.sort) && !COLUMN_POSITIONS.has(choice.sort)) choice.sort = "";
  choice.down = fields.has("down");
  choice.levels = new Map(FACETS.filter(({ key }) => fields.has(key)).map(({ key }) => [key, new Set(fields.getAll(key))]));
  choice.compared = (fields.get("compare") ?? "").split(",").filter((id) => BY_ID.get(id)?.clip).slice(0, 4);
}

function writeFragment() {
  const fragment = toFragment();
  if (fragment === location.hash.slice(1)) return;
  try { history.replaceState(null, "", `#${fragment}`); } catch { /* a sandboxed page has no history: the page still works */ }
}
