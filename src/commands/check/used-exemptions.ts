import type { Configuration } from '../../config/configuration.ts'
import { appliesTo } from '../../core/exemption.ts'
import type { ConfiguredPolicy } from '../../core/policy.ts'
import type { Subject } from '../../core/subject.ts'
import type { Verdict } from '../../core/verdict.ts'

/** Exemptions of the configuration that had something to exempt in a run, by their places in it. */
export class UsedExemptions {
  readonly #used = new Set<number>()

  /** @param now milliseconds since 1970 */
  add(subject: Subject, policies: readonly ConfiguredPolicy[], verdicts: readonly Verdict[], now: number): void {
    for (const { policy: id, outcome } of verdicts) {
      if (outcome !== 'skipped') continue
      const { exemptions = [] } = policies.find(({ policy }) => policy.id === id) ?? {}
      for (const exemption of exemptions) if (appliesTo(exemption, subject, now)) this.#used.add(exemption.index)
    }
  }

  /** What a report says of those that exempt nothing, have not expired, and are from policies that are on. */
  notes(configuration: Configuration, file: string | undefined, now: number): string[] {
    const policies = configuration.policiesFor('').filter(({ mode }) => mode !== 'off')
    const active = policies.flatMap(({ exemptions }) =>
      exemptions.filter(({ expires }) => expires === undefined || now < expires).map(({ index }) => index)
    )
    const unused = [...new Set(active)].filter((index) => !this.#used.has(index)).sort((one, other) => one - other)
    if (unused.length === 0) return []
    const verb = unused.length === 1 ? 'exempts' : 'exempt'
    return [`${file}: ${unused.map((index) => `exemptions[${index}]`).join(', ')} ${verb} nothing in this run`]
  }
}
