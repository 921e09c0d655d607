/** Passkeys between the server's JSON and the browser's bytes; newer browsers could do it themselves, older ones not. */
type Json = Record<string, unknown>;
interface Described {
  id: string;
  [more: string]: unknown;
}

export function passkeysWork(): boolean {
  return "PublicKeyCredential" in window && window.isSecureContext;
}

export async function makePasskey(options: Json): Promise<Json> {
  const user = options["user"] as Described;
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"] as string),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: described(options["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const answer = made.response as AuthenticatorAttestationResponse;
  return told(made, { attestationObject: text(answer.attestationObject), transports: answer.getTransports() });
}

export async function usePasskey(options: Json): Promise<Json> {
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"] as string),
    allowCredentials: described(options["allowCredentials"]),
  } as unknown as PublicKeyCredentialRequestOptions;
  const used = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const answer = used.response as AuthenticatorAssertionResponse;
  const userHandle = answer.userHandle ? { userHandle: text(answer.userHandle) } : {};
  return told(used, {
    authenticatorData: text(answer.authenticatorData),
    signature: text(answer.signature),
    ...userHandle,
  });
}

function told(credential: PublicKeyCredential, response: Json): Json {
  const clientDataJSON = text(credential.response.clientDataJSON);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: { clientDataJSON, ...response },
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

function described(list: unknown): Json[] {
  return ((list ?? []) as Described[]).map((one) => ({ ...one, id: bytes(one.id) }));
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const plain = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (mark) => mark.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
