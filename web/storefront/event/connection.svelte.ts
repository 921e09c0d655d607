import type { StreamState } from "../../live";

/** A moment's break heals before anybody needs to hear of it. */
const PATIENCE_MS = 2_500;

/** How far the page can be believed: up to date, behind for longer than a moment, or without a network. */
export class Connection {
  state = $state<"current" | "behind" | "offline">("current");
  private timer = 0;

  hear(stream: StreamState): void {
    clearTimeout(this.timer);
    if (stream === "live" || stream === "polling") this.state = "current";
    else if (!navigator.onLine) this.state = "offline";
    else this.timer = window.setTimeout(() => { this.state = "behind"; }, PATIENCE_MS);
  }
}
