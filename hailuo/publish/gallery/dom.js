// Making elements: texts are text, never markup; what the policy forbids (inline handlers, inline styles) is not offered.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== "" && child !== undefined));
  return element;
}

const button = (label, act, attributes = {}) => make("button", { type: "button", click: act, ...attributes }, label);
// Texts of others keep their direction to themselves.
const bdi = (text) => make("bdi", {}, text);

function say(text) {
  const said = one("#said");
  said.textContent = text;
  said.classList.add("on");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => said.classList.remove("on"), 2200);
}

const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
