// `holdfast serve` from the sources, with two faults that no released policy has: an object whose annotation asks for it
// makes a policy throw, or take half a second. The arguments are those of the command.

import { annotationsOf } from '../../../src/core/objects/metadata.ts'
import type { ObjectPolicy, PolicyContext } from '../../../src/core/policy.ts'
import type { Subject } from '../../../src/core/subject.ts'
import { main } from '../../../src/main.ts'
import { POLICIES } from '../../../src/policies/index.ts'

/** The annotation, and what it may ask for. */
const FAULT = 'test.holdfast.dev/fault'

const policy = POLICIES.find(({ id }) => id === 'pushgateway-graceful-stop') as ObjectPolicy
const { check } = policy
Object.assign(policy, {
  check(subject: Subject, given: PolicyContext) {
    const fault = annotationsOf(subject.object)[FAULT]
    if (fault === 'crash') throw new Error('a fault of the test')
    if (fault === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    return check(subject, given)
  }
})

await main(['node', 'holdfast', 'serve', ...process.argv.slice(2)])
