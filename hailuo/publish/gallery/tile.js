// One job as a tile. A tile is made once, and moved from layout to layout.

/** @type {Map<string, HTMLElement>} */
const tiles = new Map();

/** @param {Job} job */
function tileOf(job) {
  const tile = tiles.get(job.id) ?? makeTile(job);
  tiles.set(job.id, tile);
  return tile;
}

/** @param {Job} job */
function makeTile(job) {
  const tile = make("article", { class: `tile${job.control ? " control" : ""}${(job.aspect ?? 2) < 1.2 ? " tall" : ""}`, "data-id": job.id, "aria-label": job.spoken });
  const media = job.clip ? mediaOf(job, job.spoken) : job.poster ? stillOf(job, job.poster) : reasonOf(job);
  if (job.aspect) media.style.aspectRatio = String(job.aspect);
  tile.append(make("div", { class: "frame" }, media, job.clip ? overlayOf(job) : null), captionOf(job));
  paintTile(tile);
  return tile;
}

/**
 * The state of a job without a clip, and why it has none.
 * @param {Job} job
 */
const reasonOf = (job) => make("div", { class: `well s-${job.state}` },
  make("b", {}, job.stateWord), make("p", { dir: "auto" }, job.why));

/**
 * The poster alone: a page that embeds its pictures may have no room for the clip.
 * @param {Job} job
 * @param {string} poster
 */
function stillOf(job, poster) {
  const still = make("div", { class: "media still", title: job.why });
  still.append(
    make("img", { src: poster, alt: `A picture of ${job.spoken}`, loading: "lazy", decoding: "async", error: () => still.replaceWith(reasonOf(job)) }),
    make("span", { class: "chip picture-only" }, "Picture only"));
  return still;
}

/** @param {Job} job */
const overlayOf = (job) => make("div", { class: "over" },
  button("Compare", () => toggleCompared(job.id), { class: "chip compare", "data-compare": job.id, "aria-pressed": "false", "aria-label": `Compare ${job.spoken}` }),
  button("⤢", () => openStage([job]), { class: "chip", "aria-label": `Enlarge ${job.spoken}`, title: "Enlarge" }));

/** @param {Job} job */
const numberMark = (job) => make("span", { class: "no" }, numberOf(job), " ");

/** @param {Job} job */
function captionOf(job) {
  return make("div", { class: "caption" },
    make("h3", {}, numberMark(job), bdi(job.model), " ", make("span", {}, job.setting), job.control ? make("em", {}, "control") : null, job.replaces ? make("em", {}, "substitute") : null),
    make("p", { class: "line" }, make("span", { class: "named" }, bdi(promptOf(job).label)), make("span", {}, `Take ${job.take}`), job.frame ? make("span", { class: "from" }, "from ", bdi(job.frame)) : null),
    make("p", { class: "line money" }, make("span", {}, make("strong", {}, job.cost), ` ${job.costNote}`), ...badgesOf(job)),
    ...resultLines(job),
    job.clip ? judgeBar(job, job.spoken) : null,
    othersLine(job.id));
}

/** @param {Job} job */
function badgesOf(job) {
  const badges = [];
  const { quality, placements, copies } = job;
  if (quality) badges.push(make("span", { class: `badge q-${quality.verdict}`, title: quality.reasons.join(", ") || quality.said }, quality.reasons.length && quality.verdict !== "pass" ? quality.reasons.slice(0, 2).join(", ") : quality.said));
  if (placements.length) {
    const fit = placements.filter(({ verdict }) => verdict === "pass" || verdict === "warn");
    const title = placements.map(({ said, verdict, reasons }) => [`${said}: ${verdict}`, ...reasons].join(", ")).join("\n");
    badges.push(make("span", { class: `badge ${fit.length ? "" : "q-fail"}`, title }, `runs on ${fit.length} of ${placements.length}`));
  }
  if (copies.length) badges.push(copiesBadge(job));
  return badges;
}

/** @param {Copy} copy */
const copyText = ({ said, verdict, size, reasons }) => [`${said}${verdict ? `: ${verdict}` : ""}`, size, ...reasons].filter(Boolean).join(", ");

/**
 * One copy is a link to it; several open the enlarged clip, which has their links.
 * @param {Job} job A job with copies.
 */
function copiesBadge(job) {
  const { copies: [first, ...others] } = job;
  const look = { class: "badge copy", title: job.copies.map(copyText).join("\n") };
  if (others.length) return button(`${job.copies.length} copies`, () => openStage([job]), { ...look, "aria-label": `${job.copies.length} copies of ${job.spoken}` });
  if (!first.href) return make("span", look, `copy for ${first.said}`);
  return make("a", { ...look, href: first.href, target: "_blank", rel: "noopener", "aria-label": `Open the copy for ${copyText(first)}` }, `copy for ${first.said}`);
}

/** @param {HTMLElement} tile */
function paintTile(tile) {
  const id = tile.dataset.id ?? "", chosen = choice.compared.includes(id), { pick } = judgementOf(id);
  tile.classList.toggle("chosen", chosen);
  for (const name of Object.keys(PICKS)) tile.classList.toggle(`is-${name}`, pick === name);
  tile.querySelector("[data-compare]")?.setAttribute("aria-pressed", String(chosen));
  for (const bar of all("[data-judge]", tile)) paintJudgeBar(bar);
  for (const line of all("[data-others]", tile)) paintOthers(line);
}
onJudged.push((id) => {
  for (const tile of id === null ? tiles.values() : [tiles.get(id)]) if (tile) paintTile(tile);
});

/**
 * A button to show all of a long prompt: in narrow windows, or in all of them.
 * @param {boolean} always
 */
function wholePromptButton(always) {
  return button("Show all", (own) => {
    const whole = own.parentElement?.classList.toggle("whole") ?? false;
    own.textContent = whole ? "Show less" : "Show all";
    own.setAttribute("aria-expanded", String(whole));
  }, { class: `link more${always ? " always" : ""}`, "aria-expanded": "false" });
}

/**
 * The prompt as it was sent; what it changes against the control's prompt is marked.
 * @param {Prompt} prompt
 */
function promptText(prompt) {
  const parts = prompt.changes.map(([kind, words]) => (kind === "same" ? words : make(kind === "added" ? "ins" : "del", {}, words)));
  return make("p", { class: "text", dir: "auto" }, ...(parts.length ? parts : [prompt.text]));
}

/**
 * @param {Prompt} prompt
 * @param {Job[]} jobs
 */
function promptHeader(prompt, jobs) {
  const clips = jobs.filter(({ clip }) => clip).length;
  return make("header", {},
    make("h2", { dir: "auto" }, prompt.label),
    make("p", { class: "tally" }, `${clips} of ${plural(jobs.length, "clip")}`, prompt.changes.length ? " · changes from the control's prompt are marked" : ""),
    prompt.variables.length ? make("ul", { class: "variables" }, ...prompt.variables.map(([name, level]) => make("li", {}, make("span", {}, `${name} `), bdi(level)))) : null,
    promptText(prompt), prompt.text.length > 160 ? wholePromptButton(prompt.text.length > 700) : null);
}
