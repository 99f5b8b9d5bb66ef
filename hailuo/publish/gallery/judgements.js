// What people think of the clips. Yours are saved in this browser, one entry per clip. Those of others come from the manifest
// and from imported files; they are shown beside yours, with a name, and are never changed.

/** @type {Readonly<Record<string, [sign: string, word: string]>>} */
const PICKS = { pick: ["✓", "Pick"], finalist: ["★", "Finalist"], reject: ["✕", "Reject"] };
const PICK_ORDER = ["reject", "none", "pick", "finalist"];
const EARLIEST = "2020-01-01T00:00:00.000Z"; // for a judgement that names no time: everything else is newer
/** @type {Judgement} */
const NOT_JUDGED = Object.freeze({ pick: "none", rating: null, tags: [], note: "", reviewer: "", reviewed_at: "" });
const STORED_AS = `hailuo:${DATA.campaign}/${DATA.edition}`; // alone, it is what earlier versions of the page wrote
const OWN = `${STORED_AS}#mine:`, IMPORTED = `${STORED_AS}#imported`, NAME = `${STORED_AS}#reviewer`, EXPORTED = `${STORED_AS}#exported`;
/** @type {Map<string, Judgement>} Your judgements, also of clips that only another copy of the page has. */
const mine = new Map();
/** @type {Map<string, Map<string, Judgement>>} By the id of the clip, then by the reviewer as `sameName` compares. */
const given = new Map();
/** @type {((id: string | null) => void)[]} Called after a judgement changed; with null after many did. */
const onJudged = [];
const saved = { name: "", exportedAt: "", works: true };

/** @param {string} name */
const folded = (name) => name.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
/** @param {Judgement} judgement */
const saysSomething = ({ pick, rating, tags, note }) => pick !== "none" || rating !== null || tags.length > 0 || note !== "";

/**
 * Your judgement of a clip: the newest that this browser saved or that your name was given with.
 * @param {string} id
 */
function judgementOf(id) {
  const own = mine.get(id), named = saved.name ? given.get(id)?.get(folded(saved.name)) : undefined;
  return (own && named ? (own.reviewed_at >= named.reviewed_at ? own : named) : own ?? named) ?? NOT_JUDGED;
}

/**
 * What other people say of a clip, the newest first.
 * @param {string} id
 */
function othersOn(id) {
  const found = [...(given.get(id) ?? [])].filter(([name, judgement]) => name !== folded(saved.name) && saysSomething(judgement));
  return found.map(([, judgement]) => judgement).sort((one, other) => (one.reviewed_at < other.reviewed_at ? 1 : -1));
}

/**
 * Add your judgement to what another tab may have saved since. Times only rise, so that the newest is the last one given.
 * @param {string} id
 * @param {Partial<Judgement>} change
 */
function judge(id, change) {
  takeOwn(id, readStored(OWN + id));
  const before = judgementOf(id), after = Math.max(Date.now(), (Date.parse(before.reviewed_at) || 0) + 1);
  mine.set(id, { ...before, ...change, reviewer: "", reviewed_at: new Date(after).toISOString() });
  writeStored(OWN + id, mine.get(id));
  for (const listener of onJudged) listener(id);
}

/** How many of your judgements and choices are in no exported file, and not in the store either. */
const unexported = () => [...mine, ...choices].filter(([key, { reviewed_at }]) => reviewed_at > saved.exportedAt && !isShared(key, reviewed_at)).length;

/**
 * Whether your judgement is newer than the one you had, which it then replaces.
 * @param {string} id
 * @param {any} entry A judgement from outside the page.
 */
function takeOwn(id, entry) {
  if (!entry) return false;
  const judgement = cleaned(entry);
  if ((mine.get(id)?.reviewed_at ?? "") >= judgement.reviewed_at) return false;
  mine.set(id, { ...judgement, reviewer: "" });
  return true;
}

/**
 * Whether the judgement of somebody is newer than theirs that the page had, which it then replaces.
 * @param {string} id
 * @param {any} entry A judgement from outside the page, with a reviewer.
 */
