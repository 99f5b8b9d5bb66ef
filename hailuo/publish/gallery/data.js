// The data of the page: the JSON that page.py and jobs.py write, and how to look things up in it.

/**
 * @typedef {object} Data What the page gets.
 * @property {string} campaign
 * @property {string} edition
 * @property {number} seed The default order of a blind pick.
 * @property {string} until When the links of the page end, in words; "" where they do not.
 * @property {Prompt[]} prompts
 * @property {Axis[]} facets
 * @property {Column[]} columns
 * @property {Job[]} jobs
 * @property {Platform[]} results Of the newest ad report; [] where there is none.
 * @property {Preferences} preferences Of all people, when the page was built.
 */
/**
 * @typedef {object} Prompt
 * @property {string} label
 * @property {string} text
 * @property {[name: string, level: string][]} variables
 * @property {[kind: "same" | "added" | "removed", words: string][]} changes Against the control's prompt; [] for none.
 */
/**
 * @typedef {object} Axis What the campaign varies.
 * @property {string} axis
 * @property {string} label
 * @property {[level: string, label: string][]} levels
 */
/**
 * @typedef {object} Column A column of the manifest.
 * @property {string} name
 * @property {string} label
 * @property {boolean} numeric
 * @property {boolean} trace An id or a time to look something up with; it says nothing about the clip.
 * @property {string} unit "" for none.
 * @property {string} about One sentence on what it is; "" where a later version wrote the column.
 */
/**
 * @typedef {object} Platform Where ads ran, and the metric that decides there.
 * @property {string} name
 * @property {string} platform
 * @property {string} label The platform and the metric.
 * @property {string} metric
 * @property {string} unit
 * @property {string} about One sentence on the metric.
 * @property {boolean} compared False where clips of different lengths cannot be compared on it.
 * @property {string[]} standings
 */
/**
 * @typedef {object} Preferences
 * @property {AxisPreference[]} axes
 * @property {TasteAndResults[]} agreement
 */
/**
 * @typedef {object} AxisPreference What people prefer in blind pairs along one axis, the most preferred level first.
 * @property {string} axis
 * @property {string} label
 * @property {number} choices
 * @property {number} people
 * @property {[axis: string, choices: number][]} also Axes on which clips of some choices differ as well.
 * @property {{level: string, chance: number, low: number, high: number, p_best: number, won: number, choices: number}[]} levels
 */
/**
 * @typedef {object} TasteAndResults How the order by taste agrees with the order by results.
 * @property {string} taste
 * @property {string} platform
 * @property {string} label
 * @property {number} clips
 * @property {number} correlation
 * @property {number} low
 * @property {number} high
 */
/**
 * @typedef {object} Result What the ads of a clip, or of one finished version of it, did on one platform.
 * @property {string} version The version of the finish; "" for the clip itself.
 * @property {number | null} value
 * @property {number | null} corrected
 * @property {string} said The value with its unit.
 * @property {string} interval
 * @property {string} correctedSaid
 * @property {string} restsOn What was counted.
 * @property {string} standing
 */
/**
 * @typedef {object} Verdict
 * @property {string} verdict "pass", "warn", "fail" or "unknown".
 * @property {string} said The verdict in words.
 * @property {string[]} reasons
 */
/**
 * @typedef {object} Placement Whether a clip may run somewhere.
 * @property {string} name
 * @property {string} said The name of the placement in words.
 * @property {string} verdict
 * @property {string[]} reasons
 */
/**
 * @typedef {object} Copy A conformed copy of a clip.
 * @property {string} id
 * @property {string} said What the copy is for.
 * @property {string} version The version of its finish, as in the report; "" for a copy without a finish.
 * @property {string | null} verdict
 * @property {string[]} reasons
 * @property {string} size
 * @property {string | null} href
 */
/**
 * @typedef {object} Judgement What one person thinks of a clip.
 * @property {string} pick "pick", "finalist", "reject" or "none".
 * @property {number | null} rating 1 to 5.
 * @property {string[]} tags
 * @property {string} note
 * @property {string} reviewer "" for your own, which get your name when they are exported.
 * @property {string} reviewed_at ISO 8601, UTC.
 */
