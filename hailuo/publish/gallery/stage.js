// The stage: one to four clips, large, played in step to the frame.

const stage = {
  /** @type {HTMLVideoElement[]} */
  clips: [],
  current: 0,
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
const isPlaying = () => longestClip()?.paused === false;
const togglePlayback = () => (isPlaying() ? pauseAll() : playAll());
/** @param {number} seconds */
const timeText = (seconds) => `${seconds.toFixed(2)} s`;

/**
 * @typedef {object} StageOptions
 * @property {string} title
 * @property {(job: Job) => (HTMLElement | null)[]} about What is shown below each clip.
 * @property {HTMLElement[]} after What is shown below all clips.
 * @property {BlindPick} [blind]
 * @property {string} [closeWord]
 */
/**
 * @param {Job[]} jobs One to four jobs with clips.
 * @param {StageOptions} options
 */
function buildStage(jobs, { title, about, after, blind, closeWord = "Close" }) {
  emptyStage();
  stage.blind = blind ?? null;
  stage.frames = Math.min(...jobs.map(({ fps }) => fps ?? 24)); // so that each step shows another picture of every clip
  const videos = jobs.map(videoOf);
  dialog.className = blind ? "blind" : "";
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "stage-title", dir: "auto" }, title), button(closeWord, () => dialog.close(), { class: "quiet" })),
    make("div", { class: `lanes n${jobs.length}` }, ...jobs.map((job, at) => laneOf(job, videos[at], LETTERS[at], about(job)))),
    transport(), ...after);
  stage.clips = videos;
  for (const clip of stage.clips) clip.addEventListener("loadedmetadata", () => paintTime());
  select(0);
  if (!dialog.open) dialog.showModal();
  byId("play").focus();
  if (!reducedMotion.matches) playAll();
}

function emptyStage() {
  cancelAnimationFrame(stage.raf);
  for (const clip of stage.clips) {
    clip.pause();
    if (clip.src.startsWith("blob:")) URL.revokeObjectURL(clip.src);
    clip.removeAttribute("src");
    clip.load();
  }
  stage.clips = [];
}

/**
 * @param {Job} job
 * @param {number} at
 */
function videoOf(job, at) {
  const video = make("video", { src: job.clip, poster: job.poster, preload: "auto", playsinline: true, tabindex: -1, "aria-label": `Clip ${LETTERS[at]}` });
  video.muted = stage.muted;
  video.addEventListener("error", () => video.replaceWith(make("p", { class: "well" }, "The clip could not be loaded.")));
  video.addEventListener("loadedmetadata", () => loadWhole(video), { once: true });
  video.addEventListener("click", () => { select(at); togglePlayback(); });
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
  make("div", { class: "screen" }, video, make("span", { class: "letter", "aria-hidden": "true" }, letter)),
  make("div", { class: "about" }, ...about), judgeBar(job, `clip ${letter}`, stage.blind ? "blind" : "own"));

function transport() {
  return make("div", { class: "transport", role: "group", "aria-label": "Playback of all clips together" },
    button("Play", togglePlayback, { id: "play", class: "primary" }),
    button("‹", () => stepFrames(-1), { class: "icon", "aria-label": "One frame back", title: "One frame back (,)" }),
    button("›", () => stepFrames(1), { class: "icon", "aria-label": "One frame forward", title: "One frame forward (.)" }),
    make("input", { type: "range", id: "seek", min: 0, max: 1000, value: 0, step: 1, "aria-label": "Position", input: (slider) => seekTo(Number(slider.value) / 1000) }),
    make("output", { id: "time" }, timeText(0)),
    button("Loop", toggleLoop, { id: "loop", "aria-pressed": String(stage.loop) }),
    button("Sound", toggleSound, { id: "sound", "aria-pressed": String(!stage.muted) }),
    make("label", { class: "field speed" }, make("span", {}, "Speed"), make("select", { change: (select) => { for (const clip of stage.clips) clip.playbackRate = Number(select.value); } },
      ...[0.25, 0.5, 1, 2].map((rate) => make("option", { value: rate, selected: rate === 1 }, `${rate}×`)))));
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
  stage.current = Math.max(0, Math.min(at, stage.clips.length - 1));
  for (const [own, lane] of all(".lane", dialog).entries()) lane.classList.toggle("current", own === stage.current && stage.clips.length > 1);
  applySound();
}

function playAll() {
  const longest = longestClip();
  if (!longest) return;
  if (longest.ended || longest.currentTime >= (longest.duration || Infinity) - 0.05) seekAll(0);
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
  if (longest.ended) {
    if (!stage.loop) return pauseAll();
    seekAll(0);
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
  emptyStage();
  dialog.replaceChildren();
  if (stage.blind) notify("Paused. Nothing is lost; B goes on.");
  stage.blind = null;
  paintBlindStart();
  tiles.get(stage.from)?.querySelector("button")?.focus();
});
