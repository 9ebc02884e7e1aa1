// What a page's own scripts keep in the browser beside cookies: localStorage and
// sessionStorage by key, databases and caches by name, files of the site's own (OPFS) by
// the name that they have at its root, service workers by the last part of their script's
// path. What is not declared, or not agreed to, does not get in, and goes where it is there
// already.

import type { Tracker } from "./config";

/** The entry that notes until when others may stay: a browser ends none by itself. */
export const AGES = "avow_ages";

export interface Store {
  /** Takes out what is not allowed, or everything. */
  tidy(everything?: boolean): Promise<unknown>;
}

type Lets = (t: Tracker | undefined) => boolean;

export function storage(trackers: Tracker[], lets: Lets): Store {
  const own = { ...methods() };
  const declared = (name: string) => trackers.find((t) => t.kind === "storage" && t.name === name);

  // What ends with the visit has no place where things stay.
  const may = (name: string, stays: boolean): boolean => {
    const t = declared(name);
    return lets(t) && !(stays && t && !t.life && name !== AGES);
  };

  // A browser that keeps nothing throws when asked for its storage.
  const area = (kind: "localStorage" | "sessionStorage"): Storage | undefined => {
    try {
      return window[kind];
    } catch {
      return undefined;
    }
  };
  const local = area("localStorage");
  const session = area("sessionStorage");

  function ages(): Record<string, number> {
    try {
      return JSON.parse(own.getItem.call(local!, AGES)!) ?? {};
    } catch {
      return {};
    }
  }

  // Notes when something came that has an end.
  function came(name: string, renewed: boolean): void {
    const life = declared(name)?.life;
    const all = ages();
    if (!local || !life || name === AGES || (all[name] && !renewed)) return;
    all[name] = Math.floor(Date.now() / 1000) + life;
    own.setItem.call(local, AGES, JSON.stringify(all));
  }

  function over(name: string): boolean {
    const end = ages()[name];
    return !!end && end * 1000 <= Date.now();
  }

  const stays = (name: string) => may(name, true) && !over(name);

  Storage.prototype.setItem = function (this: Storage, name: string, value: string) {
    name = String(name);
    if (name === AGES || !may(name, this !== session)) return;
    own.setItem.call(this, name, value);
    if (this === local) came(name, true);
  };
  const refused = () => new DOMException("The privacy policy does not let this be stored.", "SecurityError");
  if (own.open) {
    IDBFactory.prototype.open = function (this: IDBFactory, name: string, version?: number) {
      if (!may(String(name), true)) throw refused();
      came(String(name), false);
      return version === undefined ? own.open!.call(this, name) : own.open!.call(this, name, version);
    };
  }
  if (own.cache) {
    CacheStorage.prototype.open = function (this: CacheStorage, name: string) {
      if (!may(String(name), true)) return Promise.reject(refused());
      came(String(name), false);
      return own.cache!.call(this, name);
    };
  }

  const enters = (name: string): Promise<never> | undefined => {
    if (!may(name, true)) return Promise.reject(refused());
    came(name, false);
  };
  if (own.register) {
    ServiceWorkerContainer.prototype.register = function (this: ServiceWorkerContainer, url: string | URL, options?: RegistrationOptions) {
      return enters(script(url)) ?? own.register!.call(this, url, options);
    };
  }
  // Only the root of the site's own files has no name.
  for (const how of ["getFileHandle", "getDirectoryHandle"] as const) {
    const get = own[how];
    if (get) {
      FileSystemDirectoryHandle.prototype[how] = function (this: FileSystemDirectoryHandle, name: string, options?: object) {
        return (this.name ? undefined : enters(String(name))) ?? (get as Function).call(this, name, options);
      } as never;
    }
  }

  function sweep(s: Storage | undefined, keep: (name: string) => boolean): void {
    for (const name of s ? Object.keys(s) : []) if (!keep(name)) s!.removeItem(name);
  }

  async function tidy(everything = false): Promise<unknown> {
    const keep = (name: string) => !everything && stays(name);
    const noted = () => {
      // What a page put there past the methods gets its end now.
      for (const name of local ? Object.keys(local) : []) came(name, false);
      const all = ages();
      const left = Object.keys(all).filter((name) => keep(name) && declared(name)?.life);
      if (left.length && keep(AGES)) own.setItem.call(local!, AGES, JSON.stringify(Object.fromEntries(left.map((n) => [n, all[n]]))));
      else local?.removeItem(AGES);
    };
    sweep(local, (name) => keep(name) || name === AGES);
    sweep(session, (name) => !everything && may(name, false));
    const gone: Promise<unknown>[] = [];
    try {
      const [databases, caches] = await Promise.all([indexedDB.databases?.() ?? [], window.caches?.keys() ?? []]);
      for (const d of databases) if (d.name && !keep(d.name)) gone.push(dropped(d.name));
      for (const c of caches) if (!keep(c)) gone.push(window.caches.delete(c));
    } catch {
      // Storage is off, and so there is none.
    }
    try {
      for (const w of (await navigator.serviceWorker?.getRegistrations()) ?? []) {
        const by = w.active ?? w.waiting ?? w.installing;
        if (!by || !keep(script(by.scriptURL))) gone.push(w.unregister());
      }
    } catch {
      // Here are none.
    }
    try {
      const root = await navigator.storage.getDirectory();
      for await (const name of (root as unknown as { keys(): AsyncIterable<string> }).keys()) if (!keep(name)) gone.push(root.removeEntry(name, { recursive: true }).catch(() => {}));
    } catch {
      // This browser has no such files, or gives none here.
    }
    noted();
    return Promise.all(gone);
  }

  // A database that a page holds open goes when the page does.
  function dropped(name: string): Promise<void> {
    return new Promise((done) => {
      const r = indexedDB.deleteDatabase(name);
      r.onsuccess = r.onerror = r.onblocked = () => done();
    });
  }

  // Assignment goes past setItem; it is taken out when somebody comes or leaves.
  addEventListener("pagehide", () => {
    sweep(local, (name) => stays(name) || name === AGES);
    sweep(session, (name) => may(name, false));
  });
  return { tidy };
}

/** The last part of the path of a service worker's script. */
const script = (url: string | URL): string => new URL(url, location.href).pathname.split("/").pop()!;

function methods() {
  const files = typeof FileSystemDirectoryHandle === "undefined" ? undefined : FileSystemDirectoryHandle.prototype;
  return {
    getFileHandle: files?.getFileHandle,
    getDirectoryHandle: files?.getDirectoryHandle,
    register: typeof ServiceWorkerContainer === "undefined" ? undefined : ServiceWorkerContainer.prototype.register,
    getItem: Storage.prototype.getItem,
    setItem: Storage.prototype.setItem,
    open: typeof IDBFactory === "undefined" ? undefined : IDBFactory.prototype.open,
    cache: typeof CacheStorage === "undefined" ? undefined : CacheStorage.prototype.open,
  };
}
