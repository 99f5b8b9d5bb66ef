"use strict";
// Without this script a poster is a link that opens its clip; with it the clip plays in place, and in a box on a click.
(() => {
  const stage = document.querySelector("#stage"), large = stage.querySelector("video");
  if (matchMedia("screen and (max-width: 699.9px)").matches) for (const fold of document.querySelectorAll("details.shut")) fold.open = false;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  function preview(link) {
    if (calm.matches || link.querySelector("video")) return;
    const video = Object.assign(document.createElement("video"), { src: link.href, loop: true, muted: true, playsInline: true, tabIndex: -1 });
    video.setAttribute("aria-hidden", "true");
    link.append(video);
    video.play().catch(() => video.remove()); // left again before it began, or no clip there: the poster stays
  }

  function rest(link) {
    const video = link.querySelector("video");
    if (!video) return;
    video.removeAttribute("src");
    video.load(); // frees the decoder
    video.remove();
  }

  function open(link) {
    rest(link);
    large.src = link.href;
    document.querySelector("#stage-name").textContent = link.dataset.clip;
    document.querySelector("#stage-link").href = link.href;
    stage.showModal();
    large.play().catch(() => {}); // then the controls are there
  }

  for (const link of document.querySelectorAll("a[data-clip]")) {
    link.addEventListener("pointerenter", () => preview(link));
    link.addEventListener("pointerleave", () => rest(link));
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      open(link);
    });
  }
  document.querySelector("#stage-close").addEventListener("click", () => stage.close());
  stage.addEventListener("click", ({ target }) => { if (target === stage) stage.close(); });
  stage.addEventListener("close", () => { large.pause(); large.removeAttribute("src"); large.load(); });
})();
