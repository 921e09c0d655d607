import { mayBeSignedIn, whoIsHere } from "./account/person";

/** The page is the same for everybody and may come from a cache; whose it is, is asked here. */
const link = document.getElementById("visitor") as HTMLAnchorElement | null;
if (link && mayBeSignedIn()) {
  whoIsHere().then(({ kind, name, email }) => {
    if (kind !== "account") return;
    link.href = "/account" + location.search;
    link.textContent = name || email;
  }, () => undefined);
}
