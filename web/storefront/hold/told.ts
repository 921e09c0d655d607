import type { HoldMessage } from "../../live";
import type { Booking } from "../api";

/** What a message of the stream makes of a hold's time. */
export function timeLeft(message: HoldMessage): Pick<Booking, "expiresIn" | "clockStopped"> {
  if (message.type === "holdExpired") return { expiresIn: 0 };
  const clockStopped = message.type === "holdClock" && message.clockStopped;
  return { expiresIn: message.expiresIn, clockStopped };
}
