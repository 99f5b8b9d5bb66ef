// What the ads did, by the newest report: the decision metric of each clip, platform by platform, with its interval.

/** The platforms on which clips of different lengths may be compared, each with its position in `results` of a job. */
const RANKED = DATA.results.flatMap((platform, at) => (platform.compared ? [{ ...platform, at }] : []));
/** @type {Map<string, (job: Job) => Value>} What can be sorted by, by the name of the column. */
const RESULT_VALUES = new Map(RANKED.flatMap(({ name, at }) => [
  [name, (/** @type {Job} */ job) => job.results[at]?.value],
  [`${name}_corrected`, (/** @type {Job} */ job) => job.results[at]?.corrected],
]));
const CORRECTED = "The same number pulled towards what its settings predict: the best of many clips also had luck.";

/** @type {Facet[]} */
const RESULT_FACETS = RANKED.map(({ name, label, standings, at }) => ({
  key: `ads.${name}`, label, names: new Map([...standings, "No result"].map((standing) => [standing, standing])), of: (job) => [job.results[at]?.standing ?? "No result"],
}));

/**
 * One line for each platform on which the clip ran.
 * @param {Job} job
 */
const resultLines = (job) => DATA.results.flatMap(({ label, about }, at) => {
  const found = job.results[at];
  return found ? [make("p", { class: "line result", title: [about, found.restsOn].filter(Boolean).join(" ") },
    make("span", {}, `${label} `, make("strong", {}, found.said), ` ${found.interval}`), make("span", {}, found.standing))] : [];
});

/**
 * Everything that the report says of a clip, for the enlarged clip.
 * @param {Job} job
 */
function resultsInFull(job) {
  const measured = DATA.results.flatMap((platform, at) => { const found = job.results[at]; return found ? [{ platform, found }] : []; });
  if (!measured.length) return [];
  return [make("h3", {}, "Results of its ads"), make("dl", { class: "known" }, ...measured.flatMap(({ platform, found }) => [
    make("div", {}, make("dt", {}, platform.label), make("dd", {}, `${found.said} (${found.interval})`)),
    make("div", {}, make("dt", {}, "corrected for luck"), make("dd", {}, found.correctedSaid)),
    make("div", {}, make("dt", {}, "standing"), make("dd", {}, found.standing)),
    found.restsOn ? make("div", {}, make("dt", {}, "counted"), make("dd", {}, found.restsOn)) : null])),
  ...measured.map(({ platform }) => make("p", { class: "soft" }, `${platform.label}: ${platform.about}`))];
}

/** The columns of the table; where clips may not be compared, a column that cannot be sorted by. */
const RESULT_COLUMNS = DATA.results.flatMap(({ name, label, unit, about, compared }, at) => [
  { name, label, unit, about, sorts: compared, cell: (/** @type {Job} */ job) => resultCell(job.results[at]) },
  ...(compared ? [{ name: `${name}_corrected`, label: `${label} corrected`, unit, about: CORRECTED, sorts: true, cell: (/** @type {Job} */ job) => [job.results[at]?.correctedSaid ?? "–"] }] : []),
]);

/** @param {Result | null} found */
const resultCell = (found) => (found ? [make("b", {}, found.said), make("small", {}, ` ${found.interval} · ${found.standing}`)] : ["–"]);
