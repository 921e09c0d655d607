import type { Intents } from "./intents";

const PIXELS_PER_LINE = 16;
const PIXELS_PER_PAGE = 400;

/** Wheels and track pads zoom about the pointer; a track pad's pinch arrives as a wheel with ctrl held. */
export function captureWheel(element: HTMLElement, intents: Intents): () => void {
  const turn = (event: WheelEvent) => {
    event.preventDefault();
    const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? PIXELS_PER_LINE : PIXELS_PER_PAGE;
    const pixels = Math.max(-240, Math.min(240, event.deltaY * unit));
    const box = element.getBoundingClientRect();
    const pace = event.ctrlKey ? 0.01 : 0.0022;
    intents.zoom(Math.exp(-pixels * pace), [event.clientX - box.left, event.clientY - box.top]);
  };
  element.addEventListener("wheel", turn, { passive: false });
  return () => {
    element.removeEventListener("wheel", turn);
  };
}
