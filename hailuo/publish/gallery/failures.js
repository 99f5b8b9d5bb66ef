// Many jobs that failed for one reason are one box: the reason once, what to do, and the jobs by number.

const FAILURES = ["failed", "refused", "unknown", "in_doubt"];
const FEW = 3; // from this many jobs on, a reason is in one box

/**
 * The jobs without a clip that share their state and reason with others, largest group first.
 * @param {Job[]} jobs
 * @returns {Job[][]}
 */
function sharedFailures(jobs) {
  const failed = jobs.filter(({ clip, poster, state }) => !clip && !poster && FAILURES.includes(state));
  return [...grouped(failed, ({ state, why }) => `${state}\n${why}`).values()].filter(({ length }) => length >= FEW).sort((one, other) => other.length - one.length);
}

/** @param {Job[]} jobs With one state and one reason. */
function failureBox(jobs) {
  const { state, stateWord, why, remedy } = jobs[0];
  const open = choice.find !== "";
  return make("section", { class: `failure s-${state}`, "aria-label": `${jobs.length} ${stateWord.toLowerCase()} for one reason` },
    make("h2", {}, `${jobs.length.toLocaleString("en")} ${stateWord.toLowerCase()} for one reason`),
    make("p", { dir: "auto" }, why),
    remedy ? make("p", {}, make("b", {}, "What to do: "), remedy) : null,
    make("details", { open }, make("summary", {}, "Which clips"), make("ul", {}, ...jobs.map((job) => make("li", { "data-id": job.id },
      numberMark(job), bdi(promptOf(job).label), ` · ${job.model} · ${job.setting} · take ${job.take} `, make("span", { class: "mono" }, job.id))))));
}

/**
 * Put a box for each shared reason above the clips. Returns the jobs that are shown in no box.
 * @param {HTMLElement} root
 * @param {Job[]} jobs
 */
function layFailures(root, jobs) {
  const groups = sharedFailures(jobs), inBoxes = new Set(groups.flat());
  root.append(...groups.map(failureBox));
  return jobs.filter((job) => !inBoxes.has(job));
}
