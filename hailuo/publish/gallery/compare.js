// Choosing two to four clips, and looking at them (or at one) with everything that is known.
function toggleCompared(id) {
  if (!BY_ID.get(id)?.clip) return;
  const at = choice.compared.indexOf(id);
  if (at >= 0) choice.compared.splice(at, 1);
  else if (choice.compared.length < 4) choice.compared.push(id);
  else return say("Four clips at most: take one out first.");
  paintTray();
  writeFragment();
}

function paintTray() {
  const tray = one("#tray"), jobs = choice.compared.map((id) => BY_ID.get(id));
  for (const tile of tiles.values()) paintTile(tile);
  tray.hidden = !jobs.length;
  document.body.classList.toggle("has-tray", jobs.length > 0);
  tray.replaceChildren(
    make("ul", {}, ...jobs.map((job) => make("li", {}, make("span", {}, bdi(job.model), ` · take ${job.take}`), button("×", () => toggleCompared(job.id), { class: "quiet", "aria-label": `Take out ${job.spoken}` })))),
    button("Clear", () => { choice.compared = []; paintTray(); writeFragment(); }, { class: "quiet" }),
    button(jobs.length > 1 ? `Compare ${jobs.length}` : "Choose one more", openCompared, { class: "primary", disabled: jobs.length < 2 }));
}

const openCompared = () => choice.compared.length > 1 && openStage(choice.compared.map((id) => BY_ID.get(id)));

function openStage(jobs) {
  stage.from = jobs[0].id;
  const title = jobs.length > 1 ? `${jobs.length} clips side by side` : promptOf(jobs[0]).label;
  buildStage(jobs, { title, told, after: jobs.length > 1 ? [differences(jobs)] : [details(jobs[0])] });
}

const told = (job) => [
  make("h3", {}, bdi(job.model), " ", make("span", {}, job.setting), job.control ? make("em", {}, "control") : null),
  make("p", { class: "line" }, make("span", {}, bdi(promptOf(job).label), ...promptOf(job).variables.flatMap(([, level]) => [" · ", bdi(level)])), make("span", {}, `take ${job.take}`), job.frame ? make("span", {}, "from ", bdi(job.frame)) : null),
  make("p", { class: "line money" }, make("span", {}, make("strong", {}, job.cost), ` ${job.costNote}`), ...badgesOf(job)),
];

// What differs between them as it is written, and nothing else.
function differences(jobs) {
  const rows = DATA.columns.filter(({ name, trace }) => !trace && new Set(jobs.map((job) => cellText(valueOf(job, name)))).size > 1);
  const prompts = [...new Set(jobs.map(promptOf))];
  return make("div", { class: "after two" },
    make("div", {}, ...prompts.flatMap((prompt) => [make("h3", {}, bdi(prompt.label)), promptText(prompt)])),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What differs" }, make("table", {},
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "What differs"), ...jobs.map((_, at) => make("th", { scope: "col", class: "number" }, LETTERS[at])))),
      make("tbody", {}, ...rows.map(({ name, label }) => make("tr", {}, make("th", { scope: "row" }, label), ...jobs.map((job) => make("td", { class: "number" }, bdi(cellText(valueOf(job, name)))))))))));
}

function details(job) {
  const known = DATA.columns.filter(({ name, trace }) => !trace && (valueOf(job, name) ?? null) !== null);
  return make("div", { class: "after two" },
    make("div", {}, make("h3", {}, "Prompt"), promptText(promptOf(job)), ...placementList(job), ...copyList(job), ...opinion(job)),
    make("div", {}, make("h3", {}, "Measured and paid"),
      make("dl", { class: "known" }, ...known.map(({ name, label }) => make("div", {}, make("dt", {}, label), make("dd", {}, bdi(cellText(valueOf(job, name))))))),
      make("p", { class: "row" }, button(job.id, ({ currentTarget }) => copy(currentTarget, job.id), { class: "link mono", title: "Copy the creative id", "aria-label": `Copy creative id ${job.id}` }),
        job.clip.startsWith("data:") ? null : make("a", { href: job.clip, target: "_blank", rel: "noopener" }, "Open the file"))));
}

function placementList(job) {
  if (!job.placements.length) return [];
  return [make("h3", {}, "Placements"), make("ul", { class: "placements" }, ...job.placements.map(({ said, verdict, reasons }) =>
    make("li", {}, make("span", { class: `badge q-${verdict}` }, verdict), " ", said, reasons.length ? make("span", { class: "soft" }, ` ${reasons.join(", ")}`) : null)))];
}

function copyList(job) {
  if (!job.copies.length) return [];
  return [make("h3", {}, "Copies made of it"), make("ul", { class: "placements copies" }, ...job.copies.map((one) =>
    make("li", {}, one.verdict ? make("span", { class: `badge q-${one.verdict}` }, one.verdict) : null, " ",
      one.href ? make("a", { href: one.href, target: "_blank", rel: "noopener" }, one.said) : one.said,
      make("span", { class: "soft" }, ` ${[one.size, one.id, ...one.reasons].filter(Boolean).join(" · ")}`))))];
}

function opinion(job) {
  const { tags, note } = judgementOf(job.id);
  const words = (text) => [...new Set(text.split(",").map((word) => word.trim().slice(0, 60)).filter(Boolean))].slice(0, 50);
  return [make("h3", {}, "Your words"),
    make("label", { class: "field wide" }, make("span", {}, "Tags, with commas"), make("input", { id: "tags", value: tags.join(", "), change: ({ target }) => judge(job.id, { tags: words(target.value) }) })),
    make("label", { class: "field wide" }, make("span", {}, "Note"), make("textarea", { id: "note", rows: 2, maxlength: 2000, change: ({ target }) => judge(job.id, { note: target.value.trim() }) }, note))];
}

async function copy(target, text) {
  getSelection().selectAllChildren(target); // what remains to be copied by hand where the clipboard is closed
  try { await navigator.clipboard.writeText(text); say("Copied"); } catch { say("Press Ctrl C to copy"); }
}
