import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test("tabs hear of each other's holds by storage where there is no broadcast channel", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  const window = new EventTarget();
  vi.stubGlobal("window", window);
  const stored: string[] = [];
  vi.stubGlobal("localStorage", { setItem: (_: string, value: string) => stored.push(value) });
  const { tellTabs, onTabNews } = await import("./tabs");
  const heard: string[] = [];
  const end = onTabNews((bookingId) => heard.push(bookingId));

  tellTabs("one");
  tellTabs("one");
  expect(new Set(stored).size).toBe(2);
  const tell = (key: string, newValue: string) => window.dispatchEvent(Object.assign(new Event("storage"), { key, newValue }));
  tell("rowlock.holds", stored[0]);
  tell("something else", "two");
  expect(heard).toEqual(["one"]);
  end();
  tell("rowlock.holds", stored[1]);
  expect(heard).toHaveLength(1);
});
