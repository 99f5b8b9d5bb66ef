// The filters beside the clips, with what each level would leave.
const boxes = new Map();

function buildFacets() {
  const root = one("#facet-list");
  for (const facet of FACETS) {
    const levels = facet.key === "judged" ? ["Not judged", ...Object.values(PICKS).map(([, word]) => word)] : levelsOf(facet);
    if (levels.length < (facet.least ?? 2)) continue;
    const set = make("fieldset", {}, make("legend", {}, facet.label));
    for (const level of levels) set.append(levelBox(facet, level));
    root.append(set);
  }
}

function levelBox(facet, level) {
  const count = make("span", { class: "count" });
  const box = make("input", { type: "checkbox", change: () => { toggleLevel(facet.key, level); show(); } });
  boxes.set(`${facet.key}\n${level}`, { box, count, facet, level });
  return make("label", {}, box, make("span", { class: "level" }, bdi(nameOf(facet, level))), count);
}

function paintFacets(counts) {
  for (const { box, count, facet, level } of boxes.values()) {
    const found = counts[FACETS.indexOf(facet)].get(level) ?? 0;
    box.checked = choice.levels.get(facet.key)?.has(level) ?? false;
    count.textContent = found;
    box.parentElement.classList.toggle("nothing", !found && !box.checked);
  }
  const chosen = [...choice.levels.values()].reduce((sum, levels) => sum + levels.size, 0);
  one("#facet-count").textContent = chosen || "";
  one("#reset").hidden = !chosen && !choice.find;
}
