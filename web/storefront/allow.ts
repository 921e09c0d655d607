import { newKey, write } from "./api";

/** The page that asks whether a program may act for somebody: two buttons, and where the browser goes on. */
const card = document.getElementById("allow")!;
const failed = card.querySelector<HTMLElement>("[role=alert]")!;
const buttons = [...card.querySelectorAll("button")];

for (const button of buttons) {
  button.addEventListener("click", () => void decide(button.value === "yes"));
}

async function decide(allow: boolean): Promise<void> {
  for (const button of buttons) button.disabled = true;
  failed.hidden = true;
  try {
    const body = { query: card.dataset["query"]!, allow };
    const onward = await write<{ location: string }>("POST", "/account/grants", body, newKey());
    location.assign(onward!.location);
  } catch {
    failed.hidden = false;
    for (const button of buttons) button.disabled = false;
  }
}
