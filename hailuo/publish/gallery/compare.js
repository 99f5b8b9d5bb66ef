// Choose two to four clips to compare, and enlarge them (or one clip) with everything that is known.

/** @param {string} id */
function toggleCompared(id) {
  if (!BY_ID.get(id)?.clip) return;
  const at = choice.compared.indexOf(id);
  if (at >= 0) choice.compared.splice(at, 1);
  else if (choice.compared.length < 4) choice.compared.push(id);
  else return notify("You can compare at most four clips. Remove one first.");
  paintTray();
  writeFragment();
}

function paintTray() {
  const tray = byId("tray"), jobs = choice.compared.map(jobWithId);
  for (const tile of tiles.values()) paintTile(tile);
  tray.hidden = !jobs.length;
  document.body.classList.toggle("has-tray", jobs.length > 0);
  tray.replaceChildren(
    make("ul", {}, ...jobs.map((job) => make("li", {}, make("span", {}, numberMark(job), bdi(job.model), ` · take ${job.take}`), button("×", () => toggleCompared(job.id), { class: "quiet", "aria-label": `Remove ${job.spoken}` })))),
    button("Clear", () => { choice.compared = []; paintTray(); writeFragment(); }, { class: "quiet" }),
    button(jobs.length > 1 ? `Compare ${jobs.length}` : "Choose one more", openCompared, { class: "primary", disabled: jobs.length < 2 }));
}

function openCompared() {
  if (choice.compared.length > 1) openStage(choice.compared.map(jobWithId));
}

/** @param {Job[]} jobs One to four jobs with clips. */
function openStage(jobs) {
  stage.from = jobs[0].id;
  const title = jobs.length > 1 ? `${jobs.length} clips side by side` : promptOf(jobs[0]).label;
  buildStage(jobs, { kind: jobs.length > 1 ? "compare" : "closer", title, about, after: [jobs.length > 1 ? differences(jobs) : details(jobs[0])] });
}

const SMALL_FILM = "A small film of the clip: 240 lines, about 12 frames a second, silent.";

/** @param {Job} job */
const about = (job) => [
  make("h3", {}, numberMark(job), bdi(job.model), " ", make("span", {}, job.setting), job.control ? make("em", {}, "control") : null, job.replaces ? make("em", {}, "substitute") : null),
  job.small ? make("p", { class: "line" }, SMALL_FILM) : null,
  make("p", { class: "line" }, make("span", {}, bdi(promptOf(job).label), ...promptOf(job).variables.flatMap(([, level]) => [" · ", bdi(level)])), make("span", {}, `take ${job.take}`), job.frame ? make("span", {}, "from ", bdi(job.frame)) : null),
  make("p", { class: "line money" }, make("span", {}, make("strong", {}, job.cost), ` ${job.costNote}`), ...badgesOf(job)),
  ...resultLines(job),
];

/**
 * The columns in which the jobs differ as shown.
 * @param {Job[]} jobs
 * @param {(job: Job, at: number) => string} [labelOf]
 */
function differences(jobs, labelOf = (_, at) => LETTERS[at]) {
  const rows = DATA.columns.filter(({ name, trace }) => !trace && new Set(jobs.map((job) => cellText(valueIn(job, name)))).size > 1);
  const prompts = [...new Set(jobs.map(promptOf))];
  return make("div", { class: "after two" },
    make("div", {}, ...prompts.flatMap((prompt) => [make("h3", {}, bdi(prompt.label)), promptText(prompt)]), legendOf(rows, "What these mean")),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What differs" }, make("table", {},
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "What differs"), ...jobs.map((job, at) => make("th", { scope: "col", class: "number" }, labelOf(job, at))))),
      make("tbody", {}, ...resultRows(jobs), ...rows.map((measure) => make("tr", {}, make("th", { scope: "row", title: measure.about }, labelWithUnit(measure)), ...jobs.map((job) => make("td", { class: "number" }, bdi(cellText(valueIn(job, measure.name)))))))))));
}

/** @param {Job[]} jobs */
const resultRows = (jobs) => DATA.results.filter((_, at) => jobs.some(({ results }) => results[at].length)).map((platform) => make("tr", {}, make("th", { scope: "row", title: platform.about }, platform.label),
  ...jobs.map(({ results }) => make("td", { class: "number" }, ...resultCell(results[DATA.results.indexOf(platform)])))));

/** @param {Job} job A job with a clip. */
function details(job) {
  const known = DATA.columns.filter(({ name, trace }) => !trace && (valueIn(job, name) ?? null) !== null);
  return make("div", { class: "after two" },
    make("div", {}, make("h3", {}, "Prompt"), promptText(promptOf(job)), ...placementList(job), ...copyList(job), ...othersInFull(job), ...notesOn(job)),
    make("div", {}, ...resultsInFull(job), make("h3", {}, "Measurements and cost"),
      make("dl", { class: "known" }, ...known.map((measure) => make("div", {}, make("dt", { title: measure.about }, labelWithUnit(measure)), make("dd", {}, bdi(cellText(valueIn(job, measure.name))))))),
      legendOf(known, "What these mean"),
      make("p", { class: "row" }, button(job.id, (own) => copyToClipboard(own, job.id), { class: "link mono", title: "Copy the creative id", "aria-label": `Copy creative id ${job.id}` }),
        job.clip && !job.clip.startsWith("data:") ? make("a", { href: job.clip, target: "_blank", rel: "noopener" }, "Open the file") : null)));
}

/** @param {Job} job */
function placementList(job) {
  if (!job.placements.length) return [];
  return [make("h3", {}, "Placements"), make("ul", { class: "placements" }, ...job.placements.map(({ said, verdict, reasons }) =>
    make("li", {}, make("span", { class: `badge q-${verdict}` }, verdict), " ", said, reasons.length ? make("span", { class: "soft" }, ` ${reasons.join(", ")}`) : null)))];
}

/** @param {Job} job */
function copyList(job) {
  if (!job.copies.length) return [];
  return [make("h3", {}, "Copies of this clip"), make("ul", { class: "placements copies" }, ...job.copies.map(({ id, said, verdict, size, reasons, href }) =>
    make("li", {}, verdict ? make("span", { class: `badge q-${verdict}` }, verdict) : null, " ",
      href ? make("a", { href, target: "_blank", rel: "noopener" }, said) : said,
      make("span", { class: "soft" }, ` ${[size, id, ...reasons].filter(Boolean).join(" · ")}`))))];
}

/**
 * @param {HTMLElement} element Selected first, so that you can copy by hand where the clipboard is not allowed.
 * @param {string} text
 */
async function copyToClipboard(element, text) {
  getSelection()?.selectAllChildren(element);
  try { await navigator.clipboard.writeText(text); notify("Copied"); } catch { notify("Press Ctrl+C to copy"); }
}
