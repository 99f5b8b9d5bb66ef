// What people think of the clips: kept in this browser, exported and imported as a file.
const PICKS = { pick: ["✓", "Pick"], finalist: ["★", "Finalist"], reject: ["✕", "Reject"] };
const PICK_ORDER = ["reject", "none", "pick", "finalist"];
const SCHEMA = "hailuo.judgements/1.0";
const NOTHING = Object.freeze({ pick: "none", rating: null, tags: [], note: "" });
const KEPT_AS = `hailuo:${DATA.campaign}/${DATA.edition}`;
const mine = new Map();
const onJudged = [];

const judgementOf = (id) => mine.get(id) ?? BY_ID.get(id)?.judged ?? NOTHING;
const reviewer = () => one("#reviewer").value.trim();

function judge(id, change) {
  const { pick, rating, tags, note } = { ...judgementOf(id), ...change };
  mine.set(id, { pick, rating, tags, note, reviewer: reviewer(), reviewed_at: new Date().toISOString() });
  keep();
  for (const heard of onJudged) heard(id);
}

const togglePick = (id, pick) => judge(id, { pick: judgementOf(id).pick === pick ? "none" : pick });
const rate = (id, rating) => judge(id, { rating: judgementOf(id).rating === rating ? null : rating });

function keep() {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify({ reviewer: reviewer(), judgements: [...mine] }));
  } catch { /* some browsers keep nothing for a page from disk: the export remains */ }
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT_AS) ?? "{}");
    one("#reviewer").value = kept.reviewer ?? "";
    for (const [id, judgement] of kept.judgements ?? []) if (BY_ID.has(id)) mine.set(id, judgement);
  } catch { /* as above */ }
}

function exported(at) {
  const by = reviewer() || "unnamed"; // the schema wants somebody's word
  const judgements = [...mine].map(([creative_id, judgement]) => ({ creative_id, ...judgement, reviewer: judgement.reviewer || by }));
  return { schema: SCHEMA, campaign: DATA.campaign, edition: DATA.edition, reviewer: by, exported_at: at.toISOString(), judgements };
}

function download() {
  const text = JSON.stringify(exported(new Date()), null, 2);
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: address, download: `${DATA.campaign}-${DATA.edition}-judgements.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
  say(`${plural(mine.size, "judgement")} exported`);
}

// A file wins where it is newer; what it says of clips that are not here is counted, not lost silently.
function takeOver(file) {
  if (file.schema !== SCHEMA || !Array.isArray(file.judgements)) return "This is no file of judgements.";
  if (file.campaign !== DATA.campaign || file.edition !== DATA.edition) return `This file is of ${file.campaign}, edition ${file.edition}.`;
  let taken = 0, unknown = 0, older = 0;
  for (const entry of file.judgements) {
    if (!BY_ID.has(entry?.creative_id)) unknown += 1;
    else if ((mine.get(entry.creative_id)?.reviewed_at ?? "") >= String(entry.reviewed_at ?? "~")) older += 1;
    else { mine.set(entry.creative_id, cleaned(entry, file.reviewer)); taken += 1; }
  }
  keep();
  for (const heard of onJudged) heard(null);
  const besides = [unknown && `${unknown} of clips that are not here`, older && `${older} not newer than yours`].filter(Boolean);
  return [`${plural(taken, "judgement")} imported`, ...besides].join(", ");
}

const cleaned = (entry, by) => ({
  pick: entry.pick in PICKS ? entry.pick : "none",
  rating: Number.isInteger(entry.rating) && entry.rating >= 1 && entry.rating <= 5 ? entry.rating : null,
  tags: Array.isArray(entry.tags) ? entry.tags.map((tag) => String(tag).slice(0, 60)).slice(0, 50) : [],
  note: String(entry.note ?? "").slice(0, 2000),
  reviewer: String(entry.reviewer || by || "").slice(0, 100),
  reviewed_at: Number.isNaN(Date.parse(entry.reviewed_at)) ? new Date().toISOString() : new Date(entry.reviewed_at).toISOString(),
});

async function importFile(file) {
  try { say(takeOver(JSON.parse(await file.text()))); } catch { say("This file could not be read."); }
}

function tally() {
  const counts = Object.keys(PICKS).map((pick) => [pick, [...mine.values()].filter((judgement) => judgement.pick === pick).length]);
  one("#judged").textContent = mine.size;
  one("#tally").textContent = mine.size ? counts.map(([pick, count]) => `${count} ${PICKS[pick][1].toLowerCase()}`).join(" · ") : "Nothing judged yet.";
}
onJudged.push(tally);

// The buttons of one clip; they are the same wherever the clip is shown.
function judgeBar(job, name) {
  const bar = make("div", { class: "judge", role: "group", "aria-label": `Judge ${name}`, "data-judge": job.id });
  for (const [pick, [sign, word]] of Object.entries(PICKS)) {
    bar.append(button(sign, () => togglePick(job.id, pick), { class: `sign ${pick}`, "data-pick": pick, "aria-label": word, title: word }));
  }
  const stars = make("span", { class: "stars", role: "group", "aria-label": "Rating" });
  for (const value of [1, 2, 3, 4, 5]) {
    stars.append(button("●", () => rate(job.id, value), { "data-rating": value, "aria-label": `${value} of 5`, title: `${value} of 5` }));
  }
  bar.append(stars);
  paintJudgeBar(bar);
  return bar;
}

function paintJudgeBar(bar) {
  const { pick, rating } = judgementOf(bar.dataset.judge);
  for (const sign of all("[data-pick]", bar)) sign.setAttribute("aria-pressed", String(sign.dataset.pick === pick));
  for (const star of all("[data-rating]", bar)) {
    star.setAttribute("aria-pressed", String(Number(star.dataset.rating) === rating));
    star.classList.toggle("lit", Number(star.dataset.rating) <= (rating ?? 0));
  }
}
