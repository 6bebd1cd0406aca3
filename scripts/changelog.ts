export interface Section {
  /** As the heading has it: a date, or "unreleased". */
  readonly date: string
  readonly text: string
}

/** What a changelog in the form of Keep a Changelog says of a version; undefined where it has no section. */
export function sectionOf(changelog: string, version: string): Section | undefined {
  const sections = changelog.split(/^## /m).slice(1)
  for (const section of sections) {
    const [heading = '', ...lines] = section.split('\n')
    const [, name, date] = /^\[([^\]]+)\](?: - (.*))?$/.exec(heading) ?? []
    if (name === version) return { date: date ?? 'unreleased', text: lines.join('\n').trim() }
  }
  return undefined
}
