// The banner and the preference centre, on vanilla-cookieconsent. The gate decides
// and remembers; this asks.

import * as cc from "./vendor/vanilla-cookieconsent/cookieconsent.esm.js";
import type { Config, Words } from "./config";
import { COOKIE, gate, type Gesture } from "./gate";
import sheet from "./banner.css";

const NEEDED = "necessary";

// The library takes HTML; words of a policy are text.
function text(s: string): string {
  return s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function language(words: Record<string, Words>): string {
  const wanted = [document.documentElement.lang, ...navigator.languages].map((l) => l.toLowerCase());
  for (const w of wanted) {
    const found = Object.keys(words).find((l) => w === l || w.startsWith(l + "-"));
    if (found) return found;
  }
  return Object.keys(words)[0];
}

function table(w: Words, rows: string[][] | undefined) {
  if (!rows?.length) return undefined;
  return {
    headers: Object.fromEntries(w.columns.map((c, i) => ["c" + i, text(c)])),
    body: rows.map((r) => Object.fromEntries(r.map((cell, i) => ["c" + i, text(cell)]))),
  };
}

export default function (config: Config): void {
  const g = gate(config);
  const lang = language(config.words!);
  const w = config.words![lang];
  let shown = false;

  // A sheet that is made by script needs no inline style, which a strict policy refuses.
  const style = new CSSStyleSheet();
  style.replaceSync(sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];

  // The library writes its own cookie when it remembers; the gate writes the same
  // one a moment later, with what it knows, and is the only one to let it through.
  function took(gesture: Gesture): void {
    const given = cc.getUserPreferences().acceptedCategories as string[];
    const all = config.choices.every((c) => given.includes(c.id));
    const none = config.choices.every((c) => !given.includes(c.id));
    void g.choose(given, gesture === "save" ? "save" : all ? "accept-all" : none ? "reject-all" : "save");
  }

  function run(): Promise<void> {
    return cc.run({
      root: "body",
      autoShow: false,
      hideFromBots: false,
      manageScriptTags: false,
      autoClearCookies: false,
      revision: config.revision,
      cookie: { name: COOKIE, expiresAfterDays: (config.remember || 86400) / 86400, sameSite: "Lax", secure: true, path: "/" },
      guiOptions: { consentModal: { layout: "box", position: "bottom left", equalWeightButtons: true }, preferencesModal: { layout: "box", equalWeightButtons: true } },
      categories: {
        [NEEDED]: { readOnly: true, enabled: true },
        ...Object.fromEntries(config.choices.map((c) => [c.id, { enabled: g.allowed(c.id) }])),
      },
      onModalReady: ({ modalName, modal }: { modalName: string; modal: HTMLElement }) => {
        // The first layer leaves the page usable, and must not say otherwise.
        if (modalName === "consentModal") modal.setAttribute("aria-modal", "false");
        // They refer to ids made of words with spaces, which leads nowhere; the scope is set.
        modal.querySelectorAll("td").forEach((cell) => cell.removeAttribute("headers"));
      },
      onModalShow: () => { shown = true; },
      onModalHide: () => { shown = false; },
      language: {
        default: lang,
        translations: {
          [lang]: {
            consentModal: {
              title: text(w.title), description: text(w.intro), acceptAllBtn: text(w.accept), acceptNecessaryBtn: text(w.reject), showPreferencesBtn: text(w.choose),
              footer: `<a href="${text(w.href)}">${text(w.policy)}</a>`,
            },
            preferencesModal: {
              title: text(w.settings), acceptAllBtn: text(w.accept), acceptNecessaryBtn: text(w.reject), savePreferencesBtn: text(w.save), closeIconLabel: text(w.close),
              sections: [
                { description: text(w.rules + (g.signal ? " " + w.signal : "")) },
                { title: text(w.needed), linkedCategory: NEEDED, cookieTable: table(w, w.rows[""]) },
                ...config.choices.map((c) => ({ title: text(w.names[c.id]), linkedCategory: c.id, cookieTable: table(w, w.rows[c.id]) })),
              ],
            },
          },
        },
      },
      onFirstConsent: () => took("accept-all"),
      onChange: () => took("save"),
    });
  }

  function open(): void {
    cc.showPreferences();
  }

  function begin(): void {
    void run().then(() => {
      // Where the browser's signal answers every question, nobody is asked.
      if (!g.decided() && !(g.signal && config.choices.every((c) => c.gpc)) && config.choices.length && !shown) cc.show(true);
    });
    document.addEventListener("click", (e) => {
      const at = (e.target as Element).closest?.("[data-avow-open], a[href='#avow-cookies']");
      if (!at) return;
      e.preventDefault();
      open();
    });
  }

  Object.defineProperty(window, "avow", { value: { ...g, open } });
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
}
