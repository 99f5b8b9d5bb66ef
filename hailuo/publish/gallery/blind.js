// Blind pick: judge clips of the same prompt, length and shape without their names. The same seed gives everybody the same
// order. Nothing that was judged before is shown, and what you judge here counts once the names are shown.

/** @typedef {{pick: string, rating: number | null, reviewed_at: string}} BlindVerdict */
/**
 * @typedef {object} BlindPick What this browser saves of a blind pick, so that it can be paused.
 * @property {number} seed
 * @property {string[][]} rounds The ids of the clips.
 * @property {number} at The round that is open.
 * @property {Record<string, BlindVerdict>} verdicts
 */
const SHAPES = [9 / 16, 2 / 3, 4 / 5, 1, 5 / 4, 4 / 3, 3 / 2, 16 / 9, 21 / 9];
/** @param {number} seed */
const blindKey = (seed) => `${STORED_AS}#blind:${seed}`;
const seedOfPage = () => Number(choice.seed) || DATA.seed;

/**
 * The generator mulberry32, which is in the public domain: the same numbers in every browser.
 * @param {number} seed
 */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @template T
 * @param {T[]} things
 * @param {() => number} random
 */
function shuffled(things, random) {
  const order = [...things];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/**
 * The nearest usual shape: models that deliver 1366x768 and 1280x720 for one order are in one round.
 * @param {Job} job
 */
function shapeOf({ aspect }) {
  if (!aspect) return "";
  const away = SHAPES.map((shape) => Math.abs(Math.log(aspect / shape)));
  return String(away.indexOf(Math.min(...away)));
}

/**
 * Rounds of at most four clips, as even as possible. The order of the page does not matter.
 * @param {Job[]} jobs
 * @param {number} seed
 */
function roundsOf(jobs, seed) {
  const random = randomOf(seed), rounds = [];
  const ordered = [...jobs].sort((one, other) => (one.id < other.id ? -1 : 1));
  for (const members of grouped(ordered, (job) => `${job.prompt} ${job.seconds} ${shapeOf(job)}`).values()) {
    const order = shuffled(members, random), count = Math.ceil(order.length / 4);
    for (let at = 0; at < count; at += 1) rounds.push(order.slice(Math.round((at * order.length) / count), Math.round(((at + 1) * order.length) / count)));
  }
  return shuffled(rounds, random);
}

/**
 * Learn the shape of a clip that was never measured; a clip that cannot be loaded has none.
 * @param {Job} job
 * @returns {Promise<void>}
 */
const learnShape = (job) => new Promise((learned) => {
  const video = make("video", { src: job.proxy ?? job.clip, preload: "metadata" });
  const end = () => { job.aspect = video.videoWidth / video.videoHeight || null; video.removeAttribute("src"); video.load(); learned(); };
  video.addEventListener("loadedmetadata", end, { once: true });
  video.addEventListener("error", end, { once: true });
  setTimeout(learned, 8000);
});

/** @param {Job[]} jobs */
async function measureShapes(jobs) {
  const unmeasured = jobs.filter(({ aspect }) => !aspect);
  if (unmeasured.length) notify("The shapes of the clips are measured …");
  for (let at = 0; at < unmeasured.length; at += 6) await Promise.all(unmeasured.slice(at, at + 6).map(learnShape));
}

/** The blind pick that was paused, without clips that the page no longer has. */
function pausedBlind() {
  const known = readStored(blindKey(seedOfPage()));
  if (!Array.isArray(known?.rounds)) return null;
  const rounds = asList(known.rounds).map((ids) => asList(ids).filter((id) => BY_ID.get(id)?.clip)).filter((ids) => ids.length);
  if (!rounds.length) return null;
  return /** @type {BlindPick} */ ({ seed: seedOfPage(), rounds, at: Math.max(0, Math.min(Number(known.at) || 0, rounds.length - 1)), verdicts: { ...known.verdicts } });
}

/** Go on where you paused, or begin with the clips that the page shows. */
async function startBlind() {
  const paused = pausedBlind();
  if (paused) return openRound(paused);
  const jobs = filterJobs().filter(({ clip }) => clip);
  await measureShapes(jobs);
  const seed = seedOfPage(), rounds = roundsOf(jobs, seed).map((round) => round.map(({ id }) => id));
  if (!rounds.length) return notify("There are no clips to judge here.");
  undoable.blind = [];
  openRound({ rounds, seed, at: 0, verdicts: {} });
}

/** @param {BlindPick} blind */
function openRound(blind) {
  const jobs = blind.rounds[blind.at].map(jobWithId);
  stage.from = "";
  stage.blind = blind;
  saveBlind(blind);
  const text = make("p", { class: "text", dir: "auto" }, promptOf(jobs[0]).text);
  buildStage(jobs, {
    kind: "blind", title: `Blind pick · round ${blind.at + 1} of ${blind.rounds.length}`, about: () => [], blind, closeWord: "Pause",
    after: [blindFoot(blind), make("div", { class: "after" }, make("h3", {}, "The prompt"), text)],
  });
  for (const screen of all(".screen", dialog)) screen.style.aspectRatio = String(jobs[0].aspect ?? 16 / 9); // one shape for all
}

/**
 * Another tab may be in the same blind pick: of each clip the newest verdict is kept.
 * @param {BlindPick} blind
 */
function saveBlind(blind) {
  for (const [id, verdict] of Object.entries(readStored(blindKey(blind.seed))?.verdicts ?? {})) {
    if (!(blind.verdicts[id]?.reviewed_at >= verdict?.reviewed_at)) blind.verdicts[id] = verdict;
  }
  writeStored(blindKey(blind.seed), blind);
}

/** @param {string} id */
const verdictOf = (id) => ({ ...NOT_JUDGED, ...stage.blind?.verdicts[id] });

/**
 * @param {string} id
 * @param {Partial<Judgement>} change
 */
function judgeBlind(id, change) {
  const { blind } = stage;
  if (!blind) return;
  const { pick, rating } = { ...verdictOf(id), ...change };
  blind.verdicts[id] = { pick, rating, reviewed_at: new Date().toISOString() };
  saveBlind(blind);
  for (const bar of all("#stage [data-judge]")) paintJudgeBar(bar);
}

/** @param {BlindPick} blind */
function blindFoot(blind) {
  const keys = Object.entries({ "A–D": "choose", P: "pick", F: "finalist", X: "reject", "1–5": "rate", Enter: "next" });
  const isLast = blind.at + 1 === blind.rounds.length;
  return make("div", { class: "foot" },
    make("p", { class: "soft" }, make("span", { class: "keyed" }, ...keys.flatMap(([key, what]) => [keyHint(key), ` ${what} `]), "· "), `seed ${blind.seed}`),
    button("Undo", undo, { id: "undo", title: "Take back the last verdict (U)" }), button("Back", () => turnRound(-1), { id: "back", disabled: blind.at === 0 }),
    isLast ? null : button("End here", () => reveal(blind), { id: "end", title: "Show the names of the clips so far" }),
    button(isLast ? "Reveal" : "Next round", () => turnRound(1), { id: "next", class: "primary" }));
}

/** @param {string} text */
const keyHint = (text) => make("kbd", {}, text);

/** @param {number} by */
function turnRound(by) {
  const { blind } = stage;
  if (!blind || blind.at + by < 0) return;
  if (blind.at + by >= blind.rounds.length) return reveal(blind);
  openRound({ ...blind, at: blind.at + by });
}

/** On the page: whether a blind pick waits to be gone on with. */
function paintBlindStart() {
  const paused = pausedBlind();
  byId("blind-start").textContent = paused ? `Resume blind pick (${paused.at + 1} of ${paused.rounds.length})` : "Blind pick";
}

/**
 * The end: what you judged becomes your judgement. The clips you picked are shown, and for each axis which levels you picked.
 * @param {BlindPick} blind
 */
function reveal(blind) {
  emptyStage();
  saveBlind(blind);
  stage.blind = null;
  for (const [id, { pick, rating }] of Object.entries(blind.verdicts)) if (BY_ID.has(id)) judge(id, cleanedVerdict(pick, rating));
  forgetStored(blindKey(blind.seed));
  undoable.blind = [];
  paintBlindStart();
  const jobs = blind.rounds.slice(0, blind.at + 1).flat().map(jobWithId);
  const axes = AXES.filter((facet) => new Set(jobs.flatMap(facet.of)).size > 1);
  dialog.className = "revealed";
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "stage-title" }, "What you picked"), button("Close", () => dialog.close(), { class: "quiet" })),
    make("div", { class: "after" }, make("p", { class: "soft" }, `You judged ${plural(jobs.length, "clip")} without names, seed ${blind.seed}. One person's opinion is a hint, not a result.`),
      ...pickedClips(jobs), ...axes.map((facet) => picksTable(facet, jobs))),
    make("div", { class: "foot" }, button("Export judgements", download, { class: "primary", id: "export-blind" })));
  byId("export-blind").focus();
}

