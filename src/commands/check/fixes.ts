import { oneLine } from '../../core/values/text.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import type { DocumentRead } from '../../inventory/files/read.ts'
import type { FileReadProblem } from '../../inventory/files/walk.ts'
import { rewritten, unifiedDiff } from '../../inventory/yaml/rewrite.ts'
import type { Checked } from './manifest.ts'

/** Writes files again as the webhook would admit what is in them, whole or as a diff, one file at a time. */
export class Fixes {
  readonly #asDiff: boolean
  readonly #write: (text: string) => void
  #before = ''
  #after = ''
  #isFirst = true

  constructor(asDiff: boolean, write: (text: string) => void) {
    this.#asDiff = asDiff
    this.#write = write
  }

  /** A document and what came of its objects. Answers with what kept it from being changed. */
  add({ file, document, manifests }: DocumentRead, checked: readonly Checked[]): FileReadProblem | undefined {
    const { text, line } = document
    const changes = manifests.flatMap(({ within, begin, end }, index) => {
      const operations = checked[index]?.operations ?? []
      return operations.length === 0 ? [] : [{ within, begin, end, operations }]
    })
    try {
      this.#put(text, changes.length === 0 ? text : rewritten(text, changes))
      return undefined
    } catch (error) {
      this.#put(text, text)
      const problem = new HoldfastError('SOURCE_INVALID', `It cannot be changed: ${messageOf(error)}`, { cause: error })
      return { kind: 'problem', file, line, error: problem }
    }
  }

  /** A text that cannot be read stays what it is; where it is not at hand, it is said that something is missing. */
  keep({ file, line, text, error }: FileReadProblem): void {
    const kept = text ?? `---\n# holdfast left out what stands here in ${oneLine(file)}: ${error.code}\n`
    this.#put(kept, kept)
    // After a document the file goes on, otherwise this was its end.
    if (line === undefined) this.endFile(file)
  }

  endFile(file: string): void {
    if (this.#asDiff) this.#write(unifiedDiff(file, this.#before, this.#after))
    else if (this.#after !== '')
      this.#write(`${this.#isFirst || isMarked(this.#after) ? '' : '---\n'}${ended(this.#after)}`)
    this.#isFirst &&= this.#after === ''
    this.#before = ''
    this.#after = ''
  }

  #put(before: string, after: string): void {
    // Only a diff needs the two of them.
    if (this.#asDiff) this.#before += before
    this.#after += after
  }
}

function isMarked(text: string): boolean {
  return /^---\s/.test(text)
}

/** The next file's marker begins a line. */
function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
