// The stage: clips, large, played in step to the frame.

/** @typedef {"closer" | "compare" | "survey" | "blind" | "pair"} StageKind One clip; two to four chosen ones; your picks; a round; two without names. */

const stage = {
  /** @type {HTMLVideoElement[]} */
  clips: [],
  /** @type {Job[]} One per clip. */
  jobs: [],
  /** @type {StageKind} */
  kind: "closer",
  current: 0,
  zoomed: false,
  flips: false,
  rate: 1,
  /** What is looped, in seconds. */
  range: { from: 0, to: Infinity },
  /** @type {BlindPick | null} */
  blind: null,
  loop: true,
  muted: true,
  frames: 24,
  raf: 0,
  /** The id of the clip that gets the focus back. */
  from: "",
};
const dialog = byId("stage", HTMLDialogElement);
const LETTERS = "ABCD";

/** The longest clip, which sets the time of all; undefined where the stage is empty. */
const longestClip = () => stage.clips.reduce((/** @type {HTMLVideoElement | undefined} */ longest, clip) => (longest && (clip.duration || 0) <= (longest.duration || 0) ? longest : clip), undefined);
/** Whether the stage shows clips without names, and nothing else that could say which model made them. */
const isNameless = () => stage.kind === "blind" || stage.kind === "pair";
const isPlaying = () => longestClip()?.paused === false;
const togglePlayback = () => (isPlaying() ? pauseAll() : playAll());
/** @param {number} seconds */
const timeText = (seconds) => `${seconds.toFixed(2)} s`;

/**
 * What a clip is called: its number in a survey, a letter elsewhere.
 * @param {Job} job
 * @param {number} at
 */
const laneLabel = (job, at) => (stage.kind === "survey" ? numberOf(job) : LETTERS[at]);
/** @param {number} count */
const laneClasses = (count) => ["lanes", count > 4 ? "many" : `n${count}`, stage.zoomed && "zoomed", stage.flips && count > 1 && "flips"].filter(Boolean).join(" ");

/**
 * @typedef {object} StageOptions
 * @property {StageKind} kind
 * @property {string} title
 * @property {(job: Job) => (HTMLElement | null)[]} about What is shown below each clip.
 * @property {HTMLElement[]} after What is shown below all clips.
 * @property {BlindPick} [blind]
 * @property {string} [closeWord]
 */
/**
 * @param {Job[]} jobs Jobs with clips.
 * @param {StageOptions} options
 */
function buildStage(jobs, { kind, title, about, after, blind, closeWord = "Close" }) {
  emptyStage();
  Object.assign(stage, { kind, jobs: [...jobs], blind: blind ?? null, range: { from: 0, to: Infinity }, flips: false, zoomed: stage.zoomed && kind !== "blind" && kind !== "pair" });
  stage.frames = Math.min(...jobs.map(({ fps }) => fps ?? 24)); // so that each step shows another picture of every clip
  const videos = jobs.map(videoOf);
  dialog.className = isNameless() ? `blind ${kind}` : "";
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "stage-title", dir: "auto" }, title), kind === "closer" ? clipNavigation() : null, button(closeWord, () => dialog.close(), { class: "quiet" })),
    make("div", { class: laneClasses(jobs.length) }, ...jobs.map((job, at) => laneOf(job, videos[at], laneLabel(job, at), about(job)))),
    transport(), ...after);
  stage.clips = videos;
  for (const clip of stage.clips) clip.addEventListener("loadedmetadata", () => { paintTime(); paintZoom(); });
  select(0);
  if (!dialog.open) dialog.showModal();
  byId("play").focus();
  if (!reducedMotion.matches) playAll();
}

function emptyStage() {
  cancelAnimationFrame(stage.raf);
  if (document.activeElement instanceof HTMLElement && dialog.contains(document.activeElement)) document.activeElement.blur(); // a note that is being written is saved
  for (const clip of stage.clips) {
    clip.pause();
    if (clip.src.startsWith("blob:")) URL.revokeObjectURL(clip.src);
    clip.removeAttribute("src");
    clip.load();
  }
  stage.clips = [];
  stage.jobs = [];
}

/**
 * @param {Job} job
 * @param {number} at
 */
function videoOf(job, at) {
  const video = make("video", { src: job.clip, poster: job.poster, preload: "auto", playsinline: true, tabindex: -1, "aria-label": `Clip ${laneLabel(job, at)}` });
  video.muted = stage.muted;
  video.playbackRate = video.defaultPlaybackRate = stage.rate;
  video.addEventListener("error", () => video.replaceWith(make("p", { class: "well" }, "The clip could not be loaded.")));
  video.addEventListener("loadedmetadata", () => loadWhole(video), { once: true });
  video.addEventListener("click", () => { select(stage.clips.indexOf(video)); togglePlayback(); });
  return video;
}

/**
 * Where a server sends no parts of files, a browser cannot move within a clip: then the clip is loaded as a whole.
 * @param {HTMLVideoElement} video
 */
