/** Full jitter: a random wait below a bound that doubles with every failure, so a crowd does not come back at once. */
export function backoffMs(failures: number, firstMs: number, maxMs: number, random = Math.random): number {
  return Math.round(random() * Math.min(maxMs, firstMs * 2 ** failures));
}

/** The wait spread by a quarter to either side. */
export function jittered(ms: number, random = Math.random): number {
  return Math.round(ms * (0.75 + random() / 2));
}
