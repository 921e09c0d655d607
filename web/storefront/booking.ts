import { mount } from "svelte";
import BookingPage from "./booking/BookingPage.svelte";
import { Words } from "./words";

const host = document.getElementById("booking")!;
const words = await Words.load();

host.replaceChildren();
host.removeAttribute("aria-busy");
mount(BookingPage, { target: host, props: { bookingId: host.dataset["booking"]!, paysElsewhere: host.dataset["paysElsewhere"] ?? "", words } });
