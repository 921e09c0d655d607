import { expect, test } from "vitest";
import { phrasesFor } from "./phrases";

test("a language is found by its first part, whatever the case; others read English", () => {
  expect(phrasesFor("de-AT").map).toBe("Sitzplan");
  expect(phrasesFor("FR").map).toBe("Plan de salle");
  expect(phrasesFor("pt-BR")).toBe(phrasesFor("en"));
});
