/** Checking a queue record, as `rowlock queue verify` does. */

import { fromHex, hexOf } from "./bytes";
import { commitment, draw, drawKey, orderBytes, PERSON_BYTES, RULES, rootOf } from "./draw";
import { LineFault, readRecord, registerHash, type Chunk, type Entry, type QueueRecord } from "./record";

export type Fault = "line" | "succession" | "promise" | "register" | "people" | "roster" | "seed" | "order";

export interface Verdict {
  faults: Fault[];
  /** The line that is not as it was written. */
  line?: number;
  event?: string;
  round?: number;
  entries?: number;
  people?: number;
  lastHash?: string;
  drawn?: boolean;
  beacon?: boolean;
  /** Where the person asked about stands, from 0; null when they are in no list. */
  place?: { number: number; rank: number } | null;
}

/** Checks a file; `person` is the opaque id (hexadecimal) whose place is wanted. */
export function checkFile(text: string, person: string): Verdict {
  let record: QueueRecord;
  try {
    record = readRecord(text);
  } catch (error) {
    if (error instanceof LineFault) return { faults: ["line"], line: error.line };
    throw error;
  }
  const faults: Fault[] = [];
  if (!isSuccession(record)) faults.push("succession");
  if (!isAsPromised(record)) faults.push("promise");
  if (!isAsCounted(record)) faults.push("register");
  if (!isEachOnce(record.register)) faults.push("people");
  let order = new Uint32Array();
  if (!faults.length && only(record, "drawn")) order = recomputed(record, faults);
  return {
    faults,
    event: record.event,
    round: record.round,
    entries: record.entries.length,
    people: record.register.reduce((sum, chunk) => sum + chunk.people.length / PERSON_BYTES, 0),
    lastHash: record.entries.at(-1)?.hash ?? "",
    drawn: only(record, "drawn") !== undefined,
    beacon: only(record, "beacon") !== undefined,
    ...(person && { place: placeOf(record, order, person) }),
  };
}

function recomputed(record: QueueRecord, faults: Fault[]): Uint32Array<ArrayBuffer> {
  const { numbers, people: count, roster: root, chunks } = only(record, "closed")!.body;
  const { seed: seedText, order: orderRoot } = only(record, "drawn")!.body;
  const people = rosterOf(record.register.slice(0, Number(chunks)), Number(numbers));
  const seed = fromHex(String(seedText))!;
  const promised = all(record, "committed");
  const right = promised.every(({ body }) => {
    const terms = { event: record.event, round: record.round, closesAt: String(body["closesAt"]), beaconSource: String(body["beaconSource"]) };
    return hexOf(commitment(seed, terms)) === body["commitment"];
  });
  if (!right) faults.push("seed");
  const rosterRoot = rootOf(people, PERSON_BYTES);
  const beacon = fromHex(String(only(record, "beacon")?.body["value"] ?? ""))!;
  const order = draw(drawKey(seed, fromHex(String(promised[0].body["commitment"]))!, beacon, rosterRoot), people);
  if (hexOf(rosterRoot) !== root || order.length !== count) faults.push("roster");
  if (hexOf(rootOf(orderBytes(order), 4)) !== orderRoot) faults.push("order");
  return Uint32Array.from(order);
}

function isSuccession({ entries }: QueueRecord): boolean {
  const kinds = entries.map((entry) => entry.kind);
  const steps = ["committed", "closed", "beacon", "drawn", "ended"].map((kind) => kinds.indexOf(kind)).filter((at) => at >= 0);
  const once = ["closed", "beacon", "drawn", "ended"].every((kind) => kinds.indexOf(kind) === kinds.lastIndexOf(kind));
  const closed = kinds.indexOf("closed");
  const inTime = entries.every((entry, at) => at === 0 || entries[at - 1].at <= entry.at);
  const promised = closed < 0 || (kinds.includes("committed") && kinds.lastIndexOf("committed") < closed);
  // What staff may still do with a room whose line is over.
  const behindTheEnd = kinds.includes("ended") ? kinds.slice(kinds.indexOf("ended") + 1) : [];
  const last = behindTheEnd.every((kind) => ["mode", "paused", "resumed"].includes(kind));
  const closedFirst = closed >= 0 || !(kinds.includes("drawn") || kinds.includes("beacon"));
  return once && inTime && promised && last && closedFirst && steps.every((at, no) => no === 0 || steps[no - 1] < at);
}

function isAsPromised(record: QueueRecord): boolean {
  const promised = all(record, "committed");
  const sources = new Set(promised.map(({ body }) => body["beaconSource"]));
  const [beacon, drawn, closed] = ["beacon", "drawn", "closed"].map((kind) => only(record, kind));
  const oneLine = promised.every(({ body }) => body["rules"] === RULES && !Object.values(body).some((value) => String(value).includes("\n")));
  const source = sources.values().next().value ?? "";
  const beaconRight = beacon ? beacon.body["source"] === source && source !== "" : !drawn || source === "";
  const notEarly = !closed || !promised.length || closed.at >= String(promised.at(-1)!.body["closesAt"]);
  return oneLine && sources.size <= 1 && beaconRight && notEarly;
}

function isAsCounted({ entries, register, registerStart }: QueueRecord): boolean {
  let chunks = 0, end = 0, served = 0, digest = registerStart;
  for (const { kind, body } of entries) {
    if (!("register" in body)) continue;
    const fresh = register.slice(chunks, Number(body["chunks"]));
    for (const chunk of fresh) {
      digest = registerHash(digest, chunk);
      end = Math.max(end, endOf(chunk));
    }
    chunks += fresh.length;
    const now = Number(body["served"] ?? served);
    const counted = body[kind === "closed" ? "numbers" : "joined"];
    if (chunks !== body["chunks"] || hexOf(digest) !== body["register"] || end !== counted || now < served) return false;
    served = now;
  }
  return register.length === chunks;
}

function isEachOnce(register: Chunk[]): boolean {
  const seen = new Set<string>();
  let count = 0;
  for (const { people } of register) {
    for (let at = 0; at < people.length; at += PERSON_BYTES, count++) seen.add(String.fromCharCode(...people.subarray(at, at + PERSON_BYTES)));
  }
  const inOrder = [...register].sort((one, other) => one.first - other.first);
  const apart = inOrder.every((chunk, at) => at === 0 || endOf(inOrder[at - 1]) <= chunk.first);
  return apart && seen.size === count && !seen.has("\0".repeat(PERSON_BYTES));
}

function rosterOf(register: Chunk[], numbers: number): Uint8Array {
  const people = new Uint8Array(numbers * PERSON_BYTES);
  for (const chunk of register) people.set(chunk.people, chunk.first * PERSON_BYTES);
  return people;
}

function placeOf({ register }: QueueRecord, order: Uint32Array, person: string): { number: number; rank: number } | null {
  for (const { first, people } of register) {
    for (let at = 0; at < people.length; at += PERSON_BYTES) {
      if (hexOf(people.subarray(at, at + PERSON_BYTES)) !== person) continue;
      const number = first + at / PERSON_BYTES;
      const rank = order.indexOf(number);
      return { number, rank: rank < 0 ? number : rank };
    }
  }
  return null;
}

const all = (record: QueueRecord, kind: string): Entry[] => record.entries.filter((entry) => entry.kind === kind);
const only = (record: QueueRecord, kind: string): Entry | undefined => record.entries.find((entry) => entry.kind === kind);
const endOf = ({ first, people }: Chunk): number => first + people.length / PERSON_BYTES;
