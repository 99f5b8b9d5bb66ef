// Several people, one decision: who says what of a clip, where they agree, and a link that carries your judgements.

/** @type {string[]} */
const AGREEMENTS = ["All for it", "All against it", "Disagree", "One verdict", "No verdict"];
const MOST_LINK = 16000; // characters; longer addresses are cut by mail and chat programs
/** Named in the link by their position. */
const LINK_PICKS = ["none", "pick", "finalist", "reject"];

/**
 * What everybody says of a clip, you first.
 * @param {Job} job
 */
function opinionsOn({ id }) {
  const own = judgementOf(id);
  return [...(saysSomething(own) ? [{ ...own, reviewer: "" }] : []), ...othersOn(id)];
}

/** @param {Job} job */
function votesOn(job) {
  const verdicts = opinionsOn(job).filter(({ pick }) => pick !== "none"), against = verdicts.filter(({ pick }) => pick === "reject").length;
  return { inFavour: verdicts.length - against, against };
}

/**
 * @param {Job} job
 * @returns {string}
 */
function agreementOn(job) {
  const { inFavour, against } = votesOn(job);
  if (inFavour && against) return "Disagree";
  if (inFavour + against < 2) return inFavour + against ? "One verdict" : "No verdict";
  return inFavour ? "All for it" : "All against it";
}

/** @param {Job} job */
function meanRating(job) {
  const ratings = opinionsOn(job).flatMap(({ rating }) => rating ?? []);
  return ratings.length ? ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length : null;
}

/** The names of the other people, as they spell them, in the order of the alphabet. */
function otherPeople() {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const by of given.values()) for (const [name, judgement] of by) if (saysSomething(judgement)) names.set(name, judgement.reviewer);
  names.delete(folded(saved.name));
  return [...names].sort(([one], [other]) => one.localeCompare(other));
}

/**
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 * @returns {Steps}
 */
function* layPeople(root, jobs) {
  const people = otherPeople(), judged = jobs.filter((job) => job.clip && opinionsOn(job).length);
  const order = new Map(judged.map((job) => {
    const { inFavour, against } = votesOn(job);
    return [job, (inFavour - against) * 10 + (meanRating(job) ?? 0)];
  }));
  judged.sort((one, other) => (order.get(other) ?? 0) - (order.get(one) ?? 0));
  const body = make("tbody"), heads = ["clip", "votes", saved.name || "you", ...people.map(([, name]) => name), "rating"];
  root.append(...preferenceSections(), agreementSummary(judged, people),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Votes" }, make("table", { class: "votes" },
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, bdi(head))))), body)));
  for (const job of judged) { body.append(votesRow(job, people)); yield; }
}

/**
 * @param {Job[]} judged
 * @param {[string, string][]} people
 */
function agreementSummary(judged, people) {
  const counts = grouped(judged, agreementOn);
  const lines = AGREEMENTS.slice(0, 4).flatMap((agreement) => {
    const found = counts.get(agreement) ?? [];
    return found.length ? make("div", { class: "agreement" }, make("dt", {}, agreement), make("dd", {}, plural(found.length, "clip"), agreement === "All against it" ? "" : make("span", { class: "soft" }, ` ${found.slice(0, 24).map(numberOf).join(" ")}${found.length > 24 ? " …" : ""}`))) : [];
  });
  const help = people.length ? pairLines(judged, people) : [make("p", { class: "soft" }, "Only your judgements are here. Import the file of another person, or open the link they send you.")];
  return make("section", { class: "summary", "aria-label": "Agreement" }, make("dl", {}, ...lines), ...help);
}

/**
 * For every two people, on how many clips with a verdict of both they agree.
 * @param {Job[]} judged
 * @param {[string, string][]} people
 */
function pairLines(judged, people) {
  const everybody = [["", saved.name || "You"], ...people], lines = [];
  /** @type {(job: Job, name: string) => string} */
  const verdictBy = (job, name) => (name ? given.get(job.id)?.get(name)?.pick : judgementOf(job.id).pick) ?? "none";
  for (const [at, [one, oneName]] of everybody.entries()) {
    for (const [other, otherName] of everybody.slice(at + 1)) {
      const both = judged.filter((job) => verdictBy(job, one) !== "none" && verdictBy(job, other) !== "none");
      const agreed = both.filter((job) => (verdictBy(job, one) === "reject") === (verdictBy(job, other) === "reject")).length;
      if (both.length && lines.length < 10) lines.push(make("li", {}, bdi(oneName), " and ", bdi(otherName), ` agree on ${agreed} of ${plural(both.length, "clip")}`));
    }
  }
  return lines.length ? [make("ul", { class: "pairs" }, ...lines)] : [];
}

