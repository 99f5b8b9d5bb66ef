// Playing in place: a clip is opened when it comes near or is wanted, and closed when it is left behind.
let together = false;
const inView = new Set();

const nearby = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) isIntersecting ? cover(target) : close(target);
}, { rootMargin: "700px 0px" });
const visible = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    inView[isIntersecting ? "add" : "delete"](target);
    if (together) isIntersecting ? play(target) : rest(target);
  }
}, { threshold: 0.4 });

const jobOf = (element) => BY_ID.get(element.closest("[data-id]")?.dataset.id);
const videoOf = (media) => one("video", media);

// Where there is no poster, the first picture of the clip is one.
function cover(media) {
  if (!jobOf(media).poster) open(media);
}

function open(media) {
  if (videoOf(media)) return videoOf(media);
  const job = jobOf(media);
  const video = make("video", { src: `${job.proxy ?? job.clip}#t=0.1`, preload: "metadata", loop: true, playsinline: true, tabindex: -1, "aria-hidden": "true" });
  video.muted = true;
  video.addEventListener("loadedmetadata", () => { media.classList.add("seen"); shape(media, video.videoWidth / video.videoHeight); });
  video.addEventListener("timeupdate", () => { one("i", media).style.transform = `scaleX(${video.currentTime / video.duration || 0})`; });
  video.addEventListener("error", () => lose(media));
  one("i", media).before(video);
  return video;
}

function close(media) {
  media.setAttribute("aria-pressed", "false");
  const video = videoOf(media);
  if (!video) return;
  video.pause();
  video.removeAttribute("src");
  video.load(); // frees the decoder: a browser opens 1,000 clips and no more
  video.remove();
  media.classList.remove("seen");
}

function play(media) {
  if (media.classList.contains("lost")) return;
  open(media).play().catch(() => {}); // a pause that comes first rejects: not an error
  media.setAttribute("aria-pressed", "true");
}

function rest(media) {
  media.setAttribute("aria-pressed", "false");
  if (jobOf(media).poster) close(media); else videoOf(media)?.pause();
}

function shape(media, aspect) {
  if (!aspect) return;
  media.style.aspectRatio = String(aspect);
  media.closest(".tile")?.classList.toggle("tall", aspect < 1.2);
}

function lose(media) {
  if (media.classList.contains("lost")) return;
  media.classList.add("lost");
  videoOf(media)?.remove();
  media.setAttribute("aria-pressed", "false");
  media.setAttribute("aria-label", `${media.getAttribute("aria-label")}: the clip could not be loaded`);
  media.append(make("span", { class: "blank" }, make("b", {}, "No clip here"), DATA.until ? `It could not be loaded. Links of this page open until ${DATA.until}.` : "It could not be loaded. Keep this page beside its clips folder."));
}

// A strip of pictures follows the pointer: a look through the clip without opening it.
function scrub(media, event) {
  const strip = jobOf(media).strip;
  if (!strip) return;
  const { left, width } = media.getBoundingClientRect();
  const at = Math.min(23, Math.max(0, Math.floor(((event.clientX - left) / width) * 24)));
  let sprite = one(".sprite", media);
  if (!sprite) {
    sprite = make("span", { class: "sprite" });
    sprite.style.backgroundImage = `url(${JSON.stringify(strip)})`;
    media.append(sprite);
  }
  sprite.style.backgroundPosition = `${(at / 23) * 100}% 0`;
}

function playTogether(on) {
  together = on;
  one("#together").textContent = on ? "Pause all" : "Play all in view";
  one("#together").setAttribute("aria-pressed", String(on));
  for (const media of on ? inView : all("button.media")) {
    if (on) { open(media).currentTime = 0; play(media); } else rest(media);
  }
}

function mediaOf(job, name) {
  const media = button("", () => (media.getAttribute("aria-pressed") === "true" ? rest(media) : play(media)), {
    class: "media", "aria-label": `Play ${name}`, "aria-pressed": "false",
  });
  const instead = ({ target }) => { job.poster = null; target.remove(); cover(media); };
  if (job.poster) media.append(make("img", { src: job.poster, alt: "", loading: "lazy", decoding: "async", error: instead }));
  else media.append(make("span", { class: "cover", "aria-hidden": "true" }, job.id));
  media.append(make("i", { "aria-hidden": "true" }));
  const byMouse = (act) => (event) => event.pointerType === "mouse" && act(event);
  media.addEventListener("pointerenter", byMouse(() => calm.matches || play(media)));
  media.addEventListener("pointerleave", byMouse(() => { one(".sprite", media)?.remove(); if (!together) rest(media); }));
  media.addEventListener("pointermove", byMouse((event) => calm.matches && scrub(media, event)));
  media.addEventListener("focus", () => media.matches(":focus-visible") && !calm.matches && play(media));
  media.addEventListener("blur", () => together || rest(media));
  nearby.observe(media);
  visible.observe(media);
  return media;
}