function takeGiven(id, entry) {
  const judgement = cleaned(entry), by = given.get(id) ?? new Map(), name = folded(judgement.reviewer);
  if ((by.get(name)?.reviewed_at ?? "") >= judgement.reviewed_at) return false;
  given.set(id, by.set(name, judgement));
  return true;
}

/**
 * A judgement from outside the page, with whatever is not valid replaced. A time to come would win for ever: it is now.
 * @param {any} entry
 * @returns {Judgement}
 */
function cleaned(entry) {
  return {
    pick: Object.hasOwn(PICKS, entry.pick) ? entry.pick : "none",
    rating: Number.isInteger(entry.rating) && entry.rating >= 1 && entry.rating <= 5 ? entry.rating : null,
    tags: Array.isArray(entry.tags) ? entry.tags.map((/** @type {unknown} */ tag) => String(tag).slice(0, 60)).slice(0, 50) : [],
    note: String(entry.note ?? "").slice(0, 2000),
    reviewer: String(entry.reviewer ?? "").slice(0, 100),
    reviewed_at: cleanedTime(entry.reviewed_at),
  };
}

/** @param {string} text ISO 8601, or anything. */
function cleanedTime(text) {
  const at = Date.parse(text);
  return at >= Date.parse(EARLIEST) ? new Date(Math.min(at, Date.now())).toISOString() : EARLIEST;
}

/**
 * @param {string} key
 * @returns {any} Parsed JSON of any shape; null where there is none.
 */
function readStored(key) {
  try { return JSON.parse(localStorage.getItem(key) ?? "null"); } catch { return null; }
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function writeStored(key, value) {
  try { localStorage.setItem(key, JSON.stringify(value)); } catch {
    if (saved.works) notify("This browser saves no judgements. Export them before you close the page.");
    saved.works = false; // a page in a sandbox, or a full storage
  }
}

/** @param {string} key */
function forgetStored(key) {
  try { localStorage.removeItem(key); } catch { saved.works = false; }
}

/**
 * What follows a prefix in the keys that this browser saved: after OWN, the ids of the clips that you judged.
 * @param {string} prefix
 */
function storedKeys(prefix) {
  try { return Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)); } catch { return []; }
}

/** Read what this browser and the manifest have; what is newer than the page's own replaces it. */
function restore() {
  saved.name = String(readStored(NAME) ?? readStored(STORED_AS)?.reviewer ?? "").slice(0, 80);
  saved.exportedAt = String(readStored(EXPORTED) ?? "");
  for (const { id, judgements } of JOBS) for (const judgement of judgements) takeGiven(id, judgement);
  for (const entry of asList(readStored(IMPORTED))) takeGiven(String(entry?.creative_id), { ...entry });
  for (const [id, entry] of asList(readStored(STORED_AS)?.judgements)) {
    const isMine = !entry?.reviewer || folded(String(entry.reviewer)) === folded(saved.name);
    if (isMine) takeOwn(String(id), entry); else takeGiven(String(id), entry);
  }
  for (const id of storedKeys(OWN)) takeOwn(id, readStored(OWN + id));
  restoreChoices();
}

/**
 * @param {unknown} value
 * @returns {any[]}
 */
const asList = (value) => (Array.isArray(value) ? value : []);

/** @param {string} name */
function setName(name) {
  saved.name = name.trim();
  writeStored(NAME, saved.name);
  for (const listener of onJudged) listener(null);
}

// Another tab of this edition judged, imported or exported.
addEventListener("storage", ({ key }) => {
  if (key !== STORED_AS && !key?.startsWith(`${STORED_AS}#`)) return;
  const id = key.startsWith(OWN) ? key.slice(OWN.length) : null;
  if (id === null) restore(); else takeOwn(id, readStored(key));
  for (const listener of onJudged) listener(id);
});
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return; // a page that the browser kept got no storage events
  restore();
  for (const listener of onJudged) listener(null);
});
addEventListener("beforeunload", (event) => { if (unexported()) event.preventDefault(); });
