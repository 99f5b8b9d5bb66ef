// ESLint for the JavaScript of the pages. Run it from the top folder: make check does.
import { readdirSync, readFileSync } from "node:fs";
import js from "@eslint/js";
import { Linter } from "eslint";

const GALLERY = "hailuo/publish/gallery"; // its files become one script in one scope, so each may use the names of the others

const BROWSER = [
  "Blob", "CSS", "HTMLTextAreaElement", "TextDecoder", "TextEncoder", "HTMLAnchorElement", "HTMLButtonElement", "HTMLDetailsElement", "HTMLDialogElement", "HTMLElement", "HTMLInputElement",
  "HTMLSelectElement", "HTMLTableElement", "HTMLVideoElement", "Element", "IntersectionObserver", "Node", "URL", "URLSearchParams", "addEventListener", "atob", "btoa", "devicePixelRatio",
  "cancelAnimationFrame", "clearTimeout", "crypto", "document", "fetch", "getSelection", "innerHeight", "history", "localStorage", "location", "matchMedia", "navigator",
  "requestAnimationFrame", "scrollTo", "scrollX", "scrollY", "setTimeout",
];
const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML", "write", "writeln", "setHTMLUnsafe"];
const RULES = {
  ...js.configs.recommended.rules,
  "eqeqeq": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-restricted-properties": ["error", ...MARKUP.map((property) => ({ property, message: "Texts are added as text, never as markup." }))],
  "no-unused-expressions": "error",
  "no-var": "error",
  "prefer-const": "error",
};

const globals = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

/** The names that a file declares for the others, and the names that it uses and does not declare. */
function namesOf(file) {
  const linter = new Linter();
  linter.verify(readFileSync(file, "utf8"), { languageOptions: { sourceType: "script" } });
  const { variables, through } = linter.getSourceCode().scopeManager.globalScope;
  const declared = variables.filter(({ defs }) => defs.length).map(({ name }) => name);
  return { file, declared, used: through.map(({ identifier }) => identifier.name) };
}
const scripts = readdirSync(GALLERY).filter((name) => name.endsWith(".js")).map((name) => namesOf(`${GALLERY}/${name}`));

export default [
  {
    files: ["hailuo/**/*.js"],
    languageOptions: { sourceType: "script", globals: globals(BROWSER) },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: RULES,
  },
  ...scripts.map(({ file, declared }) => {
    const others = scripts.filter((other) => other.file !== file);
    const shared = declared.filter((name) => others.some(({ used }) => used.includes(name)));
    return {
      files: [file],
      languageOptions: { globals: globals(others.flatMap((other) => other.declared)) },
      rules: { "no-unused-vars": ["error", { varsIgnorePattern: `^(?:${shared.join("|")})$` }] },
    };
  }),
];
