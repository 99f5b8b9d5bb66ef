// Find and make elements. Texts are always added as text, never as markup.

/** @typedef {Node | string | number | null | undefined} Child Null, undefined and "" add nothing. */
/**
 * @template {HTMLElement} E
 * @typedef {Record<string, string | number | boolean | null | undefined | ((element: E) => unknown)>} Attributes
 * A function listens to the event of that name, and gets the element. Null, undefined and false set nothing.
 */

/**
 * An element that the page must have. It throws an Error where the page has none of this kind.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
function byId(id, kind = /** @type {any} */ (HTMLElement)) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} with the id ${id}.`);
  return element;
}

/**
 * @param {string} selector
 * @param {ParentNode} root
 * @returns {HTMLElement[]}
 */
const all = (selector, root = document) => [...root.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Attributes<HTMLElementTagNameMap[K]>} attributes
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, () => value(element));
    else if (key === "class") element.className = String(value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === "") continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * @param {string} label
 * @param {(button: HTMLButtonElement) => unknown} act
 * @param {Attributes<HTMLButtonElement>} attributes
 */
const button = (label, act, attributes = {}) => make("button", { type: "button", click: act, ...attributes }, label);

/**
 * Text from the campaign keeps its own writing direction.
 * @param {string} text
 */
const bdi = (text) => make("bdi", {}, text);

let noticeTimer = 0;

/**
 * Show a short message for two seconds.
 * @param {string} text
 */
function notify(text) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.classList.add("on");
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => notice.classList.remove("on"), 2200);
}

/**
 * @param {number} count
 * @param {string} word
 */
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
