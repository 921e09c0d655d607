import type { Fetch } from "./seats";

/** `restored`: the page is back from the browser's memory, or another network carries it now: old connections are dead. */
export type Change = "online" | "offline" | "visible" | "hidden" | "leaving" | "restored";

/** What a stream needs of a browser; tests bring their own clock, dice and network. */
export interface Surroundings {
  /** Milliseconds of a clock that nobody can set (`performance.now`). */
  now(): number;
  random(): number;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(timer: number): void;
  fetch: Fetch;
  online(): boolean;
  visible(): boolean;
  /** Answers how to stop. */
  onChange(notice: (change: Change) => void): () => void;
}

export function browserSurroundings(): Surroundings {
  return {
    now: () => performance.now(),
    random: () => Math.random(),
    setTimeout: (run, ms) => window.setTimeout(run, ms),
    clearTimeout: (timer) => { window.clearTimeout(timer); },
    fetch: (url, init) => fetch(url, init),
    online: () => navigator.onLine,
    visible: () => document.visibilityState === "visible",
    onChange,
  };
}

function onChange(notice: (change: Change) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const on = (target: EventTarget, type: string, change: () => Change | null) => {
    const tell = () => {
      const now = change();
      if (now) notice(now);
    };
    target.addEventListener(type, tell, { signal });
  };
  on(document, "visibilitychange", () => (document.visibilityState === "visible" ? "visible" : "hidden"));
  on(window, "online", () => "online");
  on(window, "offline", () => "offline");
  on(window, "pagehide", () => "leaving");
  window.addEventListener("pageshow", ({ persisted }) => { if (persisted) notice("restored"); }, { signal });
  // Its `change` also tells of every new guess at the speed, and not every browser has it: where none tells, silence will.
  const { connection } = navigator as Navigator & { connection?: EventTarget & { type?: string } };
  let network = connection?.type;
  if (connection) {
    on(connection, "change", () => {
      const moved = connection.type !== network;
      network = connection.type;
      return moved && navigator.onLine ? "restored" : null;
    });
  }
  return () => { controller.abort(); };
}
