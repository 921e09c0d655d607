/** What programs and keys may be allowed; the names are the server's. */
export const API_SCOPES = ["bookings", "events", "audit"] as const;
export type ApiScope = (typeof API_SCOPES)[number];
export type Scope = ApiScope | "openid" | "profile" | "email" | "offline_access";

/** A key just made: its id and, as an address to download from, the file with its private half. */
export interface NewKey {
  id: string;
  file: string;
}

/** A key pair made in this browser. The private half goes into the file its owner downloads, and nowhere else. */
export async function newKeyPair(): Promise<{ publicHalf: JsonWebKey; fileFor: (id: string) => string }> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const [publicHalf, privateHalf] = await Promise.all([
    crypto.subtle.exportKey("jwk", pair.publicKey),
    crypto.subtle.exportKey("jwk", pair.privateKey),
  ]);
  const fileFor = (id: string) => {
    const text = JSON.stringify({ ...privateHalf, kid: id, alg: "ES256" }, null, 2);
    return URL.createObjectURL(new Blob([text], { type: "application/json" }));
  };
  return { publicHalf, fileFor };
}
