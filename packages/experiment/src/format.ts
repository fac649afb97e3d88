/** Between a number and its unit: thin, and never broken over two lines. */
const thin = "\u202F";

/** `14,541`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/**
 * A measurement with four significant digits: `0.9183`, `1,234`, `1.2e-5`; "NaN" and "∞" as they are.
 */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return Number(value.toPrecision(4)).toExponential();
  return size >= 1000 ? formatCount(value) : String(Number(value.toPrecision(4)));
}

/** `85 ms`, `4.2 s`, `1 min 47 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "an unknown time";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)}${thin}ms`;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))}${thin}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${thin}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${thin}min ${whole % 60}${thin}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}${thin}h ${minutes % 60}${thin}min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)}${thin}d ${hours % 24}${thin}h`;
}

/** `512 B`, `1.6 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && Math.round(value) >= 1024) {
    value /= 1024;
    unit++;
  }
  const text = unit > 0 && value < 9.95 ? value.toFixed(1) : formatCount(value);
  return `${text}${thin}${units[unit]}`;
}

/** `38 steps/s`; below one a second `20 s/step`. */
export function formatRate(perSecond: number, unit: string): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return `0${thin}${unit}s/s`;
  if (perSecond < 1) return `${formatDuration(1 / perSecond)}/${unit}`;
  return `${perSecond < 9.95 ? Number(perSecond.toFixed(1)) : formatCount(perSecond)}${thin}${unit}s/s`;
}

/** Text from outside made harmless for a terminal: no control characters, no reordering of what stands around it. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu, "\uFFFD");
}
