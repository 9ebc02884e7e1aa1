// The gate: what has to hold on a page before anything else of it runs.

import type { Choice, Config, Tracker } from "./config";
import { storage } from "./storage";

/** The cookie in which the site remembers a choice. */
export const COOKIE = "avow_choice";

interface Said {
  categories: string[];
  revision: number;
  data: { gpc?: boolean } | null;
  consentId: string;
}

export type Gesture = "accept-all" | "reject-all" | "save";

export interface Gate {
  /** Whether a choice, or every choice of a tracker, stands in favour. */
  allowed(name: string): boolean;
  /** Whether the person has chosen. */
  decided(): boolean;
  /** Whether the browser sends Global Privacy Control. */
  signal: boolean;
  /** Records what the person chose: all that they agree to. */
  choose(given: string[], gesture: Gesture, visitor?: string): Promise<unknown>;
  /** Deletes whatever this site has stored in the browser. */
  forget(): Promise<void>;
  /** Calls back now, if anything was chosen, and at each change. */
  on(hear: (allowed: (name: string) => boolean) => void): void;
}

export function gate(config: Config): Gate {
  const signal = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
  // Taken before it is guarded: the gate's own way to the jar.
  const jar = Object.getOwnPropertyDescriptor(Document.prototype, "cookie")!;
  const put = (line: string) => jar.set!.call(document, line);
  const all = (): string => jar.get!.call(document);
  let said = read();
  const listeners: ((allowed: (name: string) => boolean) => void)[] = [];
  let ran = false;

  function read(): Said | undefined {
    try {
      const found = all().split("; ").find((c) => c.startsWith(COOKIE + "="));
      const value: Said = JSON.parse(decodeURIComponent(found!.slice(COOKIE.length + 1)));
      if (value.revision === config.revision && Array.isArray(value.categories)) return value;
    } catch {
      // Nothing was chosen, or nothing that can be read: the same.
    }
    return undefined;
  }

  function open(choice: Choice | undefined): boolean {
    if (!choice || (choice.gpc && signal && !said?.data?.gpc)) return false;
    return said ? said.categories.includes(choice.id) : !!choice.out;
  }

  const choiceOf = (id: string) => config.choices.find((c) => c.id === id);

  function lets(t: Tracker): boolean {
    return t.choices?.length ? t.choices.every((c) => open(choiceOf(c))) : !!t.need;
  }

  function allowed(name: string): boolean {
    const t = config.trackers.find((t) => t.name === name);
    return t ? lets(t) : open(choiceOf(name));
  }

  // The browser refuses every other host from here on. A policy in the document
  // can only take away from what the site's own one allows.
  function close(): void {
    if (!config.only) return;
    const hosts = [...(config.hosts ?? []), ...config.choices.filter(open).flatMap((c) => c.hosts ?? [])];
    const meta = document.createElement("meta");
    meta.httpEquiv = "Content-Security-Policy";
    meta.content = `default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ${new URL(config.base).origin} ${hosts.join(" ")}`;
    document.head.prepend(meta);
  }

  const store = storage(config.trackers, (t) => (t ? !t.third && lets(t) : !config.only));

  // Cookies that are not declared, or not agreed to, do not reach the jar.
  function guardJar(): void {
    const may = (line: string) => {
      const name = line.split("=")[0].trim();
      const t = config.trackers.find((t) => t.kind === "cookie" && t.name === name);
      return name !== COOKIE && (t ? !t.third && lets(t) : !config.only);
    };
    const ends = (line: string) => /;\s*(max-age=(0|-)|expires=thu, 01 jan 1970)/i.test(line);
    Object.defineProperty(document, "cookie", {
      configurable: false,
      get: all,
      set: (line: string) => {
        if (may(String(line)) || ends(String(line))) put(String(line));
      },
    });
    const store = (window as { CookieStore?: { prototype: { set: (...a: unknown[]) => Promise<void> } } }).CookieStore?.prototype;
    if (!store) return;
    const set = store.set;
    store.set = function (...a: unknown[]) {
      const name = typeof a[0] === "string" ? a[0] : (a[0] as { name: string }).name;
      return may(name + "=") ? set.apply(this, a) : Promise.resolve();
    };
  }

  // What waited for a choice begins: scripts of type text/plain run, frames and
  // pictures load.
  function start(root: ParentNode): void {
    root.querySelectorAll<HTMLElement>("[data-avow]").forEach((e) => {
      if (!allowed(e.dataset.avow!)) return;
      e.removeAttribute("data-avow");
      ran = true;
      if (e instanceof HTMLScriptElement) {
        const live = document.createElement("script");
        for (const a of e.attributes) if (a.name !== "type" && a.name !== "data-src") live.setAttribute(a.name, a.value);
        live.nonce = e.nonce;
        live.async = e.async;
        if (e.dataset.src) live.src = e.dataset.src;
        live.text = e.text;
        e.replaceWith(live);
      } else if (e.dataset.src) {
        e.setAttribute("src", e.dataset.src);
      }
    });
  }

  function expire(name: string): void {
    const parts = location.hostname.split(".");
    for (let i = 0; i <= parts.length - 1; i++) put(`${name}=; Path=/; Max-Age=0; Domain=${parts.slice(i).join(".")}`);
    put(`${name}=; Path=/; Max-Age=0`);
  }

  // Cookies and entries of storage of this site that are not allowed go, as far as
  // scripts reach them; the server takes other cookies out.
  function tidy(everything = false): Promise<unknown> {
    const stored = store.tidy(everything);
    for (const c of all().split("; ")) {
      const name = c.split("=")[0];
      const t = config.trackers.find((t) => t.kind === "cookie" && t.name === name);
      if (name && (everything || (name !== COOKIE && (t ? !lets(t) : config.only)))) expire(name);
    }
    return stored;
  }

  function write(given: string[], visitor: string): void {
    if (config.remember === undefined) return;
    const now = new Date();
    const end = new Date(now.getTime() + (config.remember || 86400) * 1e3);
    const value = {
      categories: given, revision: config.revision, data: { gpc: signal }, services: {}, languageCode: document.documentElement.lang,
      consentId: visitor, consentTimestamp: now.toISOString(), lastConsentTimestamp: now.toISOString(), expirationTime: end.getTime(),
    };
    put(`${COOKIE}=${encodeURIComponent(JSON.stringify(value))}; Path=/; SameSite=Lax${config.remember ? "; Expires=" + end.toUTCString() : ""}${location.protocol === "https:" ? "; Secure" : ""}`);
  }

  async function choose(given: string[], gesture: Gesture, visitor = said?.consentId ?? crypto.randomUUID()): Promise<unknown> {
    const before = config.choices.map(open);
    given = config.choices.filter((c) => given.includes(c.id)).map((c) => c.id);
    write(given, visitor);
    said = { categories: given, revision: config.revision, data: { gpc: signal }, consentId: visitor };
    const tidied = tidy();
    const sent = send(visitor, gesture, given);
    const changed = config.choices.filter((c, i) => open(c) !== before[i]);
    listeners.forEach((hear) => hear(allowed));
    // Hosts are opened, and what already runs is stopped, by the next document only; where
    // no cookie stays that one would know of no choice, and ask again.
    if (changed.some((c) => (config.only && c.hosts?.length) || (ran && !open(c)))) {
      await Promise.all([sent, tidied]);
      if (document.cookie.includes(COOKIE + "=")) location.reload();
    } else {
      start(document);
    }
    return sent;
  }

  function send(visitor: string, gesture: Gesture, given: string[]): Promise<unknown> {
    return fetch(config.base + "/choices", {
      method: "POST", mode: "cors", credentials: "omit", keepalive: true, headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        visitor, gesture, policy_hash: config.hash, language: document.documentElement.lang, gpc: signal,
        choices: config.choices.map((c) => ({ choice: c.id, state: given.includes(c.id) ? "given" : "refused" })),
      }),
    }).then((r) => (r.ok ? r.json() : Promise.reject(new Error("status " + r.status)))).then((answer) => {
      dispatchEvent(new CustomEvent("avow:recorded", { detail: answer }));
      return answer;
    }).catch((e) => {
      // The choice holds here all the same; a later one is sent again.
      dispatchEvent(new CustomEvent("avow:unrecorded", { detail: String(e) }));
    });
  }

  async function forget(): Promise<void> {
    said = undefined;
    await tidy(true);
    try {
      await fetch("/.well-known/avow/forget", { method: "POST" });
    } catch {
      // A site without the guard has no such address; what scripts reach is gone.
    }
    location.reload();
  }

  close();
  guardJar();
  void tidy();
  const later = () => {
    start(document);
    new MutationObserver(() => start(document)).observe(document, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", later);
  else later();

  return {
    allowed, choose, forget, signal,
    decided: () => !!said,
    on(hear) {
      listeners.push(hear);
      if (said) hear(allowed);
    },
  };
}
