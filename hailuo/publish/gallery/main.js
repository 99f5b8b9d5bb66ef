// Build the page, connect its controls, and show what the address asks for.

function show() {
  const { shown, counts } = filterJobs();
  paintFacets(counts);
  for (const tab of all("#tabs button")) tab.setAttribute("aria-pressed", String(tab.dataset.layout === choice.layout));
  byId("find", HTMLInputElement).value = choice.find;
  byId("sort", HTMLSelectElement).value = choice.sort;
  byId("direction").setAttribute("aria-pressed", String(choice.down));
  byId("count").textContent = shown.length === JOBS.length ? plural(JOBS.length, "job") : `${shown.length.toLocaleString("en")} of ${plural(JOBS.length, "job")}`;
  byId("none").hidden = shown.length > 0;
  lay(shown);
  writeFragment();
}

let isRefreshing = false;

/**
 * After a judgement: the counts, and the clips themselves where filter or order go by judgements. The focus stays on the clip,
 * or goes to the next one where the clip is no longer shown.
 */
function refresh() {
  isRefreshing = false;
  if (dialog.open) return; // the page is refreshed when the stage is closed
  if (!choice.levels.has("judged") && !choice.sort.startsWith("my_")) return paintFacets(filterJobs().counts);
  const before = shownJobs, own = focusedTile()?.getAttribute("data-id"), top = scrollY;
  show();
  while (steps && document.documentElement.scrollHeight < top + innerHeight) addChunk();
  scrollTo(scrollX, top);
  if (own) focusOn(before.slice(before.findIndex(({ id }) => id === own)).find((job) => shownJobs.includes(job))?.id);
}
onJudged.push(() => {
  if (!isRefreshing) requestAnimationFrame(refresh);
  isRefreshing = true;
});
dialog.addEventListener("close", refresh);

function buildBar() {
  byId("tabs").append(...LAYOUTS.map(([layout, label]) => button(label, () => { choice.layout = layout; show(); }, { "data-layout": layout, "aria-pressed": "false" })));
  byId("sort").append(make("option", { value: "" }, "campaign order"), make("option", { value: "my_pick" }, "your picks"), make("option", { value: "my_rating" }, "your rating"),
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
  onClick("blind-start", startBlind);
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
  addEventListener("hashchange", () => { fromFragment(location.hash.slice(1)); paintTray(); paintBlindStart(); show(); });
  addEventListener("beforeprint", addEverything);
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
fromFragment(location.hash.slice(1));
paintTally();
paintBlindStart();
paintTray();
show();
if (choice.compared.length > 1) openCompared();
