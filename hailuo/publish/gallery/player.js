// Play clips in the list. A clip is opened when it comes near the window or is played, and closed when it is far away.

let playingAll = false;
const STRIP_FRAMES = 24;

// A browser leaves out what is far from the window, and says so: to observe 10,000 tiles one by one would cost more than all else.
document.addEventListener("contentvisibilityautostatechange", (event) => {
  const media = event.target instanceof Element ? event.target.querySelector("button.media") : null;
  if (!(media instanceof HTMLElement)) return;
  const { skipped } = /** @type {ContentVisibilityAutoStateChangeEvent} */ (event);
  if (skipped) closeClip(media); else showCover(media);
});
const visible = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    const media = /** @type {HTMLElement} */ (target);
    if (isIntersecting) { openClip(media).currentTime = 0; playClip(media); } else stopClip(media);
  }
}, { threshold: 0.4 });

/** @param {HTMLElement} element */
const idOf = (element) => element.closest("[data-id]")?.getAttribute("data-id") ?? undefined;
/** @param {HTMLElement} media */
const jobOf = (media) => jobWithId(idOf(media));

/** @type {Set<Job>} Jobs whose poster could not be loaded. */
const withoutPoster = new Set();
/** @param {Job} job */
const posterOf = (job) => (withoutPoster.has(job) ? null : job.poster);

/**
 * Where there is no poster, the first frame of the clip takes its place.
 * @param {HTMLElement} media
 */
function showCover(media) {
  if (!posterOf(jobOf(media))) openClip(media);
}

/**
 * The video of a clip, made where there is none yet.
 * @param {HTMLElement} media
 */
function openClip(media) {
  const open = media.querySelector("video");
  if (open) return open;
  const job = jobOf(media), progress = media.querySelector("i");
  const video = make("video", { src: `${job.proxy ?? job.clip}#t=0.1`, preload: "metadata", loop: true, playsinline: true, tabindex: -1, "aria-hidden": "true" });
  video.muted = true;
  video.addEventListener("loadedmetadata", () => {
    media.classList.add("seen");
    job.aspect ??= video.videoWidth / video.videoHeight || null;
    setAspect(media, video.videoWidth / video.videoHeight);
  });
  video.addEventListener("timeupdate", () => { if (progress) progress.style.transform = `scaleX(${video.currentTime / video.duration || 0})`; });
  video.addEventListener("error", () => showMissing(media));
  media.insertBefore(video, progress);
  return video;
}

/** @param {HTMLElement} media */
function closeClip(media) {
  media.setAttribute("aria-pressed", "false");
  const video = media.querySelector("video");
  if (!video) return;
  video.pause();
  video.removeAttribute("src");
  video.load(); // frees the decoder: a browser opens at most 1,000 clips
  video.remove();
  media.classList.remove("seen");
}

/** @param {HTMLElement} media */
function playClip(media) {
  if (media.classList.contains("lost")) return;
  openClip(media).play().catch(() => {}); // it rejects when a pause comes first: not an error
  media.setAttribute("aria-pressed", "true");
}

/** @param {HTMLElement} media */
function stopClip(media) {
  media.setAttribute("aria-pressed", "false");
  if (posterOf(jobOf(media))) closeClip(media); else media.querySelector("video")?.pause();
}

/** @param {HTMLElement} media */
const togglePlay = (media) => (media.getAttribute("aria-pressed") === "true" ? stopClip(media) : playClip(media));

/**
 * @param {HTMLElement} media
 * @param {number} aspect Width by height; NaN where it is not known.
 */
function setAspect(media, aspect) {
  if (!aspect) return;
  media.style.aspectRatio = String(aspect);
  media.closest(".tile")?.classList.toggle("tall", aspect < 1.2);
}

/** @param {HTMLElement} media */
function showMissing(media) {
  if (media.classList.contains("lost")) return;
  media.classList.add("lost");
  media.querySelector("video")?.remove();
  media.setAttribute("aria-pressed", "false");
  media.setAttribute("aria-label", `${media.getAttribute("aria-label")}: the clip could not be loaded`);
  const advice = DATA.until ? `The links on this page work until ${DATA.until}.` : "Keep this page next to its clips folder.";
  media.append(make("span", { class: "blank" }, make("b", {}, "No clip here"), `The clip could not be loaded. ${advice}`));
}

/**
 * Show the frame of the strip that is under the mouse, without opening the clip.
 * @param {HTMLElement} media
 * @param {PointerEvent} event
 */
function scrub(media, event) {
  const { strip } = jobOf(media);
  if (!strip) return;
  const { left, width } = media.getBoundingClientRect(), last = STRIP_FRAMES - 1;
  const at = Math.min(last, Math.max(0, Math.floor(((event.clientX - left) / width) * STRIP_FRAMES)));
  const sprite = media.querySelector(".sprite") ?? media.appendChild(make("span", { class: "sprite" }));
  if (!(sprite instanceof HTMLElement)) return;
  sprite.style.backgroundImage ||= `url(${JSON.stringify(strip)})`;
  sprite.style.backgroundPosition = `${(at / last) * 100}% 0`;
}

/** @param {boolean} on */
function setPlayingAll(on) {
  playingAll = on;
  const toggle = byId("together");
  toggle.textContent = on ? "Pause all" : "Play all in view";
  toggle.setAttribute("aria-pressed", String(on));
  const laid = all("#view button.media");
  if (on) return laid.forEach((media) => visible.observe(media));
  visible.disconnect();
  laid.forEach(stopClip);
}

/**
 * The button in which the clip of a job plays.
 * @param {Job} job A job with a clip.
 * @param {string} name
 */
function mediaOf(job, name) {
  const media = button("", togglePlay, { class: "media", "aria-label": `Play ${name}`, "aria-pressed": "false" });
  const poster = posterOf(job);
  if (poster) media.append(make("img", { src: poster, alt: "", loading: "lazy", decoding: "async", error: (image) => { withoutPoster.add(job); image.remove(); showCover(media); } }));
  else media.append(make("span", { class: "cover", "aria-hidden": "true" }, job.id));
  media.append(make("i", { "aria-hidden": "true" }));
  media.addEventListener("pointerenter", ({ pointerType }) => { if (pointerType === "mouse" && !reducedMotion.matches) playClip(media); });
  media.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType !== "mouse") return;
    media.querySelector(".sprite")?.remove();
    if (!playingAll) stopClip(media);
  });
  media.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse" && !reducedMotion.matches) scrub(media, event); });
  media.addEventListener("focus", () => { if (media.matches(":focus-visible") && !reducedMotion.matches) playClip(media); });
  media.addEventListener("blur", () => { if (!playingAll) stopClip(media); });
  if (playingAll) visible.observe(media);
  return media;
}
