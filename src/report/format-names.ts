/** What `-o` takes. Apart from the formats themselves, so that who only names one does not load them all. */
export const FORMAT_NAMES = ['text', 'json', 'sarif', 'junit', 'html'] as const

export type FormatName = (typeof FORMAT_NAMES)[number]