async function loadWhole(video) {
  const { seekable, src, paused } = video, end = seekable.length ? seekable.end(seekable.length - 1) : 0;
  if (end > 0 || new URL(src, location.href).origin !== location.origin || !location.protocol.startsWith("http")) return;
  try {
    const whole = URL.createObjectURL(await (await fetch(src)).blob());
    if (!stage.clips.includes(video)) return URL.revokeObjectURL(whole);
    video.src = whole;
    if (!paused) video.play().catch(() => {});
  } catch { notify("This server sends no parts of clips: you cannot move within them. Open the page with: hailuo open --serve"); }
}

/**
 * @param {Job} job
 * @param {HTMLVideoElement} video
 * @param {string} letter
 * @param {(HTMLElement | null)[]} about
 */
const laneOf = (job, video, letter, about) => make("section", { class: "lane", "data-id": job.id, "aria-label": `Clip ${letter}` },
  make("div", { class: "screen", role: "group", "aria-label": `Picture of clip ${letter}`, scroll: followScroll }, video, make("span", { class: "letter", "aria-hidden": "true" }, letter)),
  make("div", { class: "about" }, ...about), stage.kind === "pair" ? "" : judgeBar(job, `clip ${letter}`, stage.blind ? "blind" : "own"));

function transport() {
  return make("div", { class: "transport", role: "group", "aria-label": "Playback of all clips together" },
    button("Play", togglePlayback, { id: "play", class: "primary" }),
    button("‹", () => stepFrames(-1), { class: "icon", "aria-label": "One frame back", title: "One frame back (,)" }),
    button("›", () => stepFrames(1), { class: "icon", "aria-label": "One frame forward", title: "One frame forward (.)" }),
    make("input", { type: "range", id: "seek", min: 0, max: 1000, value: 0, step: 1, "aria-label": "Position", input: (slider) => seekTo(Number(slider.value) / 1000) }),
    make("output", { id: "time" }, timeText(0)),
    button("Loop", toggleLoop, { id: "loop", "aria-pressed": String(stage.loop) }),
    make("span", { class: "range", role: "group", "aria-label": "Part to loop" },
      button("From here", () => setRange("from"), { title: "Loop from this moment (I)" }), button("To here", () => setRange("to"), { title: "Loop to this moment (O)" }),
      button("", clearRange, { id: "range", class: "link", title: "Loop the whole clip again", hidden: true })),
    stage.jobs.length < 2 || isNameless() ? null : button("Flip", toggleFlip, { id: "flip", "aria-pressed": "false", title: "Show one clip at a time in the same place (Y)" }),
    isNameless() ? null : button("100 %", toggleZoom, { id: "zoom", "aria-pressed": String(stage.zoomed), title: "One pixel of the clip is one pixel of the screen (Z)" }),
    button("Sound", toggleSound, { id: "sound", "aria-pressed": String(!stage.muted) }),
    make("label", { class: "field speed" }, make("span", {}, "Speed"), make("select", { change: (select) => { stage.rate = Number(select.value); for (const clip of stage.clips) clip.playbackRate = stage.rate; } },
      ...[0.25, 0.5, 1, 2].map((rate) => make("option", { value: rate, selected: rate === stage.rate }, `${rate}×`)))));
}

function toggleLoop() {
  stage.loop = !stage.loop;
  byId("loop").setAttribute("aria-pressed", String(stage.loop));
}

function toggleSound() {
  stage.muted = !stage.muted;
  byId("sound").setAttribute("aria-pressed", String(!stage.muted));
  applySound();
}

/** Only the chosen clip has sound. */
function applySound() {
  for (const [at, clip] of stage.clips.entries()) clip.muted = stage.muted || at !== stage.current;
}

/** @param {number} at */
function select(at) {
  const count = stage.clips.length;
  stage.current = stage.flips ? (at + count) % count : Math.max(0, Math.min(at, count - 1));
  for (const [own, lane] of all(".lane", dialog).entries()) lane.classList.toggle("current", own === stage.current && stage.clips.length > 1 && stage.kind !== "pair");
  applySound();
}

function playAll() {
  const longest = longestClip();
  if (!longest) return;
  const { from, to } = stage.range;
  if (longest.ended || longest.currentTime < from || longest.currentTime >= Math.min(longest.duration || Infinity, to) - 0.05) seekAll(from);
  for (const clip of stage.clips) if (!(clip.duration <= longest.currentTime)) clip.play().catch(() => {});
  byId("play").textContent = "Pause";
  cancelAnimationFrame(stage.raf);
  stage.raf = requestAnimationFrame(follow);
}

function pauseAll() {
  const longest = longestClip();
  for (const clip of stage.clips) clip.pause();
  byId("play").textContent = "Play";
  cancelAnimationFrame(stage.raf);
  // They never play to the same frame exactly: those that lag or lead go to where the longest is.
  for (const clip of stage.clips) if (longest && clip !== longest) clip.currentTime = Math.min(longest.currentTime, Math.max(0, (clip.duration || 0) - 0.001));
  paintTime();
}

/** @param {number} seconds */
function seekAll(seconds) {
  for (const clip of stage.clips) clip.currentTime = Math.max(0, Math.min(seconds, (clip.duration || 0) - 0.001));
  paintTime(seconds);
}

