import { mount } from "svelte";
import type { EventDetail } from "./api";
import { read } from "./api";
import EventPage from "./event/EventPage.svelte";
import { Words } from "./words";

const host = document.getElementById("seats")!;
const event = JSON.parse(document.getElementById("event")!.textContent) as EventDetail;
/** While a waiting room is on, those whose turn it is not yet wait on a page of their own. */
read<{ mode: string; admitted: boolean }>(`/events/${event.id}/queue`).then(({ mode, admitted }) => {
  if (mode !== "off" && !admitted) location.replace(`/events/${event.id}/queue${location.search}`);
}, () => undefined);
const words = await Words.load();

host.replaceChildren();
host.removeAttribute("aria-busy");
mount(EventPage, { target: host, props: { event, words } });
