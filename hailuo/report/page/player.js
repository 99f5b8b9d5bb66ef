"use strict";
// Without this script a poster is a link to its clip. With it the clip plays under the mouse, and in a dialog on a click.
(() => {
  /**
   * An element that the page must have. It throws an Error where the page has none of this kind.
   * @template {HTMLElement} E
   * @param {string} selector
   * @param {new () => E} kind
   * @returns {E}
   */
  function one(selector, kind) {
    const element = document.querySelector(selector);
    if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} at ${selector}.`);
    return element;
  }

  const stage = one("#stage", HTMLDialogElement), large = one("#stage video", HTMLVideoElement);
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  if (matchMedia("screen and (max-width: 699.9px)").matches) for (const fold of document.querySelectorAll("details.shut")) fold.removeAttribute("open");

  /** @param {HTMLAnchorElement} link */
  function preview(link) {
    if (reducedMotion.matches || link.querySelector("video")) return;
    const video = Object.assign(document.createElement("video"), { src: link.href, loop: true, muted: true, playsInline: true, tabIndex: -1 });
    video.setAttribute("aria-hidden", "true");
    link.append(video);
    video.play().catch(() => video.remove()); // it was stopped before it began, or there is no clip: the poster stays
  }

  /** @param {HTMLAnchorElement} link */
  function stop(link) {
    const video = link.querySelector("video");
    if (!video) return;
    video.removeAttribute("src");
    video.load(); // frees the decoder
    video.remove();
  }

  /** @param {HTMLAnchorElement} link */
  function open(link) {
    stop(link);
    large.src = link.href;
    one("#stage-name", HTMLElement).textContent = link.dataset.clip ?? "";
    one("#stage-link", HTMLAnchorElement).href = link.href;
    stage.showModal();
    large.play().catch(() => {}); // the controls are there to start it
  }

  for (const link of document.querySelectorAll("a[data-clip]")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    link.addEventListener("pointerenter", () => preview(link));
    link.addEventListener("pointerleave", () => stop(link));
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      open(link);
    });
  }
  one("#stage-close", HTMLButtonElement).addEventListener("click", () => stage.close());
  stage.addEventListener("click", ({ target }) => { if (target === stage) stage.close(); });
  stage.addEventListener("close", () => { large.pause(); large.removeAttribute("src"); large.load(); });
})();
