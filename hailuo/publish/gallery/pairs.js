// Blind pairs: which of two clips is better? Two clips of one shape side by side, without names and with nothing lit. Each
// choice is kept at once, so a pause loses nothing. What all people prefer is computed by `hailuo judge`.

/** @typedef {"left" | "right" | "none"} Side */
/** @typedef {{left: string, right: string, preferred: Side, reviewed_at: string}} Choice By the ids of the clips. */
/** @typedef {{facet: Facet, pairs: [left: string, right: string][], at: number}} PairSession */

const PAIR = `${STORED_AS}#pair:`;
const MOST_PAIRS = 120; // in one sitting
/** @type {Map<string, Choice>} Your choices, by the pair. */
const choices = new Map();
/** @type {PairSession | null} */
let session = null;
/** @type {Facet} */
const FAMILIES = { key: "family", label: "family of models", of: (job) => [job.family] };

/**
 * @param {string} one
 * @param {string} other
 */
const pairKey = (one, other) => [one, other].sort().join(" ");

/**
 * Whether a choice is newer than the one you had between these clips, which it then replaces.
 * @param {any} entry A choice from outside the page.
 */
function takeChoice(entry) {
  const left = String(entry?.left), right = String(entry?.right), preferred = String(entry?.preferred);
  if (left === right || Math.max(left.length, right.length) > MOST_ID || !["left", "right", "none"].includes(preferred)) return false;
  const key = pairKey(left, right), reviewed_at = cleanedTime(entry.reviewed_at);
  if ((choices.get(key)?.reviewed_at ?? "") >= reviewed_at) return false;
  choices.set(key, { left, right, preferred: /** @type {Side} */ (preferred), reviewed_at });
  return true;
}

/** @param {Choice} choice */
function keepChoice(choice) {
  takeChoice(choice);
  const key = pairKey(choice.left, choice.right);
  writeStored(PAIR + key, choices.get(key));
  for (const listener of onJudged) listener("");
}

function restoreChoices() {
  for (const key of storedKeys(PAIR)) takeChoice(readStored(PAIR + key));
}

/** What the clips can be compared by: models and their families first. */
function pairAxes() {
  const rank = (/** @type {Facet} */ { key }) => ["axis.model", "family"].indexOf(key) >>> 0;
  const models = levelsOf(FAMILIES).length, varied = AXES.filter((facet) => levelsOf(facet).length > 1);
  const isOwn = models > 1 && models < levelsOf(AXES.find(({ key }) => key === "axis.model") ?? FAMILIES).length;
  return [...varied, ...(isOwn ? [FAMILIES] : [])].sort((one, other) => rank(one) - rank(other));
}

/**
 * Pairs of clips that differ on an axis: where there are such pairs, in nothing else; else of one prompt, length and shape. The
 * same name and seed give the same pairs in the same order; two people get different ones, so that more clips are compared.
 * @param {Job[]} jobs
 * @param {Facet} facet
 */
function pairsBy(jobs, facet) {
  let name = seedOfPage();
  for (const letter of folded(saved.name)) name = (Math.imul(name, 31) + letter.charCodeAt(0)) >>> 0;
  const random = randomOf(name), isPrompt = facet.key === "axis.prompt", ofModels = ["axis.model", "family"];
  const others = AXES.filter(({ key }) => key !== facet.key && !(ofModels.includes(key) && ofModels.includes(facet.key)));
  /** @type {((job: Job) => string)[]} The strictest first. */
  const kinds = [
    (job) => JSON.stringify([shapeOf(job), isPrompt ? "" : job.prompt, ...others.map((axis) => axis.of(job))]),
    (job) => JSON.stringify([shapeOf(job), isPrompt ? "" : job.prompt, job.seconds]),
  ];
  /** @type {Map<string, [string, string][]>} By the two levels. */
  const found = new Map();
  const ordered = [...jobs].sort((one, other) => (one.id < other.id ? -1 : 1));
  for (const kind of kinds) {
    const before = new Set(found.keys());
    for (const members of grouped(ordered, kind).values()) {
      const levels = [...grouped(members, (job) => facet.of(job)[0])].sort(([one], [other]) => (one < other ? -1 : 1));
      for (const [at, [one, ones]] of levels.entries()) for (const [other, rest] of levels.slice(at + 1)) {
        const key = JSON.stringify([one, other]), left = shuffled(ones, random), right = shuffled(rest, random);
        if (before.has(key)) continue;
        const pairs = Array.from({ length: Math.max(left.length, right.length) }, (_, turn) => /** @type {[string, string]} */ ([left[turn % left.length].id, right[turn % right.length].id]));
        found.set(key, [...(found.get(key) ?? []), ...pairs.map((pair) => /** @type {[string, string]} */ (random() < 0.5 ? pair : [pair[1], pair[0]]))]);
      }
    }
  }
  const mixed = [...found.values()].flatMap((pairs) => shuffled(pairs, random).map((pair, at) => ({ pair, turn: (at + random()) / pairs.length })));
  return mixed.sort((one, other) => one.turn - other.turn).map(({ pair }) => pair); // every two levels get their share early
}

