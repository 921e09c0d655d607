import { mount } from "svelte";
import AccountPage from "./account/AccountPage.svelte";
import SignIn from "./account/SignIn.svelte";
import { Words } from "./words";

const host = document.getElementById("account")!;
const words = await Words.load();
const room = host.dataset["room"]!;

host.replaceChildren();
host.removeAttribute("aria-busy");
if (room === "sign-in" || room === "register") {
  mount(SignIn, { target: host, props: { words, registering: room === "register", outside: host.dataset["outside"]! } });
} else {
  mount(AccountPage, { target: host, props: { words, room: room as "profile" | "security" | "sessions" | "bookings" | "tickets" } });
}
