/**
 * SHA-256 of our own: a draw asks for some hundred thousand short hashes, and the browser's answers each only later; nor does
 * it have any on a plain address.
 */

const ROUNDS = 64;

/** The first 32 bits behind the point of the roots of the first primes. */
function fractions(root: (prime: number) => number, count: number): Int32Array {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (Array.from({ length: candidate - 2 }, (_, at) => at + 2).some((divisor) => candidate % divisor === 0)) continue;
    const value = root(candidate);
    found.push(((value - Math.floor(value)) * 2 ** 32) | 0);
  }
  return Int32Array.from(found);
}

const K = fractions(Math.cbrt, ROUNDS);
const START = fractions(Math.sqrt, 8);
const w = new Int32Array(ROUNDS);

const turned = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

function compress(state: Int32Array, block: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = block.getInt32(at + 4 * i);
  for (let i = 16; i < ROUNDS; i++) {
    const x = w[i - 15], y = w[i - 2];
    w[i] = (w[i - 16] + w[i - 7] + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10))) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < ROUNDS; i++) {
    const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** The 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  const blocks = Math.ceil((data.length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(data.length / 2 ** 29));
  view.setUint32(padded.length - 4, (data.length << 3) >>> 0);
  const state = START.slice();
  for (let at = 0; at < padded.length; at += 64) compress(state, view, at);
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  state.forEach((word, at) => { out.setInt32(4 * at, word); });
  return digest;
}
