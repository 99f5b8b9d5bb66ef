// Picking without knowing which is which: same prompt, same length, order by a seed that can be told to others.
function randomOf(seed) {
  let state = seed >>> 0; // mulberry32, a public-domain generator: the same seed gives the same order in every browser
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(things, random) {
  const order = [...things];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

// Rounds of up to four, as even as can be: nobody is left to be judged alone if it can be helped.
function roundsOf(jobs, seed) {
  const random = randomOf(seed), rounds = [];
  const byId = [...jobs].sort((one, other) => (one.id < other.id ? -1 : 1)); // the order of the page must not matter
  for (const members of grouped(byId, (job) => `${job.prompt} ${job.seconds}`).values()) {
    const order = shuffled(members, random), count = Math.ceil(order.length / 4);
    for (let at = 0; at < count; at += 1) rounds.push(order.slice(Math.round((at * order.length) / count), Math.round(((at + 1) * order.length) / count)));
  }
  return shuffled(rounds, random);
}

function startBlind(seed) {
  const rounds = roundsOf(sift().shown.filter(({ clip }) => clip), seed);
  if (!rounds.length) return say("No clips are shown that could be judged.");
  stage.from = rounds[0][0].id;
  openRound({ rounds, seed, at: 0, seen: new Map() });
}

function openRound(blind) {
  const jobs = blind.rounds[blind.at];
  for (const job of jobs) blind.seen.set(job.id, job);
  const text = make("p", { class: "text", dir: "auto" }, promptOf(jobs[0]).text);
  buildStage(jobs, { title: `Blind pick · round ${blind.at + 1} of ${blind.rounds.length}`, told: () => [], blind, after: [blindFoot(blind), make("div", { class: "after" }, make("h3", {}, "The prompt"), text)], close: () => reveal(blind) });
}

const blindFoot = (blind) => make("div", { class: "foot" },
  make("p", { class: "soft" }, make("span", { class: "keyed" }, ...Object.entries({ "A–D": "choose", P: "pick", F: "finalist", X: "reject", "1–5": "rate", Enter: "next" }).flatMap(([key, what]) => [keyHint(key), ` ${what} `]), "· "), `seed ${blind.seed}`),
  button("Back", () => turnRound(-1), { id: "back", disabled: blind.at === 0 }),
  button(blind.at + 1 < blind.rounds.length ? "Next round" : "Reveal", () => turnRound(1), { id: "next", class: "primary" }));

const keyHint = (text) => make("kbd", {}, text);

function turnRound(by) {
  const { blind } = stage, at = blind.at + by;
  if (at < 0) return;
  if (at >= blind.rounds.length) return reveal(blind);
  openRound({ ...blind, at });
}

// Only now: which level of each axis the judgements went to.
function reveal(blind) {
  emptyStage();
  stage.blind = null;
  const jobs = [...blind.seen.values()];
  const axes = AXES.filter((facet) => new Set(jobs.flatMap(facet.of)).size > 1);
  dialog.className = "revealed";
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "stage-title" }, "What you picked"), button("Close", () => dialog.close(), { class: "quiet" })),
    make("div", { class: "after" }, make("p", { class: "soft" }, `${plural(jobs.length, "clip")} seen without names, seed ${blind.seed}. One person's eye: a hint, not a result.`), ...axes.map((facet) => revealed(facet, jobs))),
    make("div", { class: "foot" }, button("Export judgements", download, { class: "primary", id: "export-blind" })));
  one("#export-blind").focus();
}

function revealed(facet, jobs) {
  const groups = [...grouped(jobs, (job) => facet.of(job)[0])];
  const count = (members, pick) => members.filter(({ id }) => judgementOf(id).pick === pick).length;
  const head = ["seen", ...Object.values(PICKS).map(([, word]) => word.toLowerCase()), "rating"];
  const rated = (members) => members.map(({ id }) => judgementOf(id).rating).filter(Boolean);
  const mean = (ratings) => (ratings.length ? (ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length).toFixed(1) : "–");
  return make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, facet.label), ...head.map((word) => make("th", { scope: "col", class: "number" }, word)))),
    make("tbody", {}, ...groups.map(([level, members]) => make("tr", {}, make("th", { scope: "row" }, bdi(nameOf(facet, level))),
      ...[members.length, ...Object.keys(PICKS).map((pick) => count(members, pick)), mean(rated(members))].map((value) => make("td", { class: "number" }, String(value)))))));
}