/** @typedef {string | number | null | undefined} Value */
/**
 * @typedef {object} Job One job, in the order of the campaign.
 * @property {string} id The creative id.
 * @property {number} number The number of the clip, which it keeps.
 * @property {string} model
 * @property {string} family
 * @property {string} setting
 * @property {number | null} seconds
 * @property {number} take
 * @property {string} frame The id of the first frame; "" for none.
 * @property {string} adName
 * @property {boolean} control
 * @property {string} replaces The id of the clip that this one replaced; "" for none.
 * @property {string} spoken The name of the clip for a screen reader.
 * @property {string} state
 * @property {string} stateWord
 * @property {string} why Why there is no clip.
 * @property {string} remedy What to do about it; "" for nothing.
 * @property {string} cost
 * @property {string} costNote
 * @property {string | null} clip
 * @property {string | null} proxy A smaller copy of the clip, to play in the list.
 * @property {string | null} poster
 * @property {string | null} strip One picture with 24 frames of the clip side by side.
 * @property {number | null} aspect Width by height.
 * @property {number | null} fps Of the film that the stage plays.
 * @property {boolean} small Whether the stage plays a small film in place of the clip.
 * @property {number} prompt The index in `prompts`.
 * @property {Record<string, string>} levels The level on each axis.
 * @property {Verdict | null} quality Null where the clip was not checked.
 * @property {Placement[]} placements
 * @property {Copy[]} copies
 * @property {Value[]} values One per column.
 * @property {Judgement[]} judgements Those in the manifest: the newest of each reviewer.
 * @property {Result[][]} results One list per platform: the clip and its finished versions that ran there, the best first.
 */

const DATA = /** @type {Data} */ (JSON.parse(byId("data").textContent ?? ""));
const JOBS = DATA.jobs;
const BY_ID = new Map(JOBS.map((job) => [job.id, job]));
const POSITIONS = new Map(JOBS.map((job, at) => [job, at]));
const COLUMN_POSITIONS = new Map(DATA.columns.map(({ name }, at) => [name, at]));

/**
 * The job of an id that the page itself wrote. It throws an Error for any other id.
 * @param {string | undefined} id
 */
function jobWithId(id) {
  const job = BY_ID.get(id ?? "");
  if (!job) throw new Error(`The page has no job with the id ${id}.`);
  return job;
}

/** @param {Job} job */
const numberOf = (job) => `#${job.number}`;
/** @param {Job} job */
const promptOf = (job) => DATA.prompts[job.prompt];

/** @type {Map<Job, string>} */
const searchTexts = new Map();

/**
 * All text of a job that "Find" looks through, in lower case.
 * @param {Job} job
 */
function searchTextOf(job) {
  const known = searchTexts.get(job);
  if (known !== undefined) return known;
  const { label, text, variables } = promptOf(job);
  const texts = [
    numberOf(job), label, text, ...variables.flat(), job.model, job.setting, job.frame,
    job.id, job.adName, job.stateWord, job.clip ? "" : job.why, ...(job.quality?.reasons ?? []), ...job.copies.map(({ id, said }) => `${id} ${said}`),
  ].join(" ").toLowerCase();
  searchTexts.set(job, texts);
  return texts;
}

/**
 * The name of a measure with its unit.
 * @param {{label: string, unit?: string}} measure
 */
const labelWithUnit = ({ label, unit }) => (unit ? `${label} (${unit})` : label);

/**
 * The value of a job in a column of the manifest, or in one of the page's own columns.
 * @param {Job} job
 * @param {string} name
 * @returns {Value}
 */
function valueIn(job, name) {
  if (name === "state") return job.stateWord;
  if (name === "id") return job.number;
  if (name === "my_pick") return PICK_ORDER.indexOf(judgementOf(job.id).pick);
  if (name === "my_rating") return judgementOf(job.id).rating;
  const at = COLUMN_POSITIONS.get(name);
  return at === undefined ? RESULT_VALUES.get(name)?.(job) : job.values[at];
}
