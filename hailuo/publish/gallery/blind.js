// Blind pick: judge clips of the same prompt and length without their names. The same seed gives everybody the same order.

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
 * Rounds of at most four clips, as even as possible. The order of the page does not matter.
 * @param {Job[]} jobs
 * @param {number} seed
 */
function roundsOf(jobs, seed) {
  const random = randomOf(seed), rounds = [];
  const ordered = [...jobs].sort((one, other) => (one.id < other.id ? -1 : 1));
  for (const members of grouped(ordered, (job) => `${job.prompt} ${job.seconds}`).values()) {
    const order = shuffled(members, random), count = Math.ceil(order.length / 4);
    for (let at = 0; at < count; at += 1) rounds.push(order.slice(Math.round((at * order.length) / count), Math.round(((at + 1) * order.length) / count)));
  }
  return shuffled(rounds, random);
}

/** @param {number} seed */
function startBlind(seed) {
  const rounds = roundsOf(filterJobs().shown.filter(({ clip }) => clip), seed);
  if (!rounds.length) return notify("There are no clips to judge here.");
  stage.from = rounds[0][0].id;
  openRound({ rounds, seed, at: 0, seen: new Map() });
}

/** @param {BlindPick} blind */
function openRound(blind) {
  const jobs = blind.rounds[blind.at];
  for (const job of jobs) blind.seen.set(job.id, job);
  const text = make("p", { class: "text", dir: "auto" }, promptOf(jobs[0]).text);
  buildStage(jobs, {
    title: `Blind pick · round ${blind.at + 1} of ${blind.rounds.length}`, about: () => [], blind, close: () => reveal(blind),
    after: [blindFoot(blind), make("div", { class: "after" }, make("h3", {}, "The prompt"), text)],
  });
}

/** @param {BlindPick} blind */
function blindFoot(blind) {
  const keys = Object.entries({ "A–D": "choose", P: "pick", F: "finalist", X: "reject", "1–5": "rate", Enter: "next" });
  return make("div", { class: "foot" },
    make("p", { class: "soft" }, make("span", { class: "keyed" }, ...keys.flatMap(([key, what]) => [keyHint(key), ` ${what} `]), "· "), `seed ${blind.seed}`),
    button("Back", () => turnRound(-1), { id: "back", disabled: blind.at === 0 }),
    button(blind.at + 1 < blind.rounds.length ? "Next round" : "Reveal", () => turnRound(1), { id: "next", class: "primary" }));
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

/**
 * After the last round: for each axis, which levels you picked.
 * @param {BlindPick} blind
 */
function reveal(blind) {
  emptyStage();
  stage.blind = null;
  const jobs = [...blind.seen.values()];
  const axes = AXES.filter((facet) => new Set(jobs.flatMap(facet.of)).size > 1);
  dialog.className = "revealed";
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "stage-title" }, "What you picked"), button("Close", () => dialog.close(), { class: "quiet" })),
    make("div", { class: "after" }, make("p", { class: "soft" }, `You judged ${plural(jobs.length, "clip")} without names, seed ${blind.seed}. One person's opinion is a hint, not a result.`), ...axes.map((facet) => picksTable(facet, jobs))),
    make("div", { class: "foot" }, button("Export judgements", download, { class: "primary", id: "export-blind" })));
  byId("export-blind").focus();
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
