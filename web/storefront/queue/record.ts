/** Reading a queue record: one spelling a line, each entry hashed with all before it. */

import { ascii, eight, fromHex, hexOf, joined } from "./bytes";
import { PERSON_BYTES } from "./draw";
import { sha256 } from "./sha256";

const FORMAT = "rowlock queue record 1";
const ENTRY = ascii("rowlock queue entry 1\0");
const REGISTER = ascii("rowlock queue register 1\0");
const PLACES_MAX = 50_000_000;
const COUNTS = { joined: "number", served: "number", chunks: "number", register: "string" };
const FIELDS: Partial<Record<string, Record<string, string>>> = {
  mode: { mode: "string", by: "string" },
  committed: { rules: "string", closesAt: "string", beaconSource: "string", commitment: "string" },
  counted: COUNTS,
  paused: { by: "string" },
  resumed: { by: "string" },
  closed: { numbers: "number", people: "number", chunks: "number", register: "string", roster: "string" },
  beacon: { source: "string", value: "string" },
  drawn: { order: "string", seed: "string" },
  ended: COUNTS,
};
const HEX: Partial<Record<string, number>> = { commitment: 64, register: 64, roster: 64, order: 64, seed: 64 };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

export type Body = Record<string, string | number>;

export interface Entry {
  seq: number;
  at: string;
  kind: string;
  body: Body;
  hash: string;
}

export interface Chunk {
  first: number;
  people: Uint8Array;
}

export interface QueueRecord {
  event: string;
  round: number;
  entries: Entry[];
  register: Chunk[];
  /** The running hash of the register before anybody is in it. */
  registerStart: Uint8Array;
}

/** A line that is not as it was written. */
export class LineFault extends Error {
  constructor(readonly line: number) {
    super(`line ${String(line)}`);
  }
}

export function readRecord(text: string): QueueRecord {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new LineFault(lines.length + 1);
  const head = ascii(lines[0] ?? "");
  const record = { ...readHead(lines[0] ?? ""), entries: [] as Entry[], register: [] as Chunk[], registerStart: sha256(joined(REGISTER, head)) };
  let last = sha256(joined(ENTRY, head));
  lines.forEach((line, at) => {
    if (at === 0) return;
    const values = parsed(line, at + 1);
    if ("seq" in values && !record.register.length) {
      const entry = readEntry(values, line, last, at + 1);
      if (entry.seq !== record.entries.length + 1) throw new LineFault(at + 1);
      record.entries.push(entry);
      last = fromHex(entry.hash)!;
    } else {
      record.register.push(readChunk(values, line, at + 1));
    }
  });
  return record;
}

export function registerHash(before: Uint8Array, chunk: Chunk): Uint8Array {
  return sha256(joined(REGISTER, before, eight(chunk.first), chunk.people));
}

function parsed(line: string, no: number): Record<string, unknown> {
  try {
    const values: unknown = /^[ -~]*$/.test(line) ? JSON.parse(line) : undefined;
    if (typeof values === "object" && values !== null) return values as Record<string, unknown>;
  } catch {
    // Said below, for everything that is no such line.
  }
  throw new LineFault(no);
}

function readHead(line: string): { event: string; round: number } {
  const { event, round, previous } = parsed(line, 1);
  const right = typeof event === "string" && typeof round === "number" && (previous === null || typeof previous === "string");
  if (!right || JSON.stringify({ file: FORMAT, event, round, previous }) !== line) throw new LineFault(1);
  return { event, round };
}

function readEntry(values: Record<string, unknown>, line: string, before: Uint8Array, no: number): Entry {
  const { seq, at, kind, body } = values as Partial<Entry>;
  const fields = FIELDS[String(kind)];
  const names = Object.keys(body ?? {}).sort();
  if (typeof seq !== "number" || !TIME.test(String(at)) || !body || !fields) throw new LineFault(no);
  const right = names.join() === Object.keys(fields).sort().join() && names.every((name) => isRight(name, body[name], fields[name]));
  const text = JSON.stringify({ seq, at, kind, body: Object.fromEntries(names.map((name) => [name, body[name]])) });
  const hash = hexOf(sha256(joined(ENTRY, before, ascii(text))));
  if (!right || `${text.slice(0, -1)},"hash":"${hash}"}` !== line) throw new LineFault(no);
  return { seq, at: at!, kind: kind!, body, hash };
}

function isRight(name: string, value: string | number, type: string): boolean {
  if (typeof value !== type) return false;
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
  if (name === "closesAt") return TIME.test(value);
  if (name !== "value" && !(name in HEX)) return true;
  return fromHex(value) !== undefined && (HEX[name] ?? value.length) === value.length;
}

function readChunk(values: Record<string, unknown>, line: string, no: number): Chunk {
  const { first, people } = values;
  if (typeof first !== "number" || typeof people !== "string" || JSON.stringify({ first, people }) !== line) throw new LineFault(no);
  let bytes: string;
  try {
    bytes = atob(people);
  } catch {
    throw new LineFault(no);
  }
  const count = bytes.length / PERSON_BYTES;
  if (!count || !Number.isInteger(count) || !Number.isSafeInteger(first) || first < 0 || first + count > PLACES_MAX) throw new LineFault(no);
  if (btoa(bytes) !== people) throw new LineFault(no);
  return { first, people: Uint8Array.from(bytes, (character) => character.charCodeAt(0)) };
}
