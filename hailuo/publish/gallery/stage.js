// One to four clips, large, in step to the frame.
const stage = { clips: [], current: 0, blind: null, loop: true, muted: true, frames: 24, raf: 0 };
const dialog = one("#stage");
const LETTERS = "ABCD";

const lead = () => stage.clips.reduce((longest, clip) => ((clip.duration || 0) > (longest.duration || 0) ? clip : longest));
const isPlaying = () => stage.clips.length > 0 && !lead().paused;
const timeText = (seconds) => `${seconds.toFixed(2)} s`;

// Lanes fill a holder; `told` adds what may be known of a job beside its clip.
function buildStage(jobs, { title, told, after, blind = null, close: closing = () => dialog.close() }) {
  emptyStage();
  stage.blind = blind;
  stage.frames = jobs.find(({ fps }) => fps)?.fps ?? 24;
  const lanes = make("div", { class: `lanes n${jobs.length}` }, ...jobs.map((job, at) => laneOf(job, at, told)));
  dialog.className = blind ? "blind" : "";
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "stage-title", dir: "auto" }, title), button("Close", closing, { class: "quiet" })),
    lanes, transport(), ...after);
  stage.clips = all("video", lanes);
  for (const clip of stage.clips) clip.addEventListener("loadedmetadata", paintTime);
  select(0);
  if (!dialog.open) dialog.showModal();
  one("#play").focus();
  if (!calm.matches) playAll();
}

function emptyStage() {
  cancelAnimationFrame(stage.raf);
  for (const clip of stage.clips) { clip.pause(); clip.removeAttribute("src"); clip.load(); }
  stage.clips = [];
}

function laneOf(job, at, told) {
  const video = make("video", { src: job.clip, preload: "auto", playsinline: true, tabindex: -1, "aria-label": `Clip ${LETTERS[at]}` });
  video.muted = stage.muted;
  video.addEventListener("error", () => video.replaceWith(make("p", { class: "well" }, "The clip could not be loaded.")));
  video.addEventListener("click", () => { select(at); isPlaying() ? pauseAll() : playAll(); });
  if (job.poster) video.poster = job.poster;
  return make("section", { class: "lane", "data-id": job.id, "aria-label": `Clip ${LETTERS[at]}` },
    make("div", { class: "screen" }, video, make("span", { class: "letter", "aria-hidden": "true" }, LETTERS[at])),
    make("div", { class: "told" }, ...told(job, at)), judgeBar(job, `clip ${LETTERS[at]}`));
}

function transport() {
  const step = (by) => () => stepFrames(by);
  return make("div", { class: "transport", role: "group", "aria-label": "Playback of all clips together" },
    button("Play", () => (isPlaying() ? pauseAll() : playAll()), { id: "play", class: "primary" }),
    button("‹", step(-1), { class: "icon", "aria-label": "One frame back", title: "One frame back (,)" }),
    button("›", step(1), { class: "icon", "aria-label": "One frame on", title: "One frame on (.)" }),
    make("input", { type: "range", id: "seek", min: 0, max: 1000, value: 0, step: 1, "aria-label": "Position", input: ({ target }) => seekTo(target.value / 1000) }),
    make("output", { id: "time" }, timeText(0)),
    button("Loop", ({ currentTarget }) => { stage.loop = !stage.loop; currentTarget.setAttribute("aria-pressed", String(stage.loop)); }, { "aria-pressed": String(stage.loop) }),
    button("Sound", ({ currentTarget }) => { stage.muted = !stage.muted; currentTarget.setAttribute("aria-pressed", String(!stage.muted)); paintSound(); }, { "aria-pressed": String(!stage.muted) }),
    make("label", { class: "field speed" }, make("span", {}, "Speed"), make("select", { change: ({ target }) => { for (const clip of stage.clips) clip.playbackRate = Number(target.value); } },
      ...[0.25, 0.5, 1, 2].map((rate) => make("option", { value: rate, selected: rate === 1 }, `${rate}×`)))));
}

// Sound comes from the chosen clip only: two at once are neither.
function paintSound() {
  stage.clips.forEach((clip, at) => { clip.muted = stage.muted || at !== stage.current; });
}

function select(at) {
  stage.current = Math.max(0, Math.min(at, stage.clips.length - 1));
  all(".lane", dialog).forEach((lane, own) => lane.classList.toggle("current", own === stage.current && stage.clips.length > 1));
  paintSound();
}

function playAll() {
  const longest = lead();
  if (longest.ended || longest.currentTime >= (longest.duration || Infinity) - 0.05) seekAll(0);
  for (const clip of stage.clips) if (!(clip.duration <= longest.currentTime)) clip.play().catch(() => {});
  one("#play").textContent = "Pause";
  cancelAnimationFrame(stage.raf);
  stage.raf = requestAnimationFrame(follow);
}

function pauseAll() {
  for (const clip of stage.clips) clip.pause();
  one("#play").textContent = "Play";
  cancelAnimationFrame(stage.raf);
  paintTime();
}

function seekAll(seconds) {
  for (const clip of stage.clips) clip.currentTime = Math.max(0, Math.min(seconds, (clip.duration || 0) - 0.001));
  paintTime(seconds);
}

function seekTo(share) {
  pauseAll(); // paints the position it has, so the wanted one is taken before
  seekAll(share * (lead().duration || 0));
}

// To the middle of a frame: its edges belong to two.
function stepFrames(by) {
  pauseAll();
  const frame = Math.floor(lead().currentTime * stage.frames + 0.001) + by;
  seekAll(Math.max(0, frame + 0.5) / stage.frames);
}

// While they play: who drifts by more than two frames is set right, and all begin again together.
function follow() {
  const longest = lead();
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

function paintTime(at) {
  const longest = lead(), now = typeof at === "number" ? at : longest.currentTime;
  const seek = one("#seek");
  seek.value = Math.round((now / (longest.duration || 1)) * 1000);
  seek.setAttribute("aria-valuetext", timeText(now));
  one("#time").textContent = `${timeText(now)} · frame ${Math.floor(now * stage.frames + 0.001) + 1}`;
}

dialog.addEventListener("close", () => {
  emptyStage();
  dialog.replaceChildren();
  stage.blind = null;
  tiles.get(stage.from)?.querySelector("button")?.focus();
});
