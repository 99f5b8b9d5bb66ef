// One job, as a tile; made once, and moved from layout to layout.
const tiles = new Map();

function tileOf(job) {
  if (!tiles.has(job.id)) tiles.set(job.id, makeTile(job));
  return tiles.get(job.id);
}

function makeTile(job) {
  const tile = make("article", { class: `tile${job.control ? " control" : ""}${(job.aspect ?? 2) < 1.2 ? " tall" : ""}`, "data-id": job.id, "aria-label": job.spoken });
  const media = job.clip ? mediaOf(job, job.spoken) : job.poster ? stillOf(job) : wellOf(job);
  if (job.aspect) media.style.aspectRatio = String(job.aspect);
  tile.append(make("div", { class: "frame" }, media, job.clip ? overlayOf(job) : null), captionOf(job));
  paintTile(tile);
  return tile;
}

const wellOf = (job) => make("div", { class: `well s-${job.state}` },
  make("b", {}, job.stateWord), make("p", { dir: "auto" }, job.why));

// A page that travels alone may have a clip's picture and no room for the clip.
const stillOf = (job) => make("div", { class: "media still", title: job.why },
  make("img", { src: job.poster, alt: `A picture of ${job.spoken}`, loading: "lazy", decoding: "async", error: ({ target }) => target.closest(".media").replaceWith(wellOf(job)) }),
  make("span", { class: "chip told-on" }, "Picture only"));

const overlayOf = (job) => make("div", { class: "over" },
  button("Compare", () => toggleCompared(job.id), { class: "chip compare", "data-compare": job.id, "aria-pressed": "false", "aria-label": `Compare ${job.spoken}` }),
  button("⤢", () => openStage([job]), { class: "chip", "aria-label": `Look closer at ${job.spoken}`, title: "Look closer" }));

function captionOf(job) {
  return make("div", { class: "caption" },
    make("h3", {}, bdi(job.model), " ", make("span", {}, job.setting), job.control ? make("em", {}, "control") : null),
    make("p", { class: "line" }, make("span", { class: "named" }, bdi(promptOf(job).label)), make("span", {}, `Take ${job.take}`), job.frame ? make("span", { class: "from" }, "from ", bdi(job.frame)) : null),
    make("p", { class: "line money" }, make("span", {}, make("strong", {}, job.cost), ` ${job.costNote}`), ...badgesOf(job)),
    job.clip ? judgeBar(job, job.spoken) : null);
}

function badgesOf(job) {
  const badges = [];
  const { quality, placements, copies } = job;
  if (quality) badges.push(make("span", { class: `badge q-${quality.verdict}`, title: quality.reasons.join(", ") || quality.said }, quality.reasons.length && quality.verdict !== "pass" ? quality.reasons.slice(0, 2).join(", ") : quality.said));
  if (placements.length) {
    const fit = placements.filter(({ verdict }) => verdict === "pass" || verdict === "warn");
    const told = placements.map(({ said, verdict, reasons }) => [`${said}: ${verdict}`, ...reasons].join(", ")).join("\n");
    badges.push(make("span", { class: `badge ${fit.length ? "" : "q-fail"}`, title: told }, `runs on ${fit.length} of ${placements.length}`));
  }
  if (copies.length) badges.push(copiesBadge(job));
  return badges;
}

const copyTold = ({ said, verdict, size, reasons }) => [`${said}${verdict ? `: ${verdict}` : ""}`, size, ...reasons].filter(Boolean).join(", ");

// One copy is a link to it; of several the closer look has the links.
function copiesBadge(job) {
  const { copies: [first, ...others] } = job, told = { class: "badge copy", title: job.copies.map(copyTold).join("\n") };
  if (others.length) return button(`${job.copies.length} copies`, () => openStage([job]), { ...told, "aria-label": `${job.copies.length} copies of ${job.spoken}` });
  if (!first.href) return make("span", told, `copy for ${first.said}`);
  return make("a", { ...told, href: first.href, target: "_blank", rel: "noopener", "aria-label": `Open the copy for ${copyTold(first)}` }, `copy for ${first.said}`);
}

function paintTile(tile) {
  const { pick } = judgementOf(tile.dataset.id);
  tile.classList.toggle("chosen", choice.compared.includes(tile.dataset.id));
  for (const name of Object.keys(PICKS)) tile.classList.toggle(`is-${name}`, pick === name);
  const compare = one("[data-compare]", tile);
  compare?.setAttribute("aria-pressed", String(choice.compared.includes(tile.dataset.id)));
  for (const bar of all("[data-judge]", tile)) paintJudgeBar(bar);
}
onJudged.push((id) => {
  for (const [own, tile] of tiles) if (id === null || own === id) paintTile(tile);
  for (const bar of all("#stage [data-judge]")) paintJudgeBar(bar);
});

// Long prompts are cut on narrow windows, very long ones everywhere, until they are asked for.
function wholePrompt(always) {
  const turn = ({ currentTarget }) => {
    const whole = currentTarget.parentElement.classList.toggle("whole");
    currentTarget.textContent = whole ? "Less" : "Whole prompt";
    currentTarget.setAttribute("aria-expanded", String(whole));
  };
  return button("Whole prompt", turn, { class: `link more${always ? " always" : ""}`, "aria-expanded": "false" });
}

// A prompt as it was sent; where it differs from the control's, with what it changes.
function promptText(prompt) {
  if (!prompt.changes.length) return make("p", { class: "text", dir: "auto" }, prompt.text);
  const parts = { same: (text) => text, added: (text) => make("ins", {}, text), dropped: (text) => make("del", {}, text) };
  return make("p", { class: "text", dir: "auto" }, ...prompt.changes.map(([kind, text]) => parts[kind](text)));
}

function promptHeader(prompt, jobs) {
  const clips = jobs.filter(({ clip }) => clip).length;
  return make("header", {},
    make("h2", { dir: "auto" }, prompt.label),
    make("p", { class: "tally" }, `${clips} of ${plural(jobs.length, "clip")}`, prompt.changes.length ? " · marked against the control's prompt" : ""),
    prompt.variables.length ? make("ul", { class: "variables" }, ...prompt.variables.map(([name, level]) => make("li", {}, make("span", {}, `${name} `), bdi(level)))) : null,
    promptText(prompt), prompt.text.length > 160 ? wholePrompt(prompt.text.length > 700) : null);
}
