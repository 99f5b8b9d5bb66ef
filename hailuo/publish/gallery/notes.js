// Your tags and your note on a clip. A line that begins with a time, such as "2.04 s", is about that moment.

const MOMENT = /(^|\n)(\d+(?:\.\d+)?) s(?=[\s:])/g;

/** @param {Job} job */
function notesOn(job) {
  const { tags, note } = judgementOf(job.id), { set } = VERDICTS.own;
  /** @param {string} text */
  const words = (text) => [...new Set(text.split(",").map((word) => word.trim().slice(0, 60)).filter(Boolean))].slice(0, 50);
  return [make("h3", {}, "Your notes"),
    make("label", { class: "field wide" }, make("span", {}, "Tags, separated by commas"), make("input", { id: "tags", value: tags.join(", "), change: (input) => set(job.id, { tags: words(input.value) }) })),
    make("label", { class: "field wide" }, make("span", {}, "Note"), make("textarea", { id: "note", rows: 2, maxlength: 2000, change: (area) => { set(job.id, { note: area.value.trim() }); paintMoments(area.value); } }, note)),
    make("p", { class: "row" }, button("Note at this time", noteAtTime, { title: "Begin a line with the time of the clip (T)" }), make("span", { id: "moments", class: "row" }, ...momentsOf(note)))];
}

/** @param {string} note */
const momentsOf = (note) => [...note.matchAll(MOMENT)].map(([, , seconds]) => momentButton(Number(seconds)));
/** @param {number} seconds */
const momentButton = (seconds) => button(timeText(seconds), () => { pauseAll(); seekAll(seconds); }, { class: "link moment", "aria-label": `Go to ${timeText(seconds)}` });
/** @param {string} note */
const paintMoments = (note) => byId("moments").replaceChildren(...momentsOf(note));

/**
 * The note of another person, in which times lead to their moment.
 * @param {string} note
 */
function noteText(note) {
  const parts = [];
  let from = 0;
  for (const { 0: whole, 1: before, 2: seconds, index } of note.matchAll(MOMENT)) {
    parts.push(note.slice(from, index + before.length), momentButton(Number(seconds)));
    from = index + whole.length;
  }
  return make("p", { dir: "auto", class: "note" }, ...parts, note.slice(from));
}

/** Pause, and begin a line of the note with the time of the clip. */
function noteAtTime() {
  const area = document.getElementById("note");
  if (!(area instanceof HTMLTextAreaElement)) return;
  pauseAll();
  const written = area.value.trimEnd();
  area.value = `${written}${written ? "\n" : ""}${timeText(longestClip()?.currentTime ?? 0)}: `;
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}
