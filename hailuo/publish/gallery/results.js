// What the ads did, by the newest report: the decision metric of each clip, platform by platform, with its interval.
// Finished versions of a clip are ads of their own. The best of them counts where clips are sorted.

/** The platforms on which clips of different lengths may be compared, each with its position in `results` of a job. */
const RANKED = DATA.results.flatMap((platform, at) => (platform.compared ? [{ ...platform, at }] : []));
/** @type {Map<string, (job: Job) => Value>} What can be sorted by, by the name of the column. */
const RESULT_VALUES = new Map(RANKED.flatMap(({ name, at }) => [
  [name, (/** @type {Job} */ job) => job.results[at][0]?.value],
  [`${name}_corrected`, (/** @type {Job} */ job) => job.results[at][0]?.corrected],
]));
const CORRECTED = "The same number pulled towards what its settings predict: the best of many clips also had luck.";
const MOST_LINES = 3; // on a tile, for each platform

/** @type {Facet[]} */
const RESULT_FACETS = RANKED.map(({ name, label, standings, at }) => ({
  key: `ads.${name}`, label, names: new Map([...standings, "No result"].map((standing) => [standing, standing])),
  of: (job) => (job.results[at].length ? [...new Set(job.results[at].map(({ standing }) => standing))] : ["No result"]),
}));

/**
 * The name of what ran, where it was not the clip alone.
 * @param {Result} result
 * @param {Result[]} ran All that ran on the platform.
 */
const ranAs = ({ version }, ran) => version || (ran.length > 1 ? "clip" : "");

/**
 * One line for each ad of the clip, platform by platform; of many ads those with the best results.
 * @param {Job} job
 */
const resultLines = (job) => DATA.results.flatMap(({ platform, label, about }, at) => {
  const ran = job.results[at];
  return [
    ...ran.slice(0, MOST_LINES).map((found, rank) => make("p", { class: `line result${rank ? " further" : ""}`, title: [about, found.restsOn].filter(Boolean).join(" ") },
      make("span", {}, ...(ranAs(found, ran) ? [make("em", {}, bdi(ranAs(found, ran))), " "] : []), `${label} `, make("strong", {}, found.said), ` ${found.interval}`), " ", make("span", {}, found.standing))),
    ran.length > MOST_LINES ? make("p", { class: "line further" }, button(`${ran.length - MOST_LINES} more on ${platform}`, () => openStage([job]), { class: "link", "aria-label": `${ran.length - MOST_LINES} more results on ${platform} of ${job.spoken}` })) : null,
  ];
});

/**
 * Everything that the report says of a clip, for the enlarged clip.
 * @param {Job} job
 */
function resultsInFull(job) {
  const measured = DATA.results.flatMap((platform, at) => (job.results[at].length ? [{ platform, ran: job.results[at] }] : []));
  if (!measured.length) return [];
  const head = ["ad", "result", "corrected for luck", "standing", "counted"];
  const row = (/** @type {string} */ label, /** @type {string} */ version, /** @type {Result} */ found) => make("tr", {},
    make("th", { scope: "row" }, label, ...(version ? [" · ", bdi(version)] : [])), make("td", {}, make("b", {}, found.said), " ", make("small", {}, found.interval)),
    make("td", {}, found.correctedSaid), make("td", {}, found.standing), make("td", {}, found.restsOn));
  return [make("h3", {}, "Results of its ads"), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Results of its ads" }, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...measured.flatMap(({ platform, ran }) => ran.map((found) => row(platform.label, ranAs(found, ran), found)))))),
  ...measured.map(({ platform }) => make("p", { class: "soft" }, `${platform.label}: ${platform.about}`))];
}

/** The columns of the table; where clips may not be compared, a column that cannot be sorted by. */
const RESULT_COLUMNS = DATA.results.flatMap(({ name, label, unit, about, compared }, at) => [
  { name, label, unit, about, sorts: compared, cell: (/** @type {Job} */ job) => resultCell(job.results[at]) },
  ...(compared ? [{ name: `${name}_corrected`, label: `${label} corrected`, unit, about: CORRECTED, sorts: true, cell: (/** @type {Job} */ job) => [job.results[at][0]?.correctedSaid ?? "–"] }] : []),
]);

/**
 * The best that ran, and of how many it is the best.
 * @param {Result[]} ran
 */
function resultCell(ran) {
  const [best] = ran;
  if (!best) return ["–"];
  const words = [best.interval, best.standing, best.version, ran.length > 1 ? `best of ${ran.length}` : ""].filter(Boolean);
  return [make("b", {}, best.said), make("small", { dir: "auto" }, ` ${words.join(" · ")}`)];
}