/**
 * @param {Job} job
 * @param {[string, string][]} people
 */
function votesRow(job, people) {
  const poster = posterOf(job);
  const first = make("th", { scope: "row" }, poster ? make("img", { src: poster, alt: "", loading: "lazy" }) : null,
    button(numberOf(job), () => openStage([job]), { class: "link", "aria-label": `Enlarge ${job.spoken}` }), make("span", {}, " ", bdi(job.model), ` · take ${job.take}`), make("p", { class: "soft" }, bdi(promptOf(job).label)));
  const cell = (/** @type {Judgement | undefined} */ judgement) => make("td", {}, judgement && saysSomething(judgement) ? pickMark(judgement) : "–",
    judgement?.tags.length ? make("p", { class: "soft" }, bdi(judgement.tags.join(", "))) : null, judgement?.note ? make("p", { class: "note", dir: "auto" }, judgement.note) : null);
  const row = make("tr", { "data-id": job.id }, first,
    make("td", { class: "tally" }),
    make("td", {}, judgeBar(job, job.spoken)), ...people.map(([name]) => cell(given.get(job.id)?.get(name))),
    make("td", { class: "number mean" }));
  rows.set(job.id, row);
  paintVotes(row, job);
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {Job} job
 */
function paintVotes(row, job) {
  const { inFavour, against } = votesOn(job), agreement = agreementOn(job), mean = meanRating(job);
  row.classList.toggle("disagree", agreement === "Disagree");
  row.querySelector(".tally")?.replaceChildren(make("b", {}, `${inFavour} : ${against}`), make("p", { class: "soft" }, agreement));
  row.querySelector(".mean")?.replaceChildren(mean === null ? "–" : mean.toFixed(1));
}

/** @param {Judgement} judgement */
const pickMark = (judgement) => make("span", { class: `mark ${judgement.pick}` }, `${PICKS[judgement.pick]?.[0] ?? ""} ${verdictText(judgement) || "commented"}`.trim());

/** Copy the address of this page with your judgements in it; tags and notes travel in a file only. */
async function copyLink() {
  if (!saved.name) return askName(copyLink);
  const judged = [...mine].filter(([, { pick, rating }]) => pick !== "none" || rating);
  const link = [judged, judged.filter(([, { pick }]) => pick === "pick" || pick === "finalist")].map(linkWith).find(({ length }) => length <= MOST_LINK);
  if (!judged.length) return notify("You have not judged any clips yet.");
  if (!link) return notify("These are too many judgements for a link. Export a file instead.");
  try { await navigator.clipboard.writeText(link); notify("Link copied: who opens it sees your judgements beside theirs"); } catch { showLink(link); }
}

/** @param {string} link */
function showLink(link) {
  const shown = make("dialog", { id: "ask", "aria-labelledby": "ask-title", close: (own) => own.remove() });
  const field = make("input", { id: "link-text", readonly: true, value: link });
  shown.append(make("h2", { id: "ask-title" }, "Link with your judgements"), make("label", { class: "field wide" }, make("span", {}, "Copy this"), field), make("p", { class: "row" }, button("Close", () => shown.close(), { class: "primary" })));
  document.body.append(shown);
  shown.showModal();
  field.select();
}

/** @param {[string, Judgement][]} judged */
function linkWith(judged) {
  const entries = judged.map(([id, { pick, rating, reviewed_at }]) => [id, LINK_PICKS.indexOf(pick), rating ?? 0, Math.round(Date.parse(reviewed_at) / 1000)]);
  const bytes = new TextEncoder().encode(JSON.stringify([DATA.campaign, DATA.edition, saved.name, entries]));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${location.href.split("#")[0]}#judgements=${text}`;
}

/** Take over the judgements that the address carries. */
function takeLink() {
  const text = new URLSearchParams(location.hash.slice(1)).get("judgements");
  if (!text) return;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    const [campaign, edition, reviewer, entries] = JSON.parse(new TextDecoder().decode(bytes));
    const judgements = asList(entries).map(([creative_id, pick, rating, at]) => ({ creative_id, pick: LINK_PICKS[pick], rating: rating || null, reviewer, reviewed_at: new Date(at * 1000).toISOString() }));
    notify(`${String(reviewer).slice(0, 80)}: ${importJudgements({ schema: SCHEMA, campaign, edition, reviewer, judgements })}`);
  } catch { notify("The judgements in this link could not be read. Ask for a new link, or for a file."); }
}