/** @param {number} share Of the longest clip, 0 to 1. */
function seekTo(share) {
  pauseAll();
  seekAll(share * (longestClip()?.duration || 0));
}

/**
 * Pause in the middle of a frame: at its edge, browsers show either of two frames.
 * @param {number} by
 */
function stepFrames(by) {
  pauseAll();
  const frame = Math.floor((longestClip()?.currentTime ?? 0) * stage.frames + 0.001) + by;
  seekAll(Math.max(0, frame + 0.5) / stage.frames);
}

/** While they play: seek clips that are more than two frames off, and start all again together at the end. */
function follow() {
  const longest = longestClip();
  if (!longest) return;
  if (longest.ended || longest.currentTime >= stage.range.to) {
    if (!stage.loop) return pauseAll();
    seekAll(stage.range.from);
    for (const clip of stage.clips) clip.play().catch(() => {});
  }
  for (const clip of stage.clips) {
    const wanted = Math.min(longest.currentTime, clip.duration || 0);
    if (clip !== longest && !clip.seeking && Math.abs(clip.currentTime - wanted) > 2 / stage.frames) clip.currentTime = wanted;
  }
  paintTime();
  stage.raf = requestAnimationFrame(follow);
}

/** @param {number} [at] In seconds; the time of the longest clip unless given. */
function paintTime(at) {
  const longest = longestClip();
  if (!longest) return;
  const now = at ?? longest.currentTime, seek = byId("seek", HTMLInputElement);
  seek.value = String(Math.round((now / (longest.duration || 1)) * 1000));
  seek.setAttribute("aria-valuetext", timeText(now));
  byId("time").textContent = `${timeText(now)} · frame ${Math.floor(now * stage.frames + 0.001) + 1}`;
}

dialog.addEventListener("close", () => {
  if (dialog.open) return; // opened again meanwhile
  emptyStage();
  dialog.replaceChildren();
  if (stage.blind) notify("Paused. Nothing is lost; B goes on.");
  stage.blind = null;
  stage.kind = "closer";
  paintBlindStart();
  focusOn(stage.from);
});

/**
 * Loop from this moment, or to it.
 * @param {"from" | "to"} edge
 */
function setRange(edge) {
  const now = longestClip()?.currentTime ?? 0, { range } = stage;
  range[edge] = now;
  if (range.to <= range.from) Object.assign(range, edge === "from" ? { to: Infinity } : { from: 0 });
  if (!stage.loop) toggleLoop();
  paintRange();
}

function clearRange() {
  stage.range = { from: 0, to: Infinity };
  paintRange();
  byId("play").focus();
}

function paintRange() {
  const { from, to } = stage.range, text = byId("range");
  text.hidden = from === 0 && to === Infinity;
  text.textContent = `${from.toFixed(2)} – ${to === Infinity ? "end" : timeText(to)} ×`;
  text.setAttribute("aria-label", `Loop the whole clip again, not only ${from.toFixed(2)} to ${to === Infinity ? "the end" : timeText(to)}`);
}

/** Show one clip at a time, all in one place: a difference is seen where it is. */
function toggleFlip() {
  if (stage.jobs.length < 2 || isNameless()) return;
  stage.flips = !stage.flips;
  byId("flip").setAttribute("aria-pressed", String(stage.flips));
  all(".lanes", dialog)[0].className = laneClasses(stage.jobs.length);
  select(stage.current);
  if (stage.flips) notify("← and → flip between the clips");
}

/** Where clips have no names, pixels are not shown one by one: their number would say which model made the clip. */
function toggleZoom() {
  if (isNameless() || !stage.jobs.length) return;
  stage.zoomed = !stage.zoomed;
  byId("zoom").setAttribute("aria-pressed", String(stage.zoomed));
  all(".lanes", dialog)[0].className = laneClasses(stage.jobs.length);
  paintZoom();
}

/** At 100 % a picture that is larger than its place can be scrolled; at first its middle is shown. */
function paintZoom() {
  for (const clip of stage.clips) {
    const screen = clip.closest(".screen");
    if (!screen) continue;
    clip.style.width = stage.zoomed && clip.videoWidth ? `${clip.videoWidth / devicePixelRatio}px` : "";
    if (stage.zoomed) screen.setAttribute("tabindex", "0"); else screen.removeAttribute("tabindex");
    screen.scrollTo((screen.scrollWidth - screen.clientWidth) / 2, (screen.scrollHeight - screen.clientHeight) / 2);
  }
}

/**
 * The other clips show the same part of their picture.
 * @param {HTMLElement} moved
 */
function followScroll(moved) {
  if (!stage.zoomed || !moved.matches(":hover, :focus, :focus-within")) return;
  const across = moved.scrollLeft / (moved.scrollWidth - moved.clientWidth || 1), down = moved.scrollTop / (moved.scrollHeight - moved.clientHeight || 1);
  for (const screen of all(".screen", dialog)) {
    if (screen !== moved) screen.scrollTo(across * (screen.scrollWidth - screen.clientWidth), down * (screen.scrollHeight - screen.clientHeight));
  }
}
