import { mayBeSignedIn, whoIsHere } from "./account/person";

/** The page is the same for everybody and may come from a cache; whose it is, is asked here. */
const link = document.getElementById("visitor") as HTMLAnchorElement | null;
const steer = document.getElementById("steer") as HTMLAnchorElement | null;
if (link && mayBeSignedIn()) {
  whoIsHere().then(async ({ kind, name, email, role }) => {
    if (kind === "account") {
      link.href = "/account" + location.search;
      link.textContent = name || email;
    }
    // Staff see the way to the event's waiting room where it is theirs: the server knows.
    if (!steer || role === "buyer") return;
    steer.parentElement!.hidden = !(await fetch(steer.href, { method: "HEAD" })).ok;
  }).catch(() => undefined);
}
