/** Round values from 0 up to at least `highest`, at most six of them: 0, 20, 40 ... */
export function ticks(highest: number): number[] {
  const least = Math.max(highest, 1) / 5;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10));
  return Array.from({ length: Math.ceil(Math.max(highest, 1) / step) + 1 }, (_, n) => n * step);
}
