// Build the page, connect its controls, and show what the address asks for.

function show() {
  const shown = filterJobs();
  for (const tab of all("#tabs button")) tab.setAttribute("aria-pressed", String(tab.dataset.layout === choice.layout));
  byId("find", HTMLInputElement).value = choice.find;
  byId("sort", HTMLSelectElement).value = choice.sort;
  byId("direction").setAttribute("aria-pressed", String(choice.down));
  lay(shown);
  paintCounts();
  paintJump();
  writeFragment();
}

function paintCounts() {
  const count = shownJobs.length;
  paintFacets();
  paintSurveyStart();
  byId("count").textContent = count === JOBS.length ? plural(count, "job") : `${count.toLocaleString("en")} of ${plural(JOBS.length, "job")}`;
  byId("none").hidden = count > 0;
}

/** @type {Set<string> | null} The clips that were judged since the page was last painted; null for any of them. */
let judgedSince = new Set();
let isRefreshing = false;

/**
 * After a judgement: the counts, and the clips themselves where filter or order go by judgements. The focus stays on the clip,
 * or goes to the next one where the clip is no longer shown.
 */
function refresh() {
  isRefreshing = false;
  if (dialog.open) return; // the page is refreshed when the stage is closed
  const judged = judgedSince;
  judgedSince = new Set();
  const byJudgement = FACETS.some(({ key, levels }) => levels && choice.levels.has(key));
  if (judged === null || choice.sort.startsWith("my_")) {
    if (byJudgement || choice.sort.startsWith("my_") || choice.layout === "people") return showAgain();
    filterJobs();
    return paintCounts();
  }
  const jobs = [...judged].flatMap((id) => BY_ID.get(id) ?? []), changed = jobs.map((job) => ({ job, ...countAgain(job) }));
  if (changed.some(({ matched, matches }) => matches && !matched)) return showAgain();
  for (const { job, matched, matches } of changed) if (matched && !matches) takeAway(job);
  paintCounts();
}

/** Lay the clips again, where you are. */
function showAgain() {
  const before = shownJobs, own = focusedTile()?.getAttribute("data-id"), top = scrollY;
  show();
  while (steps && document.documentElement.scrollHeight < top + innerHeight) addChunk();
  scrollTo(scrollX, top);
  if (own) focusOn(before.slice(before.findIndex(({ id }) => id === own)).find((job) => shownJobs.includes(job))?.id);
}

onJudged.push((id) => {
  if (id === null) judgedSince = null; else judgedSince?.add(id);
  if (!isRefreshing) requestAnimationFrame(refresh);
  isRefreshing = true;
});
dialog.addEventListener("close", refresh);

/** With many prompts: a list to go to one of them. */
function paintJump() {
  const jump = byId("jump", HTMLSelectElement), prompts = [...new Set(shownJobs.map(({ prompt }) => prompt))];
  byId("jumping").hidden = choice.layout !== "prompts" || choice.sort !== "" || prompts.length < 5;
  jump.replaceChildren(make("option", { value: "" }, "prompt …"), ...prompts.map((at) => make("option", { value: at }, DATA.prompts[at].label)));
}

/** @param {string} prompt The index of the prompt. */
function jumpTo(prompt) {
  const find = () => all(`#view [data-prompt="${CSS.escape(prompt)}"]`)[0];
  while (steps && !find()) addChunk();
  find()?.scrollIntoView({ block: "start" });
  find()?.querySelector("button")?.focus({ preventScroll: true });
}

function buildBar() {
  byId("tabs").append(...LAYOUTS.map(([layout, label]) => button(label, () => { choice.layout = layout; show(); }, { "data-layout": layout, "aria-pressed": "false" })));
  byId("sort").append(make("option", { value: "" }, "campaign order"), make("option", { value: "my_pick" }, "your picks"), make("option", { value: "my_rating" }, "your rating"),
    ...RESULT_COLUMNS.filter(({ sorts }) => sorts).map(({ name, label }) => make("option", { value: name }, label)),
    ...DATA.columns.map(({ name, label }) => make("option", { value: name }, label)), make("option", { value: "state" }, "state"), make("option", { value: "id" }, "creative id"));
}

function connect() {
  const find = byId("find", HTMLInputElement), sort = byId("sort", HTMLSelectElement), file = byId("import-file", HTMLInputElement);
  const judgements = byId("judgements", HTMLDetailsElement);
  /**
   * @param {string} id
   * @param {() => unknown} act
   */
  const onClick = (id, act) => byId(id).addEventListener("click", () => act());
  find.addEventListener("input", () => { choice.find = find.value; show(); });
  sort.addEventListener("change", () => { choice.sort = sort.value; show(); });
  onClick("direction", () => { choice.down = !choice.down; show(); });
  onClick("reset", () => { choice.levels.clear(); choice.find = ""; show(); find.focus(); });
  onClick("together", () => setPlayingAll(!playingAll));
  onClick("survey", () => openSurvey());
  onClick("blind-start", startBlind);
  onClick("pairs-start", askPairs);
  onClick("export", download);
  onClick("import", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files ?? [];
    if (chosen) await importFile(chosen);
    file.value = "";
  });
  const name = byId("reviewer", HTMLInputElement);
  name.addEventListener("change", () => setName(name.value));
  onClick("help-open", openHelp);
  onClick("link", copyLink);
  const jump = byId("jump", HTMLSelectElement);
  jump.addEventListener("change", () => { if (jump.value) jumpTo(jump.value); jump.value = ""; });
  addEventListener("hashchange", () => { takeLink(); fromFragment(location.hash.slice(1)); paintTray(); paintBlindStart(); show(); });
  addEventListener("beforeprint", () => { addEverything(); addPrinted(); });
  addEventListener("afterprint", removePrinted);
  document.addEventListener("click", ({ target }) => { if (target instanceof Node && !judgements.contains(target)) judgements.open = false; });
}

const wide = matchMedia("(min-width: 1040px)");
const openFiltersIfWide = () => { byId("facets", HTMLDetailsElement).open = wide.matches; };

restore();
buildBar();
buildFacets();
connect();
openFiltersIfWide();
wide.addEventListener("change", openFiltersIfWide);
for (const part of ["bar", "facets"]) byId(part).hidden = false;
takeLink();
fromFragment(location.hash.slice(1));
paintTally(null);
paintBlindStart();
paintTray();
show();
if (choice.compared.length > 1) openCompared();
startLive();