/** Ask what to compare by, then begin. */
async function askPairs() {
  const jobs = filterJobs().filter(({ clip }) => clip), axes = pairAxes();
  if (!axes.length) return notify("All clips are of one kind: there is nothing to compare.");
  await measureShapes(jobs);
  const asking = make("dialog", { id: "ask", "aria-labelledby": "ask-title", close: (own) => own.remove() });
  const left = make("p", { class: "soft", role: "status" });
  const open = () => pairsBy(jobs, facet).filter(([one, other]) => !choices.has(pairKey(one, other)));
  let facet = axes[0];
  const count = () => { left.textContent = `${plural(open().length, "pair")} to compare. ${choices.size ? `You made ${plural(choices.size, "choice")} so far.` : ""}`; };
  const select = make("select", { id: "pairs-by", change: (own) => { facet = axes[Number(own.value)]; count(); } }, ...axes.map(({ label }, at) => make("option", { value: at }, label)));
  const form = make("form", { method: "dialog" },
    make("h2", { id: "ask-title" }, "Blind pairs"),
    make("p", { class: "soft" }, "You see two clips without names and choose the better one: ← or →, and ↓ for no preference."),
    make("label", { class: "field wide" }, make("span", {}, "Compare by"), select), left,
    make("p", { class: "row" }, make("button", { type: "submit", class: "primary", autofocus: true }, "Begin"), button("Cancel", () => asking.close())));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pairs = open();
    asking.close();
    if (!pairs.length) return notify("You have compared all of these pairs.");
    session = { facet, pairs: pairs.slice(0, MOST_PAIRS), at: 0 };
    openPair();
  });
  asking.append(form);
  document.body.append(asking);
  count();
  asking.showModal();
}

function openPair() {
  if (!session) return;
  const { pairs, at } = session;
  if (at >= pairs.length) return revealPairs();
  const jobs = pairs[at].map(jobWithId);
  stage.from = "";
  buildStage(jobs, { kind: "pair", title: `Blind pairs · ${at + 1} of ${pairs.length}`, about: () => [], closeWord: "Close", after: [pairFoot()] });
  for (const screen of all(".screen", dialog)) screen.style.aspectRatio = String(jobs[0].aspect ?? 16 / 9); // one shape for both
}

function pairFoot() {
  const sides = /** @type {[Side, string, string][]} */ ([["left", "A is better", "← or A"], ["none", "No preference", "↓"], ["right", "B is better", "→ or B"]]);
  return make("div", { class: "foot" },
    make("div", { class: "row choosing", role: "group", "aria-label": "Which clip is better?" }, ...sides.map(([side, words, key]) => button(words, () => choose(side), { "data-choose": side, title: key }))),
    button("Back", backToPair, { id: "back", title: "Choose again between the two before (U)", disabled: !session?.at }),
    button("End here", revealPairs, { id: "end", title: "Show the names, and what you preferred" }));
}

/** @param {Side} preferred */
function choose(preferred) {
  if (!session || stage.kind !== "pair") return;
  const [left, right] = session.pairs[session.at], before = choices.get(pairKey(left, right));
  const at = Math.max(Date.now(), (Date.parse(before?.reviewed_at ?? "") || 0) + 1); // the newest is the last one made
  keepChoice({ left, right, preferred, reviewed_at: new Date(at).toISOString() });
  session.at += 1;
  openPair();
}

/** Choose again between the two clips before: the new choice replaces the one you made. */
function backToPair() {
  if (!session?.at) return notify("This is the first pair.");
  session.at -= 1;
  openPair();
}

