// Judgements as files: export yours, import those of others, and what the panel says about both.

const SCHEMA = "hailuo.judgements/1.0";
const MOST_ID = 64; // characters; the ids of a page of a later version may be longer than ours

/** A random id of this browser, to distinguish two people of one name. It is new where nothing is saved. */
function sourceId() {
  const known = readStored(`${STORED_AS}#source`);
  if (typeof known === "string") return known;
  const made = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  writeStored(`${STORED_AS}#source`, made);
  return made;
}

/** @param {Date} at */
function exported(at) {
  const judgements = [...mine].map(([creative_id, judgement]) => ({ creative_id, number: BY_ID.get(creative_id)?.number, ...judgement, reviewer: saved.name }));
  const pairs = [...choices.values()].map((made) => ({ ...made, reviewer: saved.name }));
  return { schema: SCHEMA, campaign: DATA.campaign, edition: DATA.edition, reviewer: saved.name, source: sourceId(), exported_at: at.toISOString(), judgements, pairs };
}

/** Save your judgements as a file. Without a name it asks for one first, so that people know whose they are. */
function download() {
  if (!saved.name) return askName(download);
  restore(); // another tab may have judged this very moment
  const at = new Date(), text = JSON.stringify(exported(at), null, 2);
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const by = saved.name.replace(/[^\p{L}\p{N}]+/gu, "-");
  make("a", { href: address, download: `${DATA.campaign}-${DATA.edition}-judgements-${by}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
  saved.exportedAt = [...mine.values(), ...choices.values()].reduce((newest, { reviewed_at }) => (reviewed_at > newest ? reviewed_at : newest), at.toISOString());
  writeStored(EXPORTED, saved.exportedAt);
  paintTally(null);
  notify(`${plural(mine.size, "judgement")} exported${choices.size ? `, ${plural(choices.size, "choice")} in pairs` : ""}`);
}

/** @param {() => void} then */
function askName(then) {
  const asking = make("dialog", { id: "ask", "aria-labelledby": "ask-title", close: (own) => own.remove() });
  const field = make("input", { id: "ask-name", autocomplete: "name", maxlength: 80, required: true });
  const form = make("form", { method: "dialog" },
    make("h2", { id: "ask-title" }, "Your name"),
    make("p", { class: "soft" }, "It goes with your judgements, so that people know whose they are."),
    make("label", { class: "field wide" }, make("span", {}, "Name"), field),
    make("p", { class: "row" }, make("button", { type: "submit", class: "primary" }, "Continue"), button("Cancel", () => asking.close())));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    setName(field.value);
    asking.close();
    then();
  });
  asking.append(form);
  document.body.append(asking);
  asking.showModal();
}

/**
 * Import a file. Judgements with your name become yours, those of others are shown beside yours; the newest of a person counts.
 * @param {any} file Parsed JSON of any shape.
 */
function importJudgements(file) {
  if (file?.schema !== SCHEMA || !Array.isArray(file.judgements)) return "This is not a file of judgements.";
  if (file.campaign !== DATA.campaign || file.edition !== DATA.edition) return `This file is for ${file.campaign}, edition ${file.edition}.`;
  let imported = 0, unknown = 0, older = 0;
  const others = new Map(asList(readStored(IMPORTED)).map((entry) => [`${entry?.creative_id} ${folded(String(entry?.reviewer))}`, entry]));
  for (const entry of file.judgements) {
    const id = String(entry?.creative_id), reviewer = String(entry?.reviewer || file.reviewer || "unnamed").slice(0, 100);
    if (!entry || id.length > MOST_ID) continue;
    const isMine = saved.name !== "" && folded(reviewer) === folded(saved.name);
    const whole = { ...entry, reviewer, reviewed_at: entry.reviewed_at ?? file.exported_at ?? new Date().toISOString() };
    const isNewer = isMine ? takeOwn(id, whole) : takeGiven(id, whole);
    if (isNewer && isMine) writeStored(OWN + id, mine.get(id));
    if (isNewer && !isMine) others.set(`${id} ${folded(reviewer)}`, { creative_id: id, ...cleaned(whole) });
    if (!BY_ID.has(id)) unknown += 1; // kept: another copy of the page may have the clip
    else if (isNewer) imported += 1;
    else older += 1;
  }
  for (const entry of asList(file.pairs)) {
    const isMine = saved.name !== "" && folded(String(entry?.reviewer || file.reviewer)) === folded(saved.name);
    if (isMine && takeChoice(entry)) writeStored(PAIR + pairKey(entry.left, entry.right), choices.get(pairKey(entry.left, entry.right)));
  }
  if (others.size) writeStored(IMPORTED, [...others.values()]);
  for (const listener of onJudged) listener(null);
  const skipped = [unknown ? `${unknown} for clips that are not on this page` : "", older ? `${older} not newer than what is here` : ""].filter(Boolean);
  return [`${plural(imported, "judgement")} imported`, ...skipped].join(", ");
}

/** @param {File} file */
async function importFile(file) {
  try { notify(importJudgements(JSON.parse(await file.text()))); } catch { notify("This file could not be read."); }
}

/** @type {string[]} */
let otherNames = [];

/** @param {string | null} id The clip that was judged; null for any. */
function paintTally(id) {
  const judged = [...mine.keys()].map(judgementOf).filter(saysSomething), left = unexported();
  const counts = Object.entries(PICKS).map(([pick, [, word]]) => `${judged.filter((judgement) => judgement.pick === pick).length} ${word.toLowerCase()}`);
  const elsewhere = [...mine.keys()].filter((id) => !BY_ID.has(id)).length;
  if (id === null) otherNames = otherPeople().map(([, name]) => name);
  byId("judged").textContent = String(judged.length);
  byId("judgements").classList.toggle("unexported", left > 0);
  byId("tally").textContent = judged.length ? counts.join(" · ") : "You have not judged any clips yet.";
  byId("left").textContent = [
    choices.size ? `${plural(choices.size, "choice")} in blind pairs.` : "",
    left ? `${plural(left, "judgement")} not exported yet.` : "",
    saved.works ? "" : "This browser saves no judgements. Export them before you close the page.",
    elsewhere ? `${plural(elsewhere, "judgement")} of clips that are not on this page.` : "",
    otherNames.length ? `Beside yours: ${otherNames.join(", ")}.` : "",
  ].filter(Boolean).join(" ");
  const field = byId("reviewer", HTMLInputElement);
  if (document.activeElement !== field) field.value = saved.name;
}
onJudged.push(paintTally);
