// What is shown, in which order and how; the address carries it, so that a link shows the same.
const LAYOUTS = { prompts: "Clips", matrix: "Matrix", table: "Table", sheet: "Sheet" };
const choice = { layout: "prompts", find: "", sort: "", down: false, rows: "", cols: "", seed: "", levels: new Map(), compared: [] };

const OWN_FACETS = [
  { key: "state", label: "State", least: 1, of: (job) => [job.stateWord] },
  { key: "checks", label: "Checks", of: (job) => (job.quality ? [job.quality.said] : []) },
  { key: "runs-on", label: "Runs on", of: (job) => job.placements.filter(({ verdict }) => verdict !== "fail").map(({ said }) => said) },
  { key: "copies", label: "Copy for", least: 1, of: (job) => job.copies.map(({ said }) => said) },
  { key: "judged", label: "Judged", of: (job) => [PICKS[judgementOf(job.id).pick]?.[1] ?? "Not judged"] },
];
const AXES = DATA.facets.map(({ axis, label, levels }) => ({
  key: `axis.${axis}`, axis, label, names: new Map(levels), of: (job) => [job.levels[axis] ?? ""],
}));
const TAKE = { key: "take", axis: "take", label: "take", of: (job) => [`take ${job.take}`] };
const FACETS = [...AXES, ...OWN_FACETS];

const nameOf = (facet, level) => facet.names?.get(level) ?? level;
const levelsOf = (facet) => [...(facet.names?.keys() ?? new Set(JOBS.flatMap(facet.of)))];
const axesToCross = () => [...AXES, TAKE].filter((facet) => levelsOf(facet).length > 1);

function wordsWanted() {
  return choice.find.toLowerCase().split(/\s+/).filter(Boolean);
}

// One pass: the jobs that match everything, and for each level how many there would be if it were chosen.
function sift() {
  const words = wordsWanted(), shown = [], counts = FACETS.map(() => new Map());
  const wanted = FACETS.map(({ key }) => choice.levels.get(key));
  for (const job of JOBS) {
    if (words.length && !words.every((word) => textOf(job).includes(word))) continue;
    const own = FACETS.map((facet) => facet.of(job));
    const missed = wanted.flatMap((levels, at) => (levels?.size && !own[at].some((level) => levels.has(level)) ? [at] : []));
    if (!missed.length) shown.push(job);
    if (missed.length > 1) continue;
    const counted = missed.length ? missed : counts.keys();
    for (const at of counted) for (const level of own[at]) counts[at].set(level, (counts[at].get(level) ?? 0) + 1);
  }
  return { shown: sorted(shown), counts };
}

function sorted(jobs) {
  if (!choice.sort) return choice.down ? [...jobs].reverse() : jobs;
  const way = choice.down ? -1 : 1;
  const keyed = jobs.map((job) => [valueOf(job, choice.sort), job]);
  return keyed.sort(([a, one], [b, other]) => {
    if (a === b) return one.at - other.at;
    if (a === null || a === undefined) return 1; // what is not known comes last, either way
    if (b === null || b === undefined) return -1;
    return way * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  }).map(([, job]) => job);
}

function toggleLevel(key, level) {
  const levels = choice.levels.get(key) ?? new Set();
  if (!levels.delete(level)) levels.add(level);
  if (levels.size) choice.levels.set(key, levels); else choice.levels.delete(key);
}

function toFragment() {
  const said = new URLSearchParams();
  if (choice.layout !== "prompts") said.set("view", choice.layout);
  for (const name of ["find", "sort", "rows", "cols", "seed"]) if (choice[name]) said.set(name, choice[name]);
  if (choice.down) said.set("down", "1");
  for (const [key, levels] of choice.levels) for (const level of levels) said.append(key, level);
  if (choice.compared.length) said.set("compare", choice.compared.join(","));
  return said.toString();
}

function fromFragment(text) {
  const said = new URLSearchParams(text);
  choice.layout = said.get("view") in LAYOUTS ? said.get("view") : "prompts";
  for (const name of ["find", "sort", "rows", "cols", "seed"]) choice[name] = said.get(name) ?? "";
  if (!["", "id", "state", "my_pick", "my_rating"].includes(choice.sort) && !COLUMN_AT.has(choice.sort)) choice.sort = "";
  choice.down = said.has("down");
  choice.levels = new Map(FACETS.filter(({ key }) => said.has(key)).map(({ key }) => [key, new Set(said.getAll(key))]));
  choice.compared = (said.get("compare") ?? "").split(",").filter((id) => BY_ID.get(id)?.clip).slice(0, 4);
}

function writeFragment() {
  const said = toFragment();
  if (said === location.hash.slice(1)) return;
  try { history.replaceState(null, "", `#${said}`); } catch { /* a sandboxed page has no history: the view still works */ }
}
