/**
 * The waiting page. The page itself is the same for everybody; whose place it shows is asked and heard by its `Contact`.
 */
import { newKey, type Refusal, write } from "./api";
import { Contact, type Place, type Trouble } from "./queue/contact";

type Forms = Record<string, string>;

const SPOKEN_EVERY_MS = 30_000;
const ENTER_AGAIN_MS = 1_000;

const card = document.getElementById("line")!;
const eventId = card.dataset["event"]!;
const words = JSON.parse(document.getElementById("queue-words")!.textContent) as Record<string, string | Forms>;
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const plurals = new Intl.PluralRules(document.documentElement.lang);

let place: Place | null = null;
let trouble: Trouble = "";
let spokenAt = -Infinity;
let spoken = "";
let entered = false;
let unfit = false;

function say(key: string, values: Record<string, string | number> = {}): string {
  const entry = words[`queue.${key}`];
  const text = typeof entry === "string" ? entry : (entry[plurals.select(Number(values["count"]))] ?? entry["other"]);
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

function show(id: string, text: string): void {
  const element = document.getElementById(id)!;
  element.hidden = text === "";
  if (element.textContent !== text) element.textContent = text;
}

/** Said aloud at once when it matters, else every half a minute: a screen reader is not to read every step. */
function speak(text: string, matters: boolean): void {
  const now = performance.now();
  if (text === spoken || (!matters && now - spokenAt < SPOKEN_EVERY_MS)) return;
  spoken = text;
  spokenAt = now;
  document.getElementById("spoken")!.textContent = text;
}

function heading(now: Place): string {
  if (now.admitted) return say(now.mode === "off" ? "off" : "turn");
  if (now.phase === "ended") return say("ended");
  if (now.phase !== "active") return say("before");
  return say("title");
}

function draw(): void {
  showTrouble();
  if (!place) return;
  const waits = place.inWaitingRoom && !place.admitted;
  const position = waits ? place.position : undefined;
  const ahead = position === undefined ? "" : say("ahead", { count: place.ahead ?? 0 });
  const title = heading(place);
  const matters = title !== document.getElementById("state")!.textContent;
  show("state", title);
  card.querySelector<HTMLElement>(".place")!.hidden = position === undefined;
  show("position", position === undefined ? "" : numbers.format(position));
  show("ahead", ahead);
  // What was foreseen before the connection broke is worth nothing after a while.
  foresee(waits && trouble !== "offline" ? place : null);
  show("message", place.message ?? "");
  document.getElementById("enter")!.hidden = !place.admitted;
  show("why", why(place));
  document.getElementById("waitlist")!.hidden = !(unfit || (place.closed && waits) || place.phase === "ended");
  speak([title, ahead, why(place)].join(" ").trim(), matters);
  document.title = `${position === undefined ? title : numbers.format(position)} · ${say("title")}`;
}

/** How long it takes, and what is left then. */
function foresee(now: Place | null): void {
  const { phase, waitTimeKnown, waitTimeFormatted = "", odds } = now ?? {};
  show("wait", phase !== "active" ? "" : waitTimeKnown ? say("wait", { range: waitTimeFormatted }) : say("wait_unknown"));
  show("odds", odds ? say("seats_left", { count: odds.seatsLeft }) : "");
  const gone = (odds?.zones ?? []).filter(({ chance }) => chance === "unlikely" || chance === "gone");
  show("zones", gone.length > 0 ? say("zones_gone", { zones: gone.map(({ tier }) => tier).join(", ") }) : "");
}

/** Why it stands as it does: paused, at its end, or a countdown to the opening. */
function why(now: Place): string {
  if (unfit) return say("nothing_fits");
  if (now.paused) return say("paused");
  if (now.closed) return say("closed");
  if (now.phase !== "prequeue") return "";
  const left = Math.max(0, Math.ceil((now.opensAt - performance.now()) / 1000));
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  return [left > 0 ? say("opens_in", { time: clock }) : "", now.mode === "draw" ? say("draw") : ""].join(" ").trim();
}

/** A place that was given is never in danger; whoever has none yet is not told that it stands. */
function showTrouble(): void {
  const placed = place?.inWaitingRoom ?? false;
  if (!place && trouble === "full") {
    show("state", say("not_joined"));
    document.getElementById("waitlist")!.hidden = false;
  }
  show("trouble", trouble === "" ? "" : say(trouble === "offline" ? (placed ? "offline" : "offline_before") : trouble));
}

function stands(now: Place, heard: boolean): void {
  place = now;
  draw();
  if (heard) speak([now.message ?? "", why(now)].join(" ").trim(), true);
  if (now.admitted && now.mode !== "off") void enter();
}

function tell(now: Trouble): void {
  if (trouble === now) return;
  trouble = now;
  draw();
  if (now) speak(document.getElementById("trouble")!.textContent, true);
}

/** It is the visitor's turn: hold what they wished for, if they wished for anything, and go in. */
async function enter(): Promise<void> {
  if (entered) return;
  entered = true;
  document.getElementById("state")!.focus();
  const wish = wished();
  if (!wish) return;
  const key = newKey();
  while (!(await goIn(wish, key))) await new Promise((resolve) => setTimeout(resolve, ENTER_AGAIN_MS));
}

/** Whether that is settled: a connection that breaks in this moment is no reason to choose anew. */
async function goIn(wish: Record<string, unknown>, key: string): Promise<boolean> {
  try {
    const hold = await write<{ bookingId: string }>("POST", "/bookings/best-available", wish, key);
    location.assign(`/bookings/${hold!.bookingId}${location.search}`);
  } catch (refusal) {
    const { status } = refusal as Refusal;
    if (status === 0 || status === 429 || status >= 500) return false;
    unfit = true;
    draw();
  }
  return true;
}

const form = document.getElementById("wishes") as HTMLFormElement;
const KEPT = `rowlock.wishes.${eventId}`;

function wished(): Record<string, unknown> | null {
  const data = new FormData(form);
  if (!data.get("on")) return null;
  const most = String(data.get("most"));
  const currency = form.querySelector<HTMLInputElement>("[name=most]")!.dataset["currency"];
  return {
    eventId, quantity: Number(data.get("quantity")), accessible: data.get("wheelchair") ? 1 : 0,
    ...(data.get("tier") ? { tier: data.get("tier") } : {}), ...(most && form.checkValidity() ? { maxTotal: { amount: most, currency } } : {}),
  };
}

form.addEventListener("change", () => { localStorage.setItem(KEPT, JSON.stringify([...new FormData(form)])); });
form.addEventListener("submit", (submit) => { submit.preventDefault(); });
for (const [name, value] of JSON.parse(localStorage.getItem(KEPT) ?? "[]") as [string, string][]) {
  const field = form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
  if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
  else field.value = value;
}

setInterval(() => { if (place) show("why", why(place)); }, 1000);
new Contact(`/api/v1/events/${eventId}/queue`, { stands, trouble: tell }).begin();
