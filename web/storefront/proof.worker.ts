import type { Challenge, Solution } from "./proof";

const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: hex.length / 2 }, (_, place) => parseInt(hex.slice(2 * place, 2 * place + 2), 16));
const hexOf = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Tries one number after the other until the key that PBKDF2 makes of it begins as it should. */
export async function solve(parameters: Challenge["parameters"]): Promise<Solution> {
  const nonce = bytesOf(parameters.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  const tail = new DataView(password.buffer, nonce.length);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(parameters.salt), iterations: parameters.cost };
  for (let counter = parameters.data?.from ?? 0; ; counter++) {
    tail.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hexOf(await crypto.subtle.deriveBits(algorithm, key, parameters.keyLength * 8));
    if (derivedKey.startsWith(parameters.keyPrefix)) return { counter, derivedKey };
  }
}

onmessage = async ({ data }: MessageEvent<Challenge["parameters"]>) => {
  postMessage(await solve(data));
};
