// The keyboard. On the page a key acts on the clip that has the focus, on the stage on the chosen clip.

const KEYS = [
  ["J / K, arrows", "next and previous clip, also enlarged"], ["Space", "play and pause"], ["O", "enlarge"],
  ["P, F, X", "pick, finalist, reject; with Shift, then the next clip"], ["1–5, 0", "rate, remove the rating"],
  ["N", "next clip that you have not judged"], ["U", "undo"], ["S", "survey: your picks side by side"],
  ["C", "choose to compare"], ["Enter", "compare the chosen clips; in a blind pick, the next round"],
  [", and .", "one frame back and forward"], ["A–D, arrows", "choose a clip on the stage"], ["L, M", "loop, sound"],
  ["I, O", "enlarged: loop from here, to here"], ["Y", "compared: flip between the clips in one place"], ["Z", "enlarged: 100 %"], ["T", "enlarged: a note at this time"],
  ["B", "blind pick"], ["W", "blind pairs: ← and → choose, ↓ no preference"], ["/", "find"], ["V", "next layout"], ["Esc", "close"], ["?", "this list"],
];

const PICK_KEYS = new Map([["p", "pick"], ["f", "finalist"], ["x", "reject"]]);

/** @typedef {Record<string, () => unknown>} Actions By key, in lower case. */

/**
 * Whether the key was one for judging.
 * @param {string} key
 * @param {string} id
 */
function judgeByKey(key, id) {
  const pick = PICK_KEYS.get(key), verdicts = VERDICTS[stage.blind ? "blind" : "own"];
  if (pick) {
    const words = verdicts.of(id).pick === pick ? "Pick removed" : PICKS[pick][1], { blind } = stage;
    togglePick(id, pick, verdicts);
    notify(blind ? words : `${numberOf(jobWithId(id))}: ${words}`);
    return true;
  }
  if (!/^[0-5]$/.test(key)) return false;
  verdicts.set(id, { rating: Number(key) || null });
  notify(key === "0" ? "Rating removed" : `${key} of 5`);
  return true;
}

/**
 * @param {string} key
 * @param {Actions} actions
 */
function act(key, actions) {
  if (!Object.hasOwn(actions, key)) return false;
  actions[key]();
  return true;
}

/** @param {string} key */
function stageKey(key) {
  const { kind, jobs } = stage, letter = LETTERS.toLowerCase().indexOf(key);
  if (!jobs.length) return false;
  if (jobs.length > 1 && kind !== "survey" && kind !== "pair" && letter >= 0 && letter < jobs.length) { select(letter); notify(`Clip ${LETTERS[letter]}`); return true; }
  if (kind !== "pair" && judgeByKey(key, jobs[stage.current].id)) return true;
  /** @type {Actions} */
  const sideways = { arrowleft: () => select(stage.current - 1), arrowright: () => select(stage.current + 1) };
  /** @type {Record<StageKind, Actions>} */
  const ofKind = {
    closer: { arrowleft: () => goOn(-1), arrowright: () => goOn(1), k: () => goOn(-1), j: () => goOn(1), n: goToUnjudged, s: () => openSurvey(), t: noteAtTime },
    compare: sideways, survey: sideways,
    pair: { arrowleft: () => choose("left"), arrowright: () => choose("right"), arrowdown: () => choose("none"), a: () => choose("left"), b: () => choose("right"), "=": () => choose("none"), u: backToPair, backspace: backToPair },
    blind: { ...sideways, enter: () => turnRound(1), n: () => turnRound(1), backspace: () => turnRound(-1) },
  };
  return act(key, {
    " ": togglePlayback, ",": () => stepFrames(-1), ".": () => stepFrames(1), l: toggleLoop, m: toggleSound, u: undo,
    i: () => setRange("from"), o: () => setRange("to"), y: toggleFlip, z: toggleZoom, ...ofKind[kind],
  });
}

const focusedTile = () => document.activeElement?.closest("#view [data-id]");

/**
 * Move the focus to the next or previous clip, in the order of the page.
 * @param {number} by
 */
