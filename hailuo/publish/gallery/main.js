// Putting it together: one way from a choice to what is seen.
function show() {
  const { shown, counts } = sift();
  paintFacets(counts);
  for (const tab of all("#tabs button")) tab.setAttribute("aria-pressed", String(tab.dataset.layout === choice.layout));
  one("#find").value = choice.find;
  one("#sort").value = choice.sort;
  one("#direction").setAttribute("aria-pressed", String(choice.down));
  one("#count").textContent = shown.length === JOBS.length ? plural(JOBS.length, "job") : `${shown.length.toLocaleString("en")} of ${plural(JOBS.length, "job")}`;
  one("#none").hidden = shown.length > 0;
  lay(shown);
  writeFragment();
}

function buildBar() {
  one("#tabs").append(...Object.entries(LAYOUTS).map(([layout, label]) => button(label, () => { choice.layout = layout; show(); }, { "data-layout": layout, "aria-pressed": "false" })));
  one("#sort").append(make("option", { value: "" }, "campaign order"), make("option", { value: "my_pick" }, "your picks"), make("option", { value: "my_rating" }, "your rating"),
    ...DATA.columns.map(({ name, label }) => make("option", { value: name }, label)), make("option", { value: "state" }, "state"), make("option", { value: "id" }, "creative id"));
}

function connect() {
  one("#find").addEventListener("input", ({ target }) => { choice.find = target.value; show(); });
  one("#sort").addEventListener("change", ({ target }) => { choice.sort = target.value; show(); });
  one("#direction").addEventListener("click", () => { choice.down = !choice.down; show(); });
  one("#reset").addEventListener("click", () => { choice.levels.clear(); choice.find = ""; show(); one("#find").focus(); });
  one("#together").addEventListener("click", () => playTogether(!together));
  one("#blind-start").addEventListener("click", () => startBlind(Number(choice.seed) || DATA.seed));
  one("#export").addEventListener("click", download);
  one("#import").addEventListener("click", () => one("#import-file").click());
  one("#import-file").addEventListener("change", async ({ target }) => { if (target.files[0]) await importFile(target.files[0]); target.value = ""; });
  one("#reviewer").addEventListener("change", keep);
  one("#help-open").addEventListener("click", openHelp);
  addEventListener("hashchange", () => { fromFragment(location.hash.slice(1)); paintTray(); show(); });
  addEventListener("beforeprint", everything);
  document.addEventListener("click", ({ target }) => { if (!target.closest("#judgements")) one("#judgements").open = false; });
}

const wide = matchMedia("(min-width: 1040px)");
const fit = () => { one("#facets").open = wide.matches; };

recall();
buildBar();
buildFacets();
connect();
fit();
wide.addEventListener("change", fit);
for (const part of ["#bar", "#facets"]) one(part).hidden = false;
fromFragment(location.hash.slice(1));
tally();
paintTray();
show();
if (choice.compared.length > 1) openCompared();
