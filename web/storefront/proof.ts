import { ownWorkers } from "./ownWorkers";

/** A challenge of the sale (ALTCHA v2), as the problem `challenge_needed` carries it. */
export interface Challenge {
  parameters: {
    algorithm: "PBKDF2/SHA-256";
    cost: number;
    keyLength: number;
    keyPrefix: string;
    nonce: string;
    salt: string;
    data?: { from?: number };
  };
  signature: string;
}

export interface Solution {
  counter: number;
  derivedKey: string;
}

/** Sent in the place of a solution: this browser cannot compute one, and waits in line instead. */
const WAIT = "wait";

/**
 * What goes into X-Challenge-Solution. The work is done in a worker, so the page stays as quick as it was; it asks nothing of
 * the visitor. Without the browser's own cryptography (a shop on a plain address), or when the worker fails: waiting.
 */
export async function prove(challenge: Challenge): Promise<string> {
  if (!("subtle" in crypto)) return WAIT;
  const worker = new Worker(ownWorkers.proof, { type: "module" });
  try {
    const solution = await new Promise<Solution>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Solution>) => { resolve(data); };
      worker.onerror = reject;
      worker.postMessage(challenge.parameters);
    });
    return btoa(JSON.stringify({ challenge, solution }));
  } catch {
    return WAIT;
  } finally {
    worker.terminate();
  }
}