function walk(by) {
  const stops = focusables(), own = stops.findIndex((stop) => stop === document.activeElement || stop.closest("[data-id]") === focusedTile());
  const next = stops[own + by] ?? (own < 0 ? stops[0] : null);
  if (!next && steps && by > 0) { addChunk(); walk(by); }
  if (!next) return;
  if (!next.matches("button")) next.tabIndex = -1;
  next.focus({ focusVisible: true });
  next.scrollIntoView({ block: "nearest", behavior: reducedMotion.matches ? "auto" : "smooth" });
}

const MOST_IN_LINE = 60; // tiles that can lie between a tile and the one below it

/**
 * Move the focus to the tile that is nearest to straight above or below.
 * @param {number} by
 */
function walkLines(by) {
  const here = focusedTile()?.getBoundingClientRect();
  if (!here) return walk(by);
  const middle = here.x + here.width / 2;
  const found = focusables(), own = found.findIndex((stop) => stop.closest("[data-id]") === focusedTile());
  const beyond = found.slice(Math.max(0, own - MOST_IN_LINE), own + MOST_IN_LINE).flatMap((stop) => {
    const box = (stop.closest("[data-id]") ?? stop).getBoundingClientRect();
    if (by > 0 ? box.y <= here.y + 20 : box.y >= here.y - 20) return [];
    return [{ stop, distance: Math.abs(box.y - here.y) * 4 + Math.abs(box.x + box.width / 2 - middle) }];
  });
  beyond.sort((one, other) => one.distance - other.distance)[0]?.stop.focus({ focusVisible: true });
}

function nextLayout() {
  const at = LAYOUTS.findIndex(([name]) => name === choice.layout);
  choice.layout = LAYOUTS[(at + 1) % LAYOUTS.length][0];
  show();
}

/**
 * @param {string} key
 * @param {boolean} shift
 */
function pageKey(key, shift) {
  const job = BY_ID.get(focusedTile()?.getAttribute("data-id") ?? "");
  if (job?.clip && judgeByKey(key, job.id)) {
    if (shift && focusedTile()?.getAttribute("data-id") === job.id) walk(1);
    return true;
  }
  /** @type {Actions} */
  const onTile = job ? { arrowright: () => walk(1), arrowleft: () => walk(-1), arrowdown: () => walkLines(1), arrowup: () => walkLines(-1) } : {};
  /** @type {Actions} */
  const onClip = job?.clip ? { c: () => toggleCompared(job.id) } : {};
  const enlarged = job ?? clipsShown()[0];
  /** @type {Actions} */
  const onChosen = choice.compared.length > 1 ? { enter: openCompared } : {};
  return act(key, {
    j: () => walk(1), k: () => walk(-1), "/": () => byId("find").focus(), "?": openHelp, b: startBlind, w: askPairs, v: nextLayout,
    o: () => enlarged?.clip && openStage([enlarged]), n: goToUnjudged, s: () => openSurvey(), u: undo,
    ...onTile, ...onClip, ...onChosen,
  });
}

function openHelp() {
  const help = byId("help", HTMLDialogElement);
  help.replaceChildren(make("header", {}, make("h2", { id: "help-title" }, "Keys"), button("Close", () => help.close(), { class: "quiet" })),
    make("dl", { class: "keys" }, ...KEYS.map(([keys, what]) => make("div", {}, make("dt", {}, ...keys.split(" / ").flatMap((key, at) => [at ? " " : "", keyHint(key)])), make("dd", {}, what)))));
  help.showModal();
}

document.addEventListener("keydown", (event) => {
  const { target, key: pressed } = event;
  if (event.altKey || byId("help", HTMLDialogElement).open || document.getElementById("ask")) return;
  if (!(target instanceof Element) || !pressed) return; // a browser that fills in a form sends events without a key
  const key = pressed.toLowerCase();
  if (target.matches("textarea, select, input:not([type=checkbox], [type=range])")) return;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" && !event.shiftKey) { undo(); event.preventDefault(); }
    return;
  }
  // Buttons keep space and Enter, except where they act on the whole stage.
  const presses = target.matches("button, summary, a, input");
  const forStage = dialog.open && target.matches("#play, #stage");
  const compares = target.matches("button.media") && choice.compared.length > 1 && !dialog.open;
  if (presses && !forStage && (key === " " || (key === "enter" && !compares))) return;
  if (target.matches("[type=range], .screen") && key.startsWith("arrow")) return;
  if (dialog.open ? stageKey(key) : pageKey(key, event.shiftKey)) event.preventDefault();
});
