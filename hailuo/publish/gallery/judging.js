// How a clip is judged, and what others say of it; the same wherever the clip is shown.

/** @typedef {{of: (id: string) => Judgement, set: (id: string, change: Partial<Judgement>) => void}} Verdicts */
/** In a blind pick nothing that was judged elsewhere is read or written. @type {{own: Verdicts, blind: Verdicts}} */
const VERDICTS = { own: remembered("own", judgementOf), blind: remembered("blind", (id) => verdictOf(id)) };
/** @type {Record<"own" | "blind", Verdicts["set"]>} */
const JUDGES = { own: judge, blind: (id, change) => judgeBlind(id, change) };
/** What you judged, the last one last, so that it can be taken back. @type {Record<"own" | "blind", {id: string, before: Judgement, after: Judgement}[]>} */
const undoable = { own: [], blind: [] };

/**
 * @param {"own" | "blind"} kind
 * @param {Verdicts["of"]} of
 * @returns {Verdicts}
 */
function remembered(kind, of) {
  return { of, set: (id, change) => {
    const before = of(id);
    JUDGES[kind](id, change);
    undoable[kind].push({ id, before, after: of(id) });
  } };
}

/**
 * @param {string} id
 * @param {string} pick
 * @param {Verdicts} verdicts
 */
function togglePick(id, pick, verdicts) {
  verdicts.set(id, { pick: verdicts.of(id).pick === pick ? "none" : pick });
  afterVerdict(id);
}

/**
 * The buttons to judge one clip.
 * @param {Job} job
 * @param {string} name
 * @param {"own" | "blind"} [kind]
 */
function judgeBar(job, name, kind = "own") {
  const verdicts = VERDICTS[kind];
  const bar = make("div", { class: "judge", role: "group", "aria-label": `Judge ${name}`, "data-judge": job.id, "data-kind": kind });
  for (const [pick, [sign, word]] of Object.entries(PICKS)) {
    bar.append(button(sign, () => togglePick(job.id, pick, verdicts), { class: `sign ${pick}`, "data-pick": pick, "aria-label": word, title: word }));
  }
  const stars = make("span", { class: "stars", role: "group", "aria-label": "Rating" });
  for (const value of [1, 2, 3, 4, 5]) {
    stars.append(button("●", () => verdicts.set(job.id, { rating: verdicts.of(job.id).rating === value ? null : value }), { "data-rating": value, "aria-label": `${value} of 5`, title: `${value} of 5` }));
  }
  bar.append(stars);
  paintJudgeBar(bar);
  return bar;
}

/** @param {HTMLElement} bar */
function paintJudgeBar(bar) {
  const { pick, rating } = VERDICTS[bar.dataset.kind === "blind" ? "blind" : "own"].of(bar.dataset.judge ?? "");
  for (const sign of all("[data-pick]", bar)) sign.setAttribute("aria-pressed", String(sign.dataset.pick === pick));
  for (const star of all("[data-rating]", bar)) {
    star.setAttribute("aria-pressed", String(Number(star.dataset.rating) === rating));
    star.classList.toggle("lit", Number(star.dataset.rating) <= (rating ?? 0));
  }
}

/**
 * A judgement in a few words, such as "Pick, 4 of 5".
 * @param {Judgement} judgement
 */
const verdictText = ({ pick, rating }) => [PICKS[pick]?.[1], rating && `${rating} of 5`].filter(Boolean).join(", ");

/**
 * Who else judged the clip, in one line; it is empty where there is none.
 * @param {string} id
 */
function othersLine(id) {
  const line = make("p", { class: "others line", "data-others": id });
  paintOthers(line);
  return line;
}

/** @param {HTMLElement} line */
function paintOthers(line) {
  const others = othersOn(line.dataset.others ?? "");
  if (!others.length && !line.childElementCount) return;
  line.replaceChildren(...others.slice(0, 4).map((judgement) => make("span", { title: [...judgement.tags, judgement.note].filter(Boolean).join(" · ") || null },
    bdi(judgement.reviewer), ` ${verdictText(judgement) || "commented"}`)), others.length > 4 ? make("span", {}, `and ${others.length - 4} more`) : "");
}

/**
 * Everything that others say of a clip, with their names.
 * @param {Job} job
 */
function othersInFull(job) {
  const others = othersOn(job.id);
  if (!others.length) return [];
  return [make("h3", {}, "What others say"), make("ul", { class: "said" }, ...others.map((judgement) => make("li", {},
    make("b", {}, bdi(judgement.reviewer)), verdictText(judgement) ? ` ${verdictText(judgement)}` : "",
    judgement.tags.length ? make("span", { class: "soft" }, " · ", bdi(judgement.tags.join(", "))) : null,
    judgement.note ? noteText(judgement.note) : null)))];
}

onJudged.push((id) => {
  for (const bar of all(id === null ? "#stage [data-judge]" : `#stage [data-judge="${CSS.escape(id)}"]`)) paintJudgeBar(bar);
});
