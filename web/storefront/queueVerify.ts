import { mount } from "svelte";
import QueueVerify from "./queue/QueueVerify.svelte";
import { Words } from "./words";

const host = document.getElementById("queue-verify")!;
const words = await Words.load();
const asked = new URLSearchParams(location.search);

host.replaceChildren();
host.removeAttribute("aria-busy");
mount(QueueVerify, { target: host, props: { words, event: asked.get("event") ?? "", person: asked.get("person") ?? "" } });