/**
 * @param {unknown} pick
 * @param {unknown} rating
 */
function cleanedVerdict(pick, rating) {
  const { pick: known, rating: stars } = cleaned({ pick, rating });
  return { pick: known, rating: stars };
}

/**
 * The clips you picked, by verdict and then rating, each with its number and its name.
 * @param {Job[]} jobs
 */
function pickedClips(jobs) {
  const chosen = jobs.filter(({ id }) => ["pick", "finalist"].includes(judgementOf(id).pick));
  if (!chosen.length) return [make("p", {}, "You picked no clip.")];
  chosen.sort((one, other) => PICK_ORDER.indexOf(judgementOf(other.id).pick) - PICK_ORDER.indexOf(judgementOf(one.id).pick) || (judgementOf(other.id).rating ?? 0) - (judgementOf(one.id).rating ?? 0));
  return [make("ul", { class: "picked" }, ...chosen.map((job) => make("li", { "data-id": job.id },
    job.poster ? make("img", { src: job.poster, alt: "", loading: "lazy" }) : make("video", { src: `${job.proxy ?? job.clip}#t=0.1`, preload: "metadata", playsinline: true, tabindex: -1, "aria-hidden": "true" }),
    make("b", {}, numberOf(job)), make("span", {}, " ", bdi(job.model), ` · ${job.setting} · take ${job.take}`),
    make("p", { class: "soft" }, bdi(promptOf(job).label), ` · ${verdictText(judgementOf(job.id))}`))))];
}

/**
 * @param {Facet} facet
 * @param {Job[]} jobs
 */
function picksTable(facet, jobs) {
  const head = ["seen", ...Object.values(PICKS).map(([, word]) => word.toLowerCase()), "rating"];
  const rows = [...grouped(jobs, (job) => facet.of(job)[0])].map(([level, members]) => {
    const judgements = members.map(({ id }) => judgementOf(id));
    const counts = Object.keys(PICKS).map((name) => judgements.filter(({ pick }) => pick === name).length);
    const ratings = judgements.flatMap(({ rating }) => rating ?? []);
    const mean = ratings.length ? (ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length).toFixed(1) : "–";
    return make("tr", {}, make("th", { scope: "row" }, bdi(nameOf(facet, level))), ...[members.length, ...counts, mean].map((value) => make("td", { class: "number" }, value)));
  });
  return make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, facet.label), ...head.map((word) => make("th", { scope: "col", class: "number" }, word)))),
    make("tbody", {}, ...rows));
}
