/** The seats that a link to the event page brought along (`?seats=102-F-14,102-F-15`), each once. */
export function seatsInLink(query: string): string[] {
  const ids = new URLSearchParams(query).get("seats")?.split(",") ?? [];
  return [...new Set(ids)];
}
