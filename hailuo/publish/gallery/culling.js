// Go through many clips: the next one after a verdict, the next one that you have not judged, back to the one before, and the
// picks side by side at the end.

const ADVANCE = `${STORED_AS}#advance`;
const MOST_SURVEYED = 12; // clips that browsers play at once without stutter

/** Whether the enlarged clip gives way to the next one after a verdict: it does unless you switched it off. */
const advances = () => readStored(ADVANCE) !== false;

/** The clips to go through, in the order of the page. */
const clipsShown = () => shownJobs.filter(({ clip }) => clip);
/** @param {Job} job */
const isJudged = ({ id }) => judgementOf(id).pick !== "none";
/** The id of the clip that you look at: enlarged, or with the focus. */
const currentId = () => (dialog.open ? stage.jobs[stage.current]?.id : focusedTile()?.getAttribute("data-id")) ?? "";

/**
 * @param {Job | undefined} job
 * @param {string} otherwise What to say where there is no such clip.
 */
function goTo(job, otherwise) {
  if (!job) return notify(otherwise);
  if (dialog.open) openStage([job]); else focusOn(job.id);
}

/**
 * Enlarge the next or the previous clip of the page.
 * @param {number} by
 */
function goOn(by) {
  const order = clipsShown(), at = order.findIndex(({ id }) => id === currentId());
  goTo(order[at + by], by > 0 ? "This is the last clip." : "This is the first clip.");
}

/** The next clip without a verdict, from the start again after the end. */
function goToUnjudged() {
  const order = clipsShown(), at = order.findIndex(({ id }) => id === currentId());
  goTo([...order.slice(at + 1), ...order.slice(0, Math.max(at, 0))].find((job) => !isJudged(job)), "You have judged all of these clips. S shows your picks side by side.");
}

/**
 * After a verdict on the stage: an enlarged clip gives way to the next one, and a rejected clip leaves the survey.
 * @param {string} id
 */
function afterVerdict(id) {
  const { pick } = judgementOf(id);
  if (!dialog.open || stage.blind || pick === "none") return;
  if (stage.kind === "survey" && pick === "reject") leaveSurvey(id);
  if (stage.kind !== "closer" || !advances()) return;
  const order = clipsShown(), at = order.findIndex((job) => job.id === id);
  if (order[at + 1]) goOn(1); else goToUnjudged();
}

/** @param {Judgement} judgement */
const wordsOf = ({ pick, rating, tags, note }) => JSON.stringify([pick, rating, tags, note]);

/** Take back what you judged last. In a blind pick, only what you judged there. */
function undo() {
  const kind = stage.blind ? "blind" : "own", last = undoable[kind].pop();
  if (!last) return notify("There is nothing to undo.");
  const { id, before, after } = last, { pick, rating, tags, note } = before;
  if (wordsOf(VERDICTS[kind].of(id)) !== wordsOf(after)) return notify(`${numberOf(jobWithId(id))} was judged again since, in another tab.`);
  JUDGES[kind](id, { pick, rating, tags, note });
  returnTo(id);
  if (kind === "own") notify(`${numberOf(jobWithId(id))}: ${verdictText(judgementOf(id)) || "not judged"}, as before`);
  else notify("Undone");
}

/**
 * Show a clip where you were when you judged it, as far as that is still open.
 * @param {string} id
 */
function returnTo(id) {
  const at = stage.jobs.findIndex((job) => job.id === id), { blind } = stage;
  if (!dialog.open) focusOn(id);
  else if (at >= 0) select(at);
  else if (blind) openRound({ ...blind, at: Math.max(0, blind.rounds.findIndex((ids) => ids.includes(id))) });
  else if (stage.kind === "survey") openSurvey([...stage.jobs, jobWithId(id)]);
  else openStage([jobWithId(id)]);
}

/** Your finalists; where you have fewer than two, your picks and finalists. */
function surveyed() {
  /** @type {Job[]} */
  const chosen = [], /** @type {Job[]} */ finalists = [];
  for (const job of shownJobs) {
    const { pick } = judgementOf(job.id);
    if (pick === "finalist") finalists.push(job);
    if (pick === "finalist" || pick === "pick") chosen.push(job);
  }
  return finalists.length > 1 ? finalists : chosen;
}

/**
 * What you picked, side by side: a clip that you reject here leaves.
 * @param {Job[]} [jobs]
 */
function openSurvey(jobs = surveyed()) {
  if (!jobs.length) return notify("Pick clips first with P or F. S shows them side by side.");
  if (jobs.length > MOST_SURVEYED) notify(`The first ${MOST_SURVEYED} of ${jobs.length}. Make some of them finalists to see only those.`);
  const shown = jobs.slice(0, MOST_SURVEYED);
  stage.from = shown[0].id;
  const about = (/** @type {Job} */ job) => [make("p", { class: "line" }, make("strong", {}, bdi(job.model)), bdi(promptOf(job).label), make("span", {}, `take ${job.take}`)), ...resultLines(job)];
  buildStage(shown, { kind: "survey", title: surveyTitle(shown), about, after: [differences(shown, numberOf)] });
}

/** @param {Job[]} jobs */
const surveyTitle = (jobs) => `Survey of ${plural(jobs.length, "pick")}`;

/** @param {string} id */
function leaveSurvey(id) {
  const at = stage.jobs.findIndex((job) => job.id === id), lanes = all(".lane", dialog);
  if (at < 0 || lanes.length < 2) return;
  const [clip] = stage.clips.splice(at, 1);
  stage.jobs.splice(at, 1);
  clip.pause();
  lanes[at].remove();
  const grid = all(".lanes", dialog)[0];
  grid.className = laneClasses(stage.jobs.length);
  byId("stage-title").textContent = surveyTitle(stage.jobs);
  select(Math.min(at, stage.jobs.length - 1));
  if (!document.activeElement || document.activeElement === document.body) byId("play").focus();
}

/**
 * @param {Job[]} order
 * @param {number} at
 */
const progressText = (order, at) => `${at + 1} of ${order.length} · ${order.filter(isJudged).length} judged`;
onJudged.push(() => {
  const progress = document.getElementById("progress"), order = clipsShown();
  if (progress) progress.textContent = progressText(order, order.findIndex(({ id }) => id === currentId()));
});

/** The buttons of an enlarged clip that lead to other clips. */
function clipNavigation() {
  const order = clipsShown(), at = order.findIndex(({ id }) => id === stage.jobs[0].id);
  const toggle = button("Auto-advance", (own) => {
    writeStored(ADVANCE, !advances());
    own.setAttribute("aria-pressed", String(advances()));
  }, { id: "advance", "aria-pressed": String(advances()), title: "Go on to the next clip after each verdict" });
  return make("div", { class: "nav", role: "group", "aria-label": "Clips" },
    button("‹", () => goOn(-1), { id: "previous", class: "icon", "aria-label": "Previous clip", title: "Previous clip (←)", disabled: at <= 0 }),
    make("span", { class: "soft", id: "progress" }, progressText(order, at)),
    button("›", () => goOn(1), { id: "next-clip", class: "icon", "aria-label": "Next clip", title: "Next clip (→)", disabled: at + 1 >= order.length }),
    button("Next unjudged", goToUnjudged, { id: "unjudged", title: "Next clip that you have not judged (N)" }), toggle,
    button("Undo", undo, { id: "undo", title: "Take back the last judgement (U)" }));
}

/** On the page: how many clips a survey would show. */
function paintSurveyStart() {
  const count = surveyed().length, start = byId("survey");
  start.textContent = count ? `Survey ${count}` : "Survey";
}
