import { call } from "../api";

/** What the site knows of whoever is at this browser. */
export interface Person {
  kind: "nobody" | "guest" | "account" | "token";
  name: string;
  email: string;
  role: string;
  organiserId: string | null;
  strong: boolean;
  memberships: { organiserId: string; organiser: string; role: string }[];
}

const KNOWN = "rowlock.account";

/** Whether somebody signed in here and did not sign out: nobody else's pages ask the server who they are. */
export function mayBeSignedIn(): boolean {
  return localStorage.getItem(KNOWN) !== null;
}

export function noteSignedIn(): void {
  localStorage.setItem(KNOWN, "1");
}

export async function whoIsHere(): Promise<Person> {
  const person = (await call<Person>("GET", "/session"))!;
  if (person.kind === "account") noteSignedIn();
  else localStorage.removeItem(KNOWN);
  return person;
}

export async function signOut(): Promise<void> {
  await call("DELETE", "/session");
  localStorage.removeItem(KNOWN);
}

/** Where to go after signing in: a page of ours that the address names, never another site. */
export function nextPage(otherwise: string): string {
  const wanted = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/(?![/\\])[^\\\s]*$/.test(wanted) ? wanted : otherwise;
}
