// Everything by keyboard. On the page a key is for the clip that has the focus, on the stage for the chosen one.
const KEYS = [
  ["J / K, arrows", "next and previous clip"], ["Space", "play and pause"], ["O", "look closer"],
  ["P, F, X", "pick, finalist, reject"], ["1–5, 0", "rate, take the rating back"],
  ["C", "choose to compare"], ["Enter", "compare what was chosen; in blind picking, the next round"],
  [", and .", "one frame back and on"], ["A–D, arrows", "choose a clip on the stage"], ["L, M", "loop, sound"],
  ["B", "blind pick"], ["/", "find"], ["V", "next layout"], ["Esc", "close"], ["?", "this list"],
];

const JUDGING = { p: "pick", f: "finalist", x: "reject" };

function judgeByKey(key, id) {
  if (key in JUDGING) { togglePick(id, JUDGING[key]); say(judgementOf(id).pick === "none" ? "Taken back" : PICKS[judgementOf(id).pick][1]); return true; }
  if (!/^[0-5]$/.test(key)) return false;
  judge(id, { rating: Number(key) || null });
  say(key === "0" ? "Rating taken back" : `${key} of 5`);
  return true;
}

function stageKey(key) {
  const lanes = stage.clips.length, letter = LETTERS.toLowerCase().indexOf(key);
  if (!lanes) return false;
  if (lanes > 1 && letter >= 0 && letter < lanes) { select(letter); say(`Clip ${LETTERS[letter]}`); return true; }
  if (judgeByKey(key, one(".lane.current", dialog)?.dataset.id ?? one(".lane", dialog).dataset.id)) return true;
  const acts = {
    " ": () => (isPlaying() ? pauseAll() : playAll()), ",": () => stepFrames(-1), ".": () => stepFrames(1),
    arrowleft: () => select(stage.current - 1), arrowright: () => select(stage.current + 1),
    l: () => all(".transport [aria-pressed]", dialog)[0].click(), m: () => all(".transport [aria-pressed]", dialog)[1].click(),
    ...(stage.blind ? { enter: () => turnRound(1), n: () => turnRound(1), backspace: () => turnRound(-1) } : {}),
  };
  acts[key]?.();
  return key in acts;
}

const focusables = () => all("#view .tile button.media, #view .tile:not(:has(button.media)), #view tr[data-id] th button");
const focusedTile = () => document.activeElement?.closest?.("#view [data-id]");

function walk(by) {
  const stops = focusables(), own = stops.findIndex((stop) => stop === document.activeElement || stop.closest("[data-id]") === focusedTile());
  const next = stops[own + by] ?? (own < 0 ? stops[0] : null);
  if (!next && parts && by > 0) { more(); return walk(by); }
  if (!next) return;
  if (!next.matches("button")) next.tabIndex = -1;
  next.focus({ focusVisible: true });
  next.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
}

// One up or down means the tile nearest to straight above or below.
function walkLines(by) {
  const here = focusedTile()?.getBoundingClientRect();
  if (!here) return walk(by);
  const middle = here.x + here.width / 2;
  const beyond = focusables().filter((stop) => { const { y } = stop.closest("[data-id]").getBoundingClientRect(); return by > 0 ? y > here.y + 20 : y < here.y - 20; });
  const far = (stop) => { const box = stop.closest("[data-id]").getBoundingClientRect(); return Math.abs(box.y - here.y) * 4 + Math.abs(box.x + box.width / 2 - middle); };
  beyond.sort((one, other) => far(one) - far(other))[0]?.focus({ focusVisible: true });
}

function pageKey(key) {
  const id = focusedTile()?.dataset.id, job = BY_ID.get(id);
  if (job?.clip && judgeByKey(key, id)) return true;
  const acts = {
    j: () => walk(1), k: () => walk(-1), "/": () => one("#find").focus(), "?": openHelp, b: () => one("#blind-start").click(),
    v: () => { const names = Object.keys(LAYOUTS); choice.layout = names[(names.indexOf(choice.layout) + 1) % names.length]; show(); },
    ...(id ? { arrowright: () => walk(1), arrowleft: () => walk(-1), arrowdown: () => walkLines(1), arrowup: () => walkLines(-1) } : {}),
    ...(job?.clip ? { o: () => openStage([job]), c: () => toggleCompared(id) } : {}),
    ...(choice.compared.length > 1 ? { enter: openCompared } : {}),
  };
  acts[key]?.();
  return key in acts;
}

function openHelp() {
  const help = one("#help");
  help.replaceChildren(make("header", {}, make("h2", { id: "help-title" }, "Keys"), button("Close", () => help.close(), { class: "quiet" })),
    make("dl", { class: "keys" }, ...KEYS.map(([keys, what]) => make("div", {}, make("dt", {}, ...keys.split(" / ").flatMap((key, at) => [at ? " " : "", keyHint(key)])), make("dd", {}, what)))));
  help.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || one("#help").open) return;
  const { target } = event, key = event.key.toLowerCase();
  const types = target.matches("textarea, select, input:not([type=checkbox], [type=range])");
  if (types) return;
  // Buttons keep their own space and enter, except where the whole stage answers to them.
  const presses = target.matches("button, summary, a, input");
  const wanted = dialog.open && target.matches("#play, #stage");
  if (presses && !wanted && (key === " " || (key === "enter" && !(target.matches("button.media") && choice.compared.length > 1 && !dialog.open)))) return;
  if (target.matches("[type=range]") && key.startsWith("arrow")) return;
  if (dialog.open ? stageKey(key) : pageKey(key)) event.preventDefault();
});
