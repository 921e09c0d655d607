/** A moment (RFC 3339) as a field of type datetime-local wants it: to the minute, where the reader is. */
export function toLocal(rfc3339: string): string {
  const moment = new Date(rfc3339);
  const [year, ...rest] = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate(), moment.getHours(), moment.getMinutes()];
  const [month, day, hour, minute] = rest.map((part) => String(part).padStart(2, "0"));
  return `${String(year).padStart(4, "0")}-${month}-${day}T${hour}:${minute}`;
}

/** The moment that such a field names. */
export function fromLocal(local: string): string {
  return new Date(local).toISOString();
}
