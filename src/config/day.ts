/** Milliseconds of the first moment of a day such as `2027-01-31`, UTC; NaN for a day that no calendar has. */
export function dayOf(text: string): number {
  const time = Date.parse(`${text}T00:00:00Z`)
  // Date.parse takes 2027-02-30 for the second of March.
  return new Date(time || 0).toISOString().startsWith(text) ? time : Number.NaN
}
