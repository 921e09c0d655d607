import type { MapTheme, SeatMapParts } from "../seatmap";
import type { Phrases } from "./phrases";

/** A sheet made by script: allowed by any content security policy, where a style element or attribute is not. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: block; position: relative; height: 480px; min-height: 200px; overflow: hidden; color-scheme: light dark;
  --_surface: var(--rowlock-surface, light-dark(#ffffff, #12151a)); --_ink: var(--rowlock-ink, light-dark(#14181f, #eef1f5));
  --_quiet: var(--rowlock-quiet, light-dark(#545c69, #a9b2bf)); --_line: var(--rowlock-line, light-dark(#8a93a1, #77818f));
  --_ground: var(--rowlock-ground, light-dark(#eef0f3, #20252d)); --_accent: var(--rowlock-accent, light-dark(#1b4dd8, #7ea6ff));
  --_accent-ink: var(--rowlock-accent-ink, light-dark(#ffffff, #0b1530));
  background: var(--_surface); color: var(--_ink); font: 14px/1.4 system-ui, sans-serif; }
:host([hidden]), [hidden] { display: none !important; }
.input { position: absolute; inset: 0; touch-action: none; cursor: grab; outline-offset: -3px; }
.input:focus-visible, button:focus-visible { outline: 3px solid var(--_accent); }
.input canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.minimap { position: absolute; left: 12px; bottom: 12px; border: 1px solid var(--_line); border-radius: 6px; cursor: pointer; touch-action: none; }
.zoom { position: absolute; right: 12px; bottom: 12px; display: grid; gap: 8px; }
button { font: inherit; font-weight: 600; color: inherit; min-width: 44px; min-height: 44px; border: 1px solid var(--_line); border-radius: 10px;
  background: var(--_surface); cursor: pointer; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; vertical-align: middle; }
.hint { position: absolute; left: 0; top: 0; pointer-events: none; max-width: min(280px, 80%); padding: 8px 12px; border-radius: 10px;
  background: var(--_ink); color: var(--_surface); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.failed { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: 12px; background: var(--_surface); }
`);

const ZOOM_IN = "M10 4v12M4 10h12";
const ZOOM_OUT = "M4 10h12";
const SHOW_ALL = "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4";

export interface Frame extends SeatMapParts {
  hint: HTMLElement;
  /** Read to screen readers. */
  spoken: HTMLElement;
  zoomIn: HTMLButtonElement;
  zoomOut: HTMLButtonElement;
  showAll: HTMLButtonElement;
  failed: HTMLElement;
  tryAgain: HTMLButtonElement;
}

/** The element's inside: canvases, buttons and what is said, in a shadow tree of its own. */
export function buildFrame(root: ShadowRoot, phrases: Phrases): Frame {
  root.adoptedStyleSheets = [sheet];
  const make = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes: Record<string, string>, parent: Element | ShadowRoot = root) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return parent.appendChild(made);
  };
  const surface = make("div", { class: "input", role: "application", tabindex: "0", "aria-label": phrases.map, "aria-describedby": "keys" });
  const [base, overlay] = [0, 1].map(() => make("canvas", { "aria-hidden": "true" }, surface));
  make("p", { class: "spoken", id: "keys" }).textContent = phrases.keys;
  const spoken = make("p", { class: "spoken", "aria-live": "polite" });
  const hint = make("div", { class: "hint", role: "presentation", hidden: "" });
  const miniMap = make("canvas", { class: "minimap", "aria-hidden": "true", hidden: "" });
  const zoom = make("div", { class: "zoom" });
  const button = (label: string, drawing: string) => {
    const made = make("button", { type: "button", "aria-label": label }, zoom);
    made.append(icon(drawing));
    return made;
  };
  const [zoomIn, zoomOut, showAll] = [button(phrases.zoomIn, ZOOM_IN), button(phrases.zoomOut, ZOOM_OUT), button(phrases.showAll, SHOW_ALL)];
  const failed = make("div", { class: "failed", role: "alert", hidden: "" });
  const tryAgain = make("button", { type: "button" }, failed);
  tryAgain.textContent = phrases.tryAgain;
  return { surface, base, overlay, miniMap, hint, spoken, zoomIn, zoomOut, showAll, failed, tryAgain };
}

function icon(drawing: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  path.setAttribute("d", drawing);
  return svg;
}

/** The colours as the page has them now: the canvas needs them worked out. */
export function frameTheme(host: HTMLElement): MapTheme {
  const style = getComputedStyle(host);
  const pen = document.createElement("canvas").getContext("2d")!;
  const probe = host.shadowRoot!.appendChild(document.createElement("i"));
  const color = (name: string) => {
    probe.style.color = `var(--_${name})`;
    pen.fillStyle = getComputedStyle(probe).color;
    return pen.fillStyle;
  };
  const colors = { background: color("surface"), ink: color("ink"), muted: color("quiet"), line: color("line"), ground: color("ground") };
  const accents = { accent: color("accent"), accentInk: color("accent-ink") };
  probe.remove();
  return { ...colors, ...accents, dark: matchMedia("(prefers-color-scheme: dark)").matches, font: style.fontFamily };
}
