/** Words for screen readers, no faster than they can be heard: of what comes in between only the newest is said. */
export class Announcer {
  private waiting: string | null = null;
  private said = "";
  private quiet = true;

  /** `put` writes into a polite live region. */
  constructor(
    private readonly put: (text: string) => void,
    private readonly apartMs = 700,
    private readonly later = (run: () => void, ms: number): unknown => setTimeout(run, ms),
  ) {}

  say(text: string): void {
    if (text === (this.waiting ?? this.said)) return;
    this.waiting = text;
    if (this.quiet) this.speak();
  }

  private speak(): void {
    this.quiet = this.waiting === null;
    if (this.waiting === null) return;
    this.said = this.waiting;
    this.waiting = null;
    this.put(this.said);
    this.later(() => { this.speak(); }, this.apartMs);
  }
}
