import type { MapTheme } from "../seatmap";

/** The map's colours from the page's tokens, so that both always match. */
export function mapTheme(): MapTheme {
  const tokens = getComputedStyle(document.documentElement);
  const token = (name: string) => tokens.getPropertyValue(name).trim();
  return {
    dark: darkMode.matches,
    background: token("--surface"),
    ink: token("--ink"),
    muted: token("--quiet"),
    line: token("--line-strong"),
    ground: token("--ground"),
    accent: token("--accent"),
    accentInk: token("--accent-ink"),
    font: token("--font"),
  };
}

export const darkMode = matchMedia("(prefers-color-scheme: dark)");
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
