/** The draw, as `rowlock/waiting_room/proof/draw.py` has it: the same rules once more, so that neither has to be believed. */

import { ascii, eight, joined } from "./bytes";
import { sha256 } from "./sha256";

export const RULES = "rowlock-draw-1";
export const PERSON_BYTES = 12;
const GROUP = 16;
const COMMITMENT = ascii("rowlock draw commitment 1\0");
const KEY = ascii("rowlock draw key 1\0");
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export interface Terms {
  event: string;
  round: number;
  closesAt: string;
  beaconSource: string;
}

export function commitment(seed: Uint8Array, terms: Terms): Uint8Array {
  const text = [RULES, terms.event, String(terms.round), terms.closesAt, terms.beaconSource].join("\n");
  return sha256(joined(COMMITMENT, seed, sha256(ascii(text))));
}

export function drawKey(seed: Uint8Array, committed: Uint8Array, beacon: Uint8Array, rosterRoot: Uint8Array): Uint8Array {
  return sha256(joined(KEY, seed, committed, sha256(beacon), rosterRoot));
}

/** The root of a Merkle tree (RFC 6962) whose leaves hold sixteen things of `size` bytes each. */
export function rootOf(data: Uint8Array, size: number): Uint8Array {
  const width = GROUP * size;
  let level: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += width) level.push(sha256(joined(LEAF, data.subarray(at, at + width))));
  if (!level.length) return sha256(new Uint8Array());
  while (level.length > 1) {
    level = level.flatMap((node, at) => {
      if (at % 2) return [];
      return at + 1 < level.length ? [sha256(joined(NODE, node, level[at + 1]))] : [node];
    });
  }
  return level[0];
}

/** The numbers, 4 bytes each, the highest byte first. */
export function orderBytes(order: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * order.length));
  order.forEach((number, at) => { view.setUint32(4 * at, number); });
  return new Uint8Array(view.buffer);
}

/** The numbers that somebody has, in the order of the draw. */
export function draw(key: Uint8Array, people: Uint8Array): Uint32Array {
  const count = people.length / PERSON_BYTES;
  const keys = sortKeys(key, count);
  const given = Uint32Array.from({ length: count }, (_, number) => number).filter((number) =>
    people.subarray(number * PERSON_BYTES, (number + 1) * PERSON_BYTES).some((byte) => byte !== 0),
  );
  return given.sort((one, other) => keys[one] - keys[other] || one - other);
}

/** The upper 53 bits of eight bytes for each number, four numbers a hash. */
function sortKeys(key: Uint8Array, count: number): Float64Array {
  const keys = new Float64Array(count);
  for (let block = 0; block * 4 < count; block++) {
    const view = new DataView(sha256(joined(key, eight(block))).buffer);
    for (let part = 0; part < 4 && block * 4 + part < count; part++) {
      keys[block * 4 + part] = view.getUint32(8 * part) * 2 ** 21 + (view.getUint32(8 * part + 4) >>> 11);
    }
  }
  return keys;
}
