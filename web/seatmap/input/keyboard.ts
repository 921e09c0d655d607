import type { Intents } from "./intents";

/** Arrows walk from seat to seat, Enter or Space takes one, plus and minus zoom, 0 shows the whole plan. */
export function captureKeys(element: HTMLElement, intents: Intents): () => void {
  const actions: Record<string, () => void> = {
    ArrowLeft: () => { intents.step(-1, 0); },
    ArrowRight: () => { intents.step(1, 0); },
    ArrowUp: () => { intents.step(0, -1); },
    ArrowDown: () => { intents.step(0, 1); },
    Enter: () => { intents.choose(); },
    " ": () => { intents.choose(); },
    "+": () => { intents.zoomStep(1); },
    "=": () => { intents.zoomStep(1); },
    "-": () => { intents.zoomStep(-1); },
    "0": () => { intents.showAll(); },
  };
  const press = (event: KeyboardEvent) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };
  element.addEventListener("keydown", press);
  return () => {
    element.removeEventListener("keydown", press);
  };
}
