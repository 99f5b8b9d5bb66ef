// Several people at once, where `hailuo open --serve` serves the page: your judgements go to the store, those of others appear.
// What is not there yet stays in this browser and is sent again, also after the server was away.

const ADDRESS = new URLSearchParams(location.search);
const IS_LIVE = location.protocol.startsWith("http") && (ADDRESS.has("token") || ADDRESS.has("live"));
const EVERY_MS = 2000;
const SOON_MS = 250;
const MOST_SENT = 500; // judgements in one request
const SAME_PERSON = `${STORED_AS}#same:`;
const live = {
  /** What the server had when it was last asked. */
  version: "",
  /** Whose judgements `shared` are: yours, under the name you had. */
  name: "",
  /** @type {Map<string, string>} When your newest judgement or choice was given that the store has, by clip or pair. */
  shared: new Map(),
  /** What was refused; nothing is sent until you judge again. */
  refused: "",
  timer: 0,
  isBusy: false,
  isAsking: false,
};

/**
 * Whether the store has your judgement of a clip, or your choice between two.
 * @param {string} key
 * @param {string} at When it was given.
 */
const isShared = (key, at) => (live.shared.get(key) ?? "") >= at;

/** Ask the server for what is new, and send what it does not have; then again after a while. */
async function sync() {
  if (live.isBusy) return;
  live.isBusy = true;
  clearTimeout(live.timer);
  try { paintLive(await receive() || await send()); } catch { paintLive("The server does not answer. Your judgements are kept in this browser and sent when it is back."); }
  live.isBusy = false;
  clearTimeout(live.timer); // one that a judgement set meanwhile
  live.timer = setTimeout(sync, EVERY_MS);
}

/** Take in what is new. Returns what keeps it from going on, or "". */
async function receive() {
  if (live.name !== folded(saved.name)) Object.assign(live, { name: folded(saved.name), version: "", shared: new Map(), refused: "" });
  const answer = await fetch(`judgements?seen=${live.version}`, { cache: "no-store" });
  if (answer.status === 401) return "The server was started anew. Open the address it printed: your judgements are kept in this browser and sent then.";
  if (answer.status === 204) return "";
  if (!answer.ok) throw new Error(String(answer.status));
  const file = await answer.json(), before = otherNames.join();
  const changed = asList(file.judgements).filter(takeLive).map(({ creative_id }) => String(creative_id));
  for (const entry of asList(file.pairs)) if (folded(String(entry.reviewer)) === live.name && live.name) takeLiveChoice(entry);
  live.version = answer.headers.get("judgements-version") ?? "";
  const isMany = changed.length > 20 || otherPeople().map(([, name]) => name).join() !== before;
  for (const id of isMany ? [null] : changed) for (const listener of onJudged) listener(id);
  return "";
}

/** @param {any} entry A judgement of anybody, from the server. */
function takeLive(entry) {
  const id = String(entry.creative_id), isMine = live.name !== "" && folded(String(entry.reviewer)) === live.name;
  if (!isMine) return takeGiven(id, entry);
  live.shared.set(id, cleanedTime(entry.reviewed_at));
  const isNewer = takeOwn(id, entry);
  if (isNewer) writeStored(OWN + id, mine.get(id));
  return isNewer;
}

/** @param {any} entry A choice of yours, from the server. */
function takeLiveChoice(entry) {
  const key = pairKey(String(entry.left), String(entry.right));
  live.shared.set(key, cleanedTime(entry.reviewed_at));
  if (takeChoice(entry)) writeStored(PAIR + key, choices.get(key));
}

/** Send what the store does not have. Returns what there is to say, or "". */
async function send() {
  const judgements = [...mine].filter(([id, { reviewed_at }]) => BY_ID.has(id) && !isShared(id, reviewed_at)).slice(0, MOST_SENT);
  const pairs = [...choices].filter(([key, { left, right, reviewed_at }]) => BY_ID.has(left) && BY_ID.has(right) && !isShared(key, reviewed_at)).slice(0, MOST_SENT);
  if (!judgements.length && !pairs.length) return "";
  if (!saved.name) return "Give your name, so that the others see your judgements.";
  if (live.refused) return live.refused;
  const by = { reviewer: saved.name };
  const body = JSON.stringify({ schema: SCHEMA, campaign: DATA.campaign, edition: DATA.edition, ...by, source: sourceId(),
    judgements: judgements.map(([creative_id, judgement]) => ({ creative_id, ...judgement, ...by })), pairs: pairs.map(([, choice]) => ({ ...choice, ...by })) });
  const answer = await fetch(`judgements${readStored(SAME_PERSON + live.name) ? "?same=yes" : ""}`, { method: "PUT", body, headers: { "content-type": "application/json" } });
  if (answer.status === 409) { askWhose(); return "Another browser has judged under your name."; }
  if (answer.status === 400) { live.refused = `Not taken in: ${asList((await answer.json()).problems).slice(0, 3).join(" ")}`; return live.refused; }
  if (!answer.ok) throw new Error(String(answer.status));
  for (const [key, { reviewed_at }] of [...judgements, ...pairs]) live.shared.set(key, reviewed_at);
  paintTally("");
  return "";
}

/** Another browser judged under your name: it is yours too, or you take another name. */
function askWhose() {
  if (live.isAsking || document.getElementById("ask") || dialog.open) return;
  live.isAsking = true;
  const name = saved.name, asking = make("dialog", { id: "ask", "aria-labelledby": "ask-title", close: (own) => { live.isAsking = false; own.remove(); } });
  asking.append(make("h2", { id: "ask-title" }, "Is this you?"),
    make("p", {}, "Somebody has judged as ", bdi(name), " from another browser."),
    make("p", { class: "row" },
      button("Yes, that was me", () => { writeStored(SAME_PERSON + folded(name), true); asking.close(); sync(); }, { class: "primary" }),
      button("No, change my name", () => { asking.close(); asking.remove(); askName(sync); })));
  document.body.append(asking);
  asking.showModal();
}

/** @param {string} trouble */
function paintLive(trouble) {
  const line = byId("live");
  line.hidden = false;
  line.classList.toggle("trouble", Boolean(trouble));
  const text = trouble || `Live${otherNames.length ? ` with ${otherNames.slice(0, 4).join(", ")}${otherNames.length > 4 ? " and others" : ""}` : ""}`;
  if (line.textContent !== text) line.textContent = text;
}

function startLive() {
  if (!IS_LIVE) return;
  try { history.replaceState(null, "", `${location.pathname}?live${location.hash}`); } catch { /* the token stays in the address */ }
  onJudged.push(() => {
    live.refused = "";
    clearTimeout(live.timer);
    live.timer = setTimeout(sync, SOON_MS);
  });
  if (!saved.name) askName(() => {});
  sync();
}
