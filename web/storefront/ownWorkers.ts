import leavingUrl from "./hold/leaving.worker.ts?worker&url";
import proofUrl from "./proof.worker.ts?worker&url";
import verifyUrl from "./queue/verify.worker.ts?worker&url";

/** What TypeScript's own library does not know yet; to it the proof is a string. */
interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): { createScriptURL(address: string): string };
}

/** The few addresses that may become a script here, where the browser asks for proof (Trusted Types). Made once a page. */
const policy = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy("rowlock-own-worker", {
  createScriptURL: (address) => {
    if (![leavingUrl, proofUrl, verifyUrl].includes(address)) throw new TypeError(address);
    return address;
  },
});

export const ownWorkers = {
  leaving: policy?.createScriptURL(leavingUrl) ?? leavingUrl,
  proof: policy?.createScriptURL(proofUrl) ?? proofUrl,
  verify: policy?.createScriptURL(verifyUrl) ?? verifyUrl,
};
