// The jobs as the page was given them.
const DATA = JSON.parse(one("#data").textContent);
const JOBS = DATA.jobs;
const BY_ID = new Map(JOBS.map((job) => [job.id, job]));
const COLUMN_AT = new Map(DATA.columns.map(({ name }, at) => [name, at]));

for (const [at, job] of JOBS.entries()) job.at = at;

const promptOf = (job) => DATA.prompts[job.prompt];
const textOf = (job) => (job.text ??= [
  promptOf(job).label, promptOf(job).text, ...promptOf(job).variables.flat(), job.model, job.setting, job.frame,
  job.id, job.adName, job.stateWord, job.clip ? "" : job.why, ...(job.quality?.reasons ?? []),
].join(" ").toLowerCase());

function valueOf(job, name) {
  if (name === "state") return job.stateWord;
  if (name === "id") return job.id;
  if (name === "my_pick") return PICK_ORDER.indexOf(judgementOf(job.id).pick);
  if (name === "my_rating") return judgementOf(job.id).rating;
  return job.values[COLUMN_AT.get(name)];
}
