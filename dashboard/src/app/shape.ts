// How times, sizes, counts and money are written.

const english = 'en'
const clock = new Intl.DateTimeFormat(english, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat(english, { month: 'short', day: 'numeric' })
const whole = new Intl.DateTimeFormat(english, { dateStyle: 'medium', timeStyle: 'medium', hour12: false })
const near = new Intl.RelativeTimeFormat(english, { numeric: 'auto', style: 'short' })
const counted = new Intl.NumberFormat(english)

function instant(time: string): Date | null {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? null : date
}

/** `14:03:09`, of an RFC 3339 text. What is no time is shown as it is. */
export const atClock = (time: string): string => show(time, clock)
/** `Nov 20, 2026, 14:03:09`. */
export const atWhole = (time: string): string => show(time, whole)

function show(time: string, form: Intl.DateTimeFormat): string {
  const date = instant(time)
  return date ? form.format(date) : time
}

/** `5 min. ago`, or the day for what is older than a week. */
export function ago(time: string, now = Date.now()): string {
  const date = instant(time)
  if (!date) return time
  const seconds = Math.round((date.getTime() - now) / 1000)
  const far = Math.abs(seconds)
  if (far < 45) return near.format(0, 'second')
  if (far < 2_700) return near.format(Math.round(seconds / 60), 'minute')
  if (far < 79_200) return near.format(Math.round(seconds / 3600), 'hour')
  if (far < 604_800) return near.format(Math.round(seconds / 86_400), 'day')
  return day.format(date)
}

/** `340 µs`, `1.2 ms`, `3.4 s`, `2 min 5 s`. */
export function span(micros: number): string {
  if (micros < 1_000) return `${Math.round(micros)} µs`
  if (micros < 1_000_000) return `${short(micros / 1_000)} ms`
  if (micros < 60_000_000) return `${short(micros / 1_000_000)} s`
  const seconds = Math.round(micros / 1_000_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `512 B`, `1.5 kB`, `20 MB`, in powers of ten. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  if (bytes < 1_000_000) return `${short(bytes / 1_000)} kB`
  if (bytes < 1_000_000_000) return `${short(bytes / 1_000_000)} MB`
  return `${short(bytes / 1_000_000_000)} GB`
}

/** `1,234,567`. */
export const count = (n: number): string => counted.format(n)

/** `$0.0123`: cents where there are some, else as many places as it takes. */
export function money(microDollars: number): string {
  const dollars = microDollars / 1_000_000
  if (dollars === 0) return '$0'
  if (dollars < 0.000_1) return '< $0.0001'
  return `$${dollars < 1 ? dollars.toFixed(4) : dollars.toFixed(2)}`
}

function short(n: number): string {
  return n < 10 ? n.toFixed(1).replace(/\.0$/, '') : String(Math.round(n))
}
