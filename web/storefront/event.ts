import { mount } from "svelte";
import type { EventDetail } from "./api";
import EventPage from "./event/EventPage.svelte";
import { Words } from "./words";

const host = document.getElementById("seats")!;
const event = JSON.parse(document.getElementById("event")!.textContent) as EventDetail;
const words = await Words.load();

host.replaceChildren();
host.removeAttribute("aria-busy");
mount(EventPage, { target: host, props: { event, words } });
