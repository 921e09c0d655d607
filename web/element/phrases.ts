/** What the element says; the shop's own catalogue would be many times as large as these few phrases. */
export interface Phrases {
  map: string;
  keys: string;
  zoomIn: string;
  zoomOut: string;
  showAll: string;
  failed: string;
  tryAgain: string;
  seat: (section: string, row: string, number: string) => string;
  free: (count: number) => string;
  accessible: string;
  taken: string;
  held: string;
  mine: string;
  choosing: string;
  full: (max: number) => string;
}

const en: Phrases = {
  map: "Seat map",
  keys: "Arrow keys go from seat to seat, Enter takes one, plus and minus zoom, zero shows everything.",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  showAll: "Whole venue",
  failed: "The seat map did not load.",
  tryAgain: "Try again",
  seat: (section, row, number) => `${section}, Row ${row}, Seat ${number}`,
  free: (count) => `${count} free`,
  accessible: "wheelchair space",
  taken: "taken",
  held: "held by somebody else",
  mine: "yours",
  choosing: "somebody else is choosing it",
  full: (max) => `At most ${max} seats.`,
};

const de: Phrases = {
  map: "Sitzplan",
  keys: "Pfeiltasten gehen von Platz zu Platz, Eingabe wählt einen, Plus und Minus vergrößern und verkleinern, Null zeigt alles.",
  zoomIn: "Vergrößern",
  zoomOut: "Verkleinern",
  showAll: "Ganzes Haus",
  failed: "Der Sitzplan wurde nicht geladen.",
  tryAgain: "Noch einmal",
  seat: (section, row, number) => `${section}, Reihe ${row}, Platz ${number}`,
  free: (count) => `${count} frei`,
  accessible: "Rollstuhlplatz",
  taken: "vergeben",
  held: "von jemand anderem gehalten",
  mine: "Ihrer",
  choosing: "wird gerade von jemand anderem ausgesucht",
  full: (max) => `Höchstens ${max} Plätze.`,
};

const fr: Phrases = {
  map: "Plan de salle",
  keys: "Les flèches vont de place en place, Entrée en prend une, plus et moins agrandissent et réduisent, zéro montre tout.",
  zoomIn: "Agrandir",
  zoomOut: "Réduire",
  showAll: "Toute la salle",
  failed: "Le plan n'a pas été chargé.",
  tryAgain: "Réessayer",
  seat: (section, row, number) => `${section}, rang ${row}, place ${number}`,
  free: (count) => `${count} libres`,
  accessible: "place fauteuil",
  taken: "prise",
  held: "retenue par quelqu'un d'autre",
  mine: "à vous",
  choosing: "quelqu'un d'autre est en train de la choisir",
  full: (max) => `${max} places au plus.`,
};

const PHRASES: Record<string, Phrases> = { en, de, fr };

/** The phrases of a language tag such as `de-AT`; English where there are none. */
export function phrasesFor(language: string): Phrases {
  return PHRASES[language.toLowerCase().split("-")[0]] ?? en;
}
