(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)], one = (selector) => document.querySelector(selector);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const tiles = all(".tile"), inView = new Set();
  let together = false;

  const open = (video) => video.src || (video.src = video.dataset.src);
  const play = (video) => open(video) && video.play().catch(() => {}); // a pause that comes first rejects: not an error
  const rest = (video) => together || video.pause();

  // Playing: hover and keyboard focus start a clip, unless motion is unwelcome; a click or tap always toggles.
  for (const button of all("button.media")) {
    const video = button.firstElementChild;
    const byMouse = (act) => (event) => event.pointerType === "mouse" && act(video);
    button.addEventListener("pointerenter", byMouse((it) => calm.matches || play(it)));
    button.addEventListener("pointerleave", byMouse(rest));
    button.addEventListener("focus", () => button.matches(":focus-visible") && !calm.matches && play(video));
    button.addEventListener("blur", () => rest(video));
    button.addEventListener("click", () => (video.paused ? play(video) : video.pause()));
  }

  // The shape of a tile follows its clip, so that no clip is cropped or shrunk into bars; a gap takes its neighbour's.
  const shape = (video) => {
    const { videoWidth: wide, videoHeight: high } = video;
    if (!wide) return;
    for (const media of [video.parentElement, ...video.closest(".cell").querySelectorAll(".empty")]) {
      media.style.aspectRatio = `${wide} / ${high}`;
      media.closest(".tile").classList.toggle("tall", wide < high * 1.2);
    }
  };
  const pressed = ({ target }) => target.parentElement.setAttribute("aria-pressed", String(!target.paused));
  const lost = ({ target }) => {
    const media = target.parentElement;
    media.classList.add("empty");
    media.setAttribute("aria-label", `${media.getAttribute("aria-label")}: the clip could not be loaded`);
    target.outerHTML = "<p>The clip could not be loaded. Keep this page beside its clips folder.</p>";
  };
  const advance = ({ target }) => {
    target.parentElement.lastElementChild.style.transform = `scaleX(${target.currentTime / target.duration || 0})`;
  };
  const heard = { play: pressed, pause: pressed, emptied: pressed, error: lost, timeupdate: advance, loadedmetadata: ({ target }) => shape(target) };
  for (const [name, act] of Object.entries(heard)) {
    document.addEventListener(name, (event) => event.target.localName === "video" && act(event), true);
  }
  all("video").forEach(shape);

  // Clips come and go with the window: a browser opens 1,000 of them, even with nothing preloaded, and no more.
  const near = new IntersectionObserver((changes) => {
    for (const { target: video, isIntersecting } of changes) {
      if (isIntersecting) open(video);
      else if (video.src) { video.pause(); video.removeAttribute("src"); video.load(); }
    }
  }, { rootMargin: "900px 0px" });
  const seen = new IntersectionObserver((changes) => {
    for (const { target: video, isIntersecting } of changes) {
      inView[isIntersecting ? "add" : "delete"](video);
      if (together) isIntersecting ? play(video) : video.pause();
    }
  }, { threshold: 0.3 });
  all("video").forEach((video) => { near.observe(video); seen.observe(video); });

  one("#together").addEventListener("click", ({ currentTarget: button }) => {
    together = !together;
    button.textContent = together ? "Pause all" : "Play all in view";
    for (const video of together ? inView : all("video")) {
      if (together) { video.currentTime = 0; play(video); } else video.pause();
    }
  });

  // Filtering: a tile stays when every chosen level is its own and every word typed is found in it.
  const choices = all("select[data-at]"), words = one("#words"), state = one("#state"), pills = all("[data-only]");
  const textOf = (tile) => {
    const prompt = tile.closest(".prompt").firstElementChild.textContent;
    return (tile.said ??= `${prompt} ${tile.textContent} ${tile.dataset.name}`.toLowerCase());
  };
  const filter = () => {
    const wanted = choices.filter((choice) => choice.value !== "").map(({ dataset, value }) => [dataset.at, value]);
    const typed = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const tile of tiles) {
      const levels = tile.dataset.f.split(" ");
      const chosen = wanted.every(([at, value]) => levels[at] === value);
      tile.hidden = !(chosen && typed.every((word) => textOf(tile).includes(word)));
    }
    for (const group of all(".cell, .prompt")) {
      const left = group.querySelectorAll(".tile:not([hidden])");
      group.hidden = !left.length;
      if (group.matches(".cell")) left.forEach((tile, at) => tile.classList.toggle("last", at === left.length - 1));
    }
    for (const pill of pills) pill.setAttribute("aria-pressed", String(pill.dataset.only === state.selectedOptions[0].text));
    const shown = tiles.filter((tile) => !tile.hidden).length;
    one("#count").textContent = `${shown} of ${tiles.length} shown`;
    one("#none").hidden = shown > 0;
  };
  for (const field of [...choices, words]) field.addEventListener("input", filter);
  for (const pill of pills) {
    pill.addEventListener("click", () => {
      const wanted = [...state.options].find(({ text }) => text === pill.dataset.only);
      state.value = pill.getAttribute("aria-pressed") === "true" ? "" : wanted.value;
      filter();
    });
  }
  one("#reset").addEventListener("click", () => {
    for (const field of [...choices, words]) field.value = "";
    filter();
  });

  document.addEventListener("click", async ({ target }) => {
    if (!target.matches("[data-copy]")) return;
    getSelection().selectAllChildren(target); // what remains to be copied by hand where the clipboard is closed
    try { await navigator.clipboard.writeText(target.dataset.copy); } catch { return; }
    target.textContent = "Copied";
    setTimeout(() => { target.textContent = target.dataset.copy; }, 900);
  });
})();
