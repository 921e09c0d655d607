import { mount } from "svelte";
import RoomPage from "./room/RoomPage.svelte";
import { Words } from "./words";

const host = document.getElementById("waiting-room")!;
const words = await Words.load();

host.replaceChildren();
host.removeAttribute("aria-busy");
mount(RoomPage, { target: host, props: { words, eventId: host.dataset["event"]! } });