/** The end: your own choices, level by level. */
function revealPairs() {
  if (!session) return;
  const { facet } = session;
  emptyStage();
  stage.kind = "closer";
  session = null;
  dialog.className = "revealed";
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "stage-title" }, "What you preferred"), button("Close", () => dialog.close(), { class: "quiet" })),
    make("div", { class: "after" }, make("p", { class: "soft" }, "Your own choices, counted. Export them: hailuo judge adds up those of all people and says how sure the order is."), choicesTable(facet)),
    make("div", { class: "foot" }, button("Export judgements", download, { class: "primary", id: "export-blind" })));
  byId("export-blind").focus();
}

/** @param {Facet} facet */
function choicesTable(facet) {
  /** @type {Map<string, {won: number, of: number}>} */
  const levels = new Map();
  for (const { left, right, preferred } of choices.values()) {
    const one = BY_ID.get(left), other = BY_ID.get(right), share = preferred === "none" ? 0.5 : Number(preferred === "left");
    if (!one || !other || facet.of(one)[0] === facet.of(other)[0]) continue;
    for (const [job, won] of /** @type {[Job, number][]} */ ([[one, share], [other, 1 - share]])) {
      const level = facet.of(job)[0], { won: before, of } = levels.get(level) ?? { won: 0, of: 0 };
      levels.set(level, { won: before + won, of: of + 1 });
    }
  }
  const rows = [...levels].sort(([, one], [, other]) => other.won / other.of - one.won / one.of);
  return make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, facet.label), make("th", { scope: "col", class: "number", title: "No preference counts as half." }, "preferred"), make("th", { scope: "col", class: "number" }, "of pairs"))),
    make("tbody", {}, ...rows.map(([level, { won, of }]) => make("tr", {}, make("th", { scope: "row" }, bdi(nameOf(facet, level))), make("td", { class: "number" }, won), make("td", { class: "number" }, of)))));
}

dialog.addEventListener("close", () => {
  if (!dialog.open && session) notify(`${plural(choices.size, "choice")} kept. W goes on.`);
  if (!dialog.open) session = null;
});

/** @param {number} share */
const wholePercent = (share) => (share > 0.99 ? ">\u00a099\u00a0%" : share < 0.01 ? "<\u00a01\u00a0%" : `${Math.round(100 * share)}\u00a0%`);

/** What all people preferred when the page was built, axis by axis, and whether taste predicts results. */
function preferenceSections() {
  const { axes, agreement } = DATA.preferences;
  const parts = axes.map(({ label, choices: count, people, also, levels }) => make("div", { class: "preferred" },
    make("h3", {}, `Which ${label} do we prefer?`),
    make("p", {}, make("b", {}, bdi(levels[0].level)), ` in ${wholePercent(levels[0].chance)} of blind pairs (95 % interval ${wholePercent(levels[0].low)} to ${wholePercent(levels[0].high)}), ${wholePercent(levels[0].p_best)} likely the most preferred.`),
    make("p", { class: "soft" }, `${plural(count, "choice")} by ${people === 1 ? "1 person" : `${people} people`}.`, ...also.map(([other, many]) => ` In ${many} of them the clips also differ in ${other}.`)),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Preferred ${label}` }, make("table", {},
      make("thead", {}, make("tr", {}, ...[[label, ""], ["preferred", "How often it is preferred to another one, with a 95 % interval."], ["likely the most preferred", "The chance that people prefer it to all others."], ["won", "Choices won of those it took part in; no preference counts as half."]].map(([head, help], at) => make("th", { scope: "col", class: at ? "number" : "", title: help || null }, head)))),
      make("tbody", {}, ...levels.map(({ level, chance, low, high, p_best, won, choices: of }) => make("tr", {}, make("th", { scope: "row" }, bdi(level)),
        make("td", { class: "number" }, `${wholePercent(chance)} (${wholePercent(low)} to ${wholePercent(high)})`), make("td", { class: "number" }, wholePercent(p_best)), make("td", { class: "number" }, `${won} of ${of}`))))))));
  const signed = (/** @type {number} */ value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  const lines = agreement.map(({ taste, label, clips, correlation, low, high }) => make("li", {},
    `${taste} and ${label}: rank correlation ${signed(correlation)} (95 % interval ${signed(low)} to ${signed(high)}), ${plural(clips, "clip")}`));
  const predicts = lines.length ? [make("div", { class: "preferred" }, make("h3", {}, "Does taste predict results?"), make("ul", { class: "pairs" }, ...lines),
    make("p", { class: "soft" }, "+1: the clips that people like best also did best. 0: taste says nothing about results. An interval that contains 0 leaves it open."))] : [];
  return parts.length + predicts.length ? [make("section", { class: "preferences", "aria-label": "Preferences" }, ...parts, ...predicts)] : [];
}
