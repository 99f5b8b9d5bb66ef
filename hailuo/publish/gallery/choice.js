// What is shown, in which order and how, and the filters to choose it. The address carries all of it, so that a link shows
// the same page.

const LAYOUTS = /** @type {const} */ ([["prompts", "Clips"], ["matrix", "Matrix"], ["table", "Table"], ["sheet", "Sheet"], ["people", "Votes"]]);
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
 * @property {string[]} [levels] All levels of a facet that follows the judgements.
 */

/** @type {Facet[]} */
const OWN_FACETS = [
  { key: "state", label: "State", least: 1, of: (job) => [job.stateWord] },
  { key: "checks", label: "Checks", of: (job) => (job.quality ? [job.quality.said] : []) },
  { key: "runs-on", label: "Runs on", of: (job) => job.placements.filter(({ verdict }) => verdict !== "fail").map(({ said }) => said) },
  { key: "copies", label: "Copy for", least: 1, of: (job) => job.copies.map(({ said }) => said) },
  { key: "judged", label: "Judged", of: (job) => [PICKS[judgementOf(job.id).pick]?.[1] ?? "Not judged"], levels: ["Not judged", ...Object.values(PICKS).map(([, word]) => word)] },
  { key: "people", label: "People", of: (job) => [agreementOn(job)], levels: AGREEMENTS },
];
/** @type {Facet[]} */
const AXES = DATA.facets.map(({ axis, label, levels }) => ({
  key: `axis.${axis}`, label, names: new Map(levels), of: (job) => [job.levels[axis] ?? ""],
}));
/** @type {Facet} */
const TAKE = { key: "take", label: "take", of: (job) => [`take ${job.take}`] };
const FACETS = [...AXES, ...RESULT_FACETS, ...OWN_FACETS];

/**
 * @param {Facet} facet
 * @param {string} level
 */
const nameOf = (facet, level) => facet.names?.get(level) ?? level;
/** @param {Facet} facet */
const levelsOf = (facet) => [...(facet.names?.keys() ?? new Set(JOBS.flatMap(facet.of)))];
const axesToCross = () => [...AXES, TAKE].filter((facet) => levelsOf(facet).length > 1);

/** What the page was filtered by last, so that one judgement changes only what it is about. */
const filtered = {
  /** @type {Map<string, number>[]} How many jobs you would see if you chose a level, by the position of the facet in FACETS. */
  counts: [],
  /** @type {Map<Job, string[][]>} The levels of each job, by the position of the facet. */
  levels: new Map(),
};

/**
 * Whether a job has the word; `#4` is the clip of that number, not of number 40.
 * @param {Job} job
 * @param {string} word
 */
const hasWord = (job, word) => (/^#\d+$/.test(word) ? new RegExp(`${word}(?!\\d)`).test(searchTextOf(job)) : searchTextOf(job).includes(word));
/** @param {Job} job */
const isFound = (job) => choice.find.toLowerCase().split(/\s+/).filter(Boolean).every((word) => hasWord(job, word));

/**
 * Count a job, or with -1 take it out of the counts. Returns whether it matches every filter.
 * @param {string[][]} levels
 * @param {1 | -1} by
 */
function countLevels(levels, by) {
  const missed = FACETS.flatMap(({ key }, at) => {
    const wanted = choice.levels.get(key);
    return wanted?.size && !levels[at].some((level) => wanted.has(level)) ? [at] : [];
  });
  if (missed.length > 1) return false;
  for (const at of missed.length ? missed : levels.keys()) {
    for (const level of levels[at]) filtered.counts[at].set(level, (filtered.counts[at].get(level) ?? 0) + by);
  }
  return !missed.length;
}

/** The jobs that match every filter, sorted. The counts and levels in `filtered` follow. */
function filterJobs() {
  filtered.counts = FACETS.map(() => new Map());
  const shown = JOBS.filter((job) => {
    if (!isFound(job)) return false;
    const known = filtered.levels.get(job), levels = FACETS.map((facet, at) => (known && !facet.levels ? known[at] : facet.of(job)));
    filtered.levels.set(job, levels);
    return countLevels(levels, 1);
  });
  return sorted(shown);
}

/**
 * Count one job again after it was judged. Returns whether it matched every filter before, and whether it does now.
 * @param {Job} job
 */
function countAgain(job) {
  const before = filtered.levels.get(job) ?? [];
  if (!isFound(job)) return { matched: false, matches: false };
  const matched = countLevels(before, -1), levels = FACETS.map((facet, at) => (facet.levels ? facet.of(job) : before[at]));
  filtered.levels.set(job, levels);
  return { matched, matches: countLevels(levels, 1) };
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
const MANY_LEVELS = 12; // from here on, a filter can be searched and is as high as this

function buildFacets() {
  for (const facet of FACETS) {
    const levels = facet.levels ?? levelsOf(facet);
    if (levels.length >= (facet.least ?? 2)) byId("facet-list").append(facetBox(facet, levels));
  }
}

/**
 * @param {Facet} facet
 * @param {string[]} levels
 */
function facetBox(facet, levels) {
  const list = make("div", { class: `levels${levels.length > MANY_LEVELS ? " many" : ""}` }, ...levels.map((level) => levelBox(facet, level)));
  const narrow = (/** @type {HTMLInputElement} */ { value }) => {
    for (const label of all("label", list)) label.hidden = !(label.textContent ?? "").toLowerCase().includes(value.trim().toLowerCase());
  };
  const search = levels.length > MANY_LEVELS ? make("input", { type: "search", class: "narrow", placeholder: `Find in ${levels.length}`, "aria-label": `Find in ${facet.label}`, autocomplete: "off", input: narrow }) : null;
  const fold = button(facet.label, (own) => {
    const isOpen = own.getAttribute("aria-expanded") !== "true";
    own.setAttribute("aria-expanded", String(isOpen));
    list.hidden = !isOpen;
    if (search) search.hidden = !isOpen;
  }, { class: "fold", "aria-expanded": "true" });
  return make("fieldset", { "data-facet": facet.key }, make("legend", {}, fold), search, list);
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

function paintFacets() {
  for (const { box, count, facet, level } of boxes) {
    const found = filtered.counts[FACETS.indexOf(facet)].get(level) ?? 0, text = String(found);
    box.checked = choice.levels.get(facet.key)?.has(level) ?? false;
    if (count.textContent !== text) count.textContent = text; // else all of them are laid out anew
    box.parentElement?.classList.toggle("nothing", !found && !box.checked);
  }
  const chosen = [...choice.levels.values()].reduce((sum, levels) => sum + levels.size, 0);
  byId("facet-count").textContent = chosen ? String(chosen) : "";
  byId("reset").hidden = !chosen && !choice.find;
  for (const people of all("[data-facet=people]")) people.hidden = !otherNames.length;
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
  if (!["", "id", "state", "my_pick", "my_rating"].includes(choice.sort) && !COLUMN_POSITIONS.has(choice.sort) && !RESULT_VALUES.has(choice.sort)) choice.sort = "";
  choice.down = fields.has("down");
  choice.levels = new Map(FACETS.filter(({ key }) => fields.has(key)).map(({ key }) => [key, new Set(fields.getAll(key))]));
  choice.compared = (fields.get("compare") ?? "").split(",").filter((id) => BY_ID.get(id)?.clip).slice(0, 4);
}

function writeFragment() {
  const fragment = toFragment();
  if (fragment === location.hash.slice(1)) return;
  try { history.replaceState(null, "", `#${fragment}`); } catch { /* a sandboxed page has no history: the page still works */ }
}
