// The filters next to the clips. Each level shows how many jobs you would see if you chose it.

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
