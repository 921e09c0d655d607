/**
 * The waiting page. The page itself is the same for everybody; whose place it shows is asked here, heard over a stream, and
 * asked again after a while in any case: a stream that is lost costs nothing but time.
 */
interface Place {
  phase: "idle" | "prequeue" | "active" | "ended";
  mode: string;
  inWaitingRoom: boolean;
  admitted: boolean;
  position?: number;
  ahead?: number;
  waitTimeKnown?: boolean;
  waitTimeFormatted?: string;
  refreshIntervalSeconds: number;
  odds?: { seatsLeft: number; zones: { tier: string; chance: "likely" | "maybe" | "unlikely" | "gone" }[] };
  message?: string;
  paused?: boolean;
  opensIn?: number;
  closed?: boolean;
}
interface Board { served: number; message?: string; paused?: boolean }
type Said = { type: "board"; line: Board } | { type: "place"; rank: number } | { type: "turn" } | { type: "ping" };
type Forms = Record<string, string>;

const SPOKEN_EVERY_MS = 30_000;
const ASLEEP_MS = 5_000;
const STREAM_ASKS_S = 15;
const CALLED_ASKS_S = 0.3;

const card = document.getElementById("line")!;
const eventId = card.dataset["event"]!;
const words = JSON.parse(document.getElementById("queue-words")!.textContent) as Record<string, string | Forms>;
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const plurals = new Intl.PluralRules(document.documentElement.lang);
const address = `/api/v1/events/${eventId}/queue`;
const own = { "X-Requested-With": "rowlock" };

let place: Place | null = null;
let rank: number | null = null;
let opensAt = 0;
let timer = 0;
let stream: WebSocket | null = null;
let spokenAt = -Infinity;
let spoken = "";
let entering = false;
/** The stream has said so; who answers our question may hear of it a moment later. */
let called = false;

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
  if (!place) return;
  const waits = place.inWaitingRoom && !place.admitted;
  const position = waits ? place.position : undefined;
  const title = heading(place);
  const matters = title !== document.getElementById("state")!.textContent;
  show("state", title);
  card.querySelector<HTMLElement>(".place")!.hidden = position === undefined;
  show("position", position === undefined ? "" : numbers.format(position));
  show("ahead", position === undefined ? "" : say("ahead", { count: place.ahead ?? 0 }));
  show("wait", !waits || place.phase !== "active" ? "" : place.waitTimeKnown ? say("wait", { range: place.waitTimeFormatted ?? "" }) : say("wait_unknown"));
  show("odds", waits && place.odds ? say("seats_left", { count: place.odds.seatsLeft }) : "");
  const gone = waits ? (place.odds?.zones ?? []).filter(({ chance }) => chance === "unlikely" || chance === "gone") : [];
  show("zones", gone.length > 0 ? say("zones_gone", { zones: gone.map(({ tier }) => tier).join(", ") }) : "");
  show("message", place.message ?? "");
  document.getElementById("enter")!.hidden = !place.admitted;
  count();
  speak([title, position === undefined ? "" : say("ahead", { count: place.ahead ?? 0 }), document.getElementById("why")!.textContent].join(" "), matters);
  document.title = `${position === undefined ? title : numbers.format(position)} · ${say("title")}`;
}

/** Why it stands as it does: paused, at its end, or a countdown to the opening. */
function count(): void {
  if (!place) return;
  const left = Math.max(0, Math.ceil((opensAt - performance.now()) / 1000));
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const opening = place.phase === "prequeue" ? [left > 0 ? say("opens_in", { time: clock }) : "", place.mode === "draw" ? say("draw") : ""].join(" ").trim() : "";
  show("why", place.paused ? say("paused") : place.closed ? say("closed") : opening);
}

async function ask(method: "GET" | "POST"): Promise<void> {
  clearTimeout(timer);
  let again = 5;
  try {
    let answer = await fetch(address, { method, headers: own });
    if (answer.status === 401) {
      await fetch("/api/v1/session", { method: "POST", headers: own });
      answer = await fetch(address, { method, headers: own });
    }
    document.getElementById("offline")!.hidden = answer.ok;
    if (answer.ok) {
      place = (await answer.json()) as Place;
      opensAt = performance.now() + (place.opensIn ?? 0) * 1000;
      again = place.refreshIntervalSeconds;
      draw();
      if (place.admitted && place.mode !== "off") await enter();
      else if (place.phase !== "idle" && place.phase !== "ended") listen();
    } else {
      again = Number(answer.headers.get("Retry-After")) || again;
    }
  } catch {
    document.getElementById("offline")!.hidden = false;
  }
  if (called && place?.inWaitingRoom) again = CALLED_ASKS_S;
  else if (stream) again = Math.max(again, STREAM_ASKS_S);
  timer = window.setTimeout(() => void ask(place?.inWaitingRoom === false && !place.admitted ? "POST" : "GET"), again * 1000);
}

function listen(): void {
  if (stream || !place?.inWaitingRoom) return;
  stream = new WebSocket(`${location.origin.replace(/^http/, "ws")}${address}/stream`, "rowlock.v1");
  stream.onclose = () => { stream = null; };
  stream.onmessage = ({ data }) => { hear(JSON.parse(String(data)) as Said); };
}

function hear(said: Said): void {
  if (said.type === "ping") stream?.send('{"type":"pong"}');
  else if (said.type === "turn") {
    called = true;
    void ask("GET");
  }
  else if (said.type === "place") rank = said.rank;
  else if (place) {
    const { served, message = "", paused = false } = said.line;
    const changed = (place.message ?? "") !== message || (place.paused ?? false) !== paused;
    Object.assign(place, { message, paused });
    if (rank !== null) Object.assign(place, { ahead: Math.max(0, rank - (served ?? 0)), position: Math.max(0, rank - (served ?? 0)) + 1 });
    draw();
    if (changed) speak([message, document.getElementById("why")!.textContent].join(" ").trim(), true);
  }
}

/** It is the visitor's turn: hold what they wished for, if they wished for anything, and go in. */
async function enter(): Promise<void> {
  if (entering) return;
  entering = true;
  stream?.close();
  document.getElementById("state")!.focus();
  const wish = wished();
  if (!wish) return;
  const answer = await fetch("/api/v1/bookings/best-available", {
    method: "POST", headers: { ...own, "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() }, body: JSON.stringify(wish),
  });
  if (answer.status === 201) location.assign(`/bookings/${((await answer.json()) as { bookingId: string }).bookingId}${location.search}`);
  else show("why", say("nothing_fits"));
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

/** A page that slept, or lost its connection, looks at once where it stands. */
let lookedAt = Date.now();
setInterval(() => {
  const slept = Math.abs(Date.now() - lookedAt - 1000) > ASLEEP_MS;
  lookedAt = Date.now();
  if (slept) void ask("GET");
  else count();
}, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) void ask("GET"); });
window.addEventListener("online", () => void ask("GET"));
window.addEventListener("offline", () => { document.getElementById("offline")!.hidden = false; });
void ask("POST");
