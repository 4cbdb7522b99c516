/** A round number of the largest fitting unit, not below `value`; its half is round too. 1 of nothing. */
export function roundUp(value: number, base: 1000 | 1024): number {
  if (!(value > 0)) return 1;
  const unit = base ** Math.max(0, Math.floor(Math.log(value) / Math.log(base)));
  const steps = [1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500];
  const least = value / unit;
  return unit * (steps.find((step) => step >= least) ?? base);
}
