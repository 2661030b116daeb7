/** Amounts as people read them. */

/** `1.5 GB`, in powers of ten. */
export function printBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  return `${Number((bytes / 1000 ** power).toFixed(power === 0 ? 0 : 2))} ${units[power]}`;
}
