// What you think of the clips: saved in this browser, exported and imported as a file.

/** @type {Readonly<Record<string, [sign: string, word: string]>>} */
const PICKS = { pick: ["✓", "Pick"], finalist: ["★", "Finalist"], reject: ["✕", "Reject"] };
const PICK_ORDER = ["reject", "none", "pick", "finalist"];
const SCHEMA = "hailuo.judgements/1.0";
/** @type {Judgement} */
const NOT_JUDGED = Object.freeze({ pick: "none", rating: null, tags: [], note: "", reviewer: "", reviewed_at: "" });
const STORAGE_KEY = `hailuo:${DATA.campaign}/${DATA.edition}`;
/** @type {Map<string, Judgement>} */
const mine = new Map();
/** @type {((id: string | null) => void)[]} Called after a judgement changed; with null after many did. */
const onJudged = [];

/** @param {string} id */
const judgementOf = (id) => mine.get(id) ?? BY_ID.get(id)?.judged ?? NOT_JUDGED;
const reviewer = () => byId("reviewer", HTMLInputElement).value.trim();

/**
 * @param {string} id
 * @param {Partial<Judgement>} change
 */
function judge(id, change) {
  mine.set(id, { ...judgementOf(id), ...change, reviewer: reviewer(), reviewed_at: new Date().toISOString() });
  save();
  for (const listener of onJudged) listener(id);
}

/**
 * @param {string} id
 * @param {string} pick
 */
const togglePick = (id, pick) => judge(id, { pick: judgementOf(id).pick === pick ? "none" : pick });

/**
 * @param {string} id
 * @param {number} rating
 */
const toggleRating = (id, rating) => judge(id, { rating: judgementOf(id).rating === rating ? null : rating });

function save() {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify({ reviewer: reviewer(), judgements: [...mine] }));
  } catch { /* some browsers store nothing for a page opened from disk: you can still export */ }
}

function restore() {
  try {
    const saved = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}");
    byId("reviewer", HTMLInputElement).value = saved.reviewer ?? "";
    for (const [id, judgement] of saved.judgements ?? []) if (BY_ID.has(id)) mine.set(id, cleaned(judgement, ""));
  } catch { /* as above */ }
}

/** @param {Date} at */
function exported(at) {
  const by = reviewer() || "unnamed"; // the schema requires a name
  const judgements = [...mine].map(([creative_id, judgement]) => ({ creative_id, ...judgement, reviewer: judgement.reviewer || by }));
  return { schema: SCHEMA, campaign: DATA.campaign, edition: DATA.edition, reviewer: by, exported_at: at.toISOString(), judgements };
}

function download() {
  const text = JSON.stringify(exported(new Date()), null, 2);
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: address, download: `${DATA.campaign}-${DATA.edition}-judgements.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
  notify(`${plural(mine.size, "judgement")} exported`);
}

/**
 * Import the judgements that are newer than yours, and say how many were imported and how many skipped.
 * @param {any} file Parsed JSON of any shape.
 */
function importJudgements(file) {
  if (file?.schema !== SCHEMA || !Array.isArray(file.judgements)) return "This is not a file of judgements.";
  if (file.campaign !== DATA.campaign || file.edition !== DATA.edition) return `This file is for ${file.campaign}, edition ${file.edition}.`;
  let imported = 0, unknown = 0, older = 0;
  for (const entry of file.judgements) {
    if (!BY_ID.has(entry?.creative_id)) unknown += 1;
    else if ((mine.get(entry.creative_id)?.reviewed_at ?? "") >= String(entry.reviewed_at ?? "~")) older += 1;
    else { mine.set(entry.creative_id, cleaned(entry, file.reviewer)); imported += 1; }
  }
  save();
  for (const listener of onJudged) listener(null);
  const skipped = [unknown ? `${unknown} for clips that are not on this page` : "", older ? `${older} not newer than yours` : ""].filter(Boolean);
  return [`${plural(imported, "judgement")} imported`, ...skipped].join(", ");
}

/**
 * A judgement from outside the page, with whatever is not valid replaced.
 * @param {any} entry
 * @param {unknown} by The reviewer, where the entry names none.
 * @returns {Judgement}
 */
const cleaned = (entry, by) => ({
  pick: Object.hasOwn(PICKS, entry.pick) ? entry.pick : "none",
  rating: Number.isInteger(entry.rating) && entry.rating >= 1 && entry.rating <= 5 ? entry.rating : null,
  tags: Array.isArray(entry.tags) ? entry.tags.map((/** @type {unknown} */ tag) => String(tag).slice(0, 60)).slice(0, 50) : [],
  note: String(entry.note ?? "").slice(0, 2000),
  reviewer: String(entry.reviewer || by || "").slice(0, 100),
  reviewed_at: Number.isNaN(Date.parse(entry.reviewed_at)) ? new Date().toISOString() : new Date(entry.reviewed_at).toISOString(),
});

/** @param {File} file */
async function importFile(file) {
  try { notify(importJudgements(JSON.parse(await file.text()))); } catch { notify("This file could not be read."); }
}

function paintTally() {
  const judged = [...mine.values()];
  const counts = Object.entries(PICKS).map(([pick, [, word]]) => `${judged.filter((judgement) => judgement.pick === pick).length} ${word.toLowerCase()}`);
  byId("judged").textContent = String(mine.size);
  byId("tally").textContent = mine.size ? counts.join(" · ") : "You have not judged any clips yet.";
}
onJudged.push(paintTally);

/**
 * The buttons to judge one clip; they are the same wherever the clip is shown.
 * @param {Job} job
 * @param {string} name
 */
function judgeBar(job, name) {
  const bar = make("div", { class: "judge", role: "group", "aria-label": `Judge ${name}`, "data-judge": job.id });
  for (const [pick, [sign, word]] of Object.entries(PICKS)) {
    bar.append(button(sign, () => togglePick(job.id, pick), { class: `sign ${pick}`, "data-pick": pick, "aria-label": word, title: word }));
  }
  const stars = make("span", { class: "stars", role: "group", "aria-label": "Rating" });
  for (const value of [1, 2, 3, 4, 5]) {
    stars.append(button("●", () => toggleRating(job.id, value), { "data-rating": value, "aria-label": `${value} of 5`, title: `${value} of 5` }));
  }
  bar.append(stars);
  paintJudgeBar(bar);
  return bar;
}

/** @param {HTMLElement} bar */
function paintJudgeBar(bar) {
  const { pick, rating } = judgementOf(bar.dataset.judge ?? "");
  for (const sign of all("[data-pick]", bar)) sign.setAttribute("aria-pressed", String(sign.dataset.pick === pick));
  for (const star of all("[data-rating]", bar)) {
    star.setAttribute("aria-pressed", String(Number(star.dataset.rating) === rating));
    star.classList.toggle("lit", Number(star.dataset.rating) <= (rating ?? 0));
  }
}
