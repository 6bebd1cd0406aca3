// Helm, 3 and 4: the upgrade of a chart whose claim template carries the chart's version. What Helm prints, what
// becomes of the release, and what is stored.

import { findHelms, helmHome, helmWith, type Major } from './harness/helm.ts'
import {
  type Action,
  compareManifest,
  helm,
  kubectl,
  ownersOf,
  podsFollow,
  rehearse,
  type Said,
  type Scene,
  stateOf,
  theWayOut,
  theWayOutByHeart,
  writtenOf
} from './harness/helm-actions.ts'
import {
  denied,
  deniedByKubectl,
  deniedSize,
  kept,
  notRolledBack,
  refused,
  rollbackFails,
  rolledBack,
  shortened,
  silent,
  upgradeFails,
  volatile,
  type Warnings,
  type Words,
  wouldKeep,
  wouldReject
} from './harness/helm-words.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'

interface Step {
  run: Action
  /** Default: it succeeds. */
  fails?: Words
  /** Default: none. */
  warns?: Warnings
  /** What the action has found out, where that is its purpose. */
  finds?: string
  /** The release and what is stored, in the words of `stateOf`. Default: as it was before. */
  leaves?: string
  /** Whether Holdfast is asked about an update. Default: it does not matter. */
  asks?: boolean
  /** Who owns the claim templates afterwards. */
  owner?: string
  /** Nothing at all that a user writes differs from what it was. */
  unchanged?: true
}

interface Scenario {
  name: string
  /** The scenario whose release this one goes on with. */
  continues?: string
  /** The namespace's label. */
  mode?: 'warn' | 'audit' | 'off'
  /** Only for this major version of Helm. */
  only?: Major
  /** Needs this one, too. */
  needs?: Major
  steps: Step[]
}

interface Phase {
  name: string
  /** The server's configuration; `undefined` where there is no Holdfast. */
  configuration?: string
  scenarios: Scenario[]
}

/** The state after everything went well. */
const all = (version: string, template = version): string =>
  `deployed ${version}; runs ${version}; claim template ${template}`

const installs = (warns: Warnings, line = 'install 0.1.0'): Step => ({
  run: helm(line),
  warns,
  leaves: all('0.1.0')
})

/** Two replicas of a Pushgateway are another policy's business. */
const OTHER = 'pushgateway-persistence: {mode: off}'

const WITHOUT: Phase = {
  name: 'without Holdfast',
  scenarios: [
    {
      name: 'no upgrade goes through',
      steps: [
        installs(silent),
        {
          run: helm('upgrade 0.2.0'),
          fails: upgradeFails(refused),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        },
        { run: helm('upgrade 0.2.0 {force}'), fails: upgradeFails(refused, 'replace') }
      ]
    }
  ]
}

const REJECT: Phase = {
  name: 'reject',
  configuration: `policies: {${OTHER}}`,
  scenarios: [
    {
      name: 'the upgrade is explained, and the remediation is one',
      steps: [
        installs(volatile),
        { run: podsFollow('0.1.0', { claims: ['0.1.0'] }) },
        {
          run: helm('upgrade 0.2.0'),
          fails: upgradeFails(denied('0.1.0', '0.2.0')),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0',
          asks: true
        },
        { run: theWayOut, leaves: 'failed 0.2.0; nothing runs', asks: false },
        { run: helm('upgrade 0.2.0'), warns: volatile, leaves: all('0.2.0'), asks: false },
        { run: podsFollow('0.2.0', { claims: ['0.1.0'] }) },
        {
          run: helm('rollback 1'),
          fails: rollbackFails(denied('0.2.0', '0.1.0')),
          leaves: 'failed 0.1.0; runs 0.2.0; claim template 0.2.0'
        },
        { run: theWayOut, leaves: 'failed 0.1.0; nothing runs' },
        { run: helm('rollback 1'), warns: volatile, leaves: all('0.1.0') },
        { run: podsFollow('0.1.0', { claims: ['0.1.0'] }) }
      ]
    },
    {
      name: 'no way of sending it goes round',
      steps: [
        installs(volatile),
        {
          run: helm('upgrade 0.2.0 {force}'),
          fails: upgradeFails(denied('0.1.0', '0.2.0'), 'replace'),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        }
      ]
    },
    {
      name: 'nor do those that only Helm 4 knows',
      only: 4,
      steps: [
        installs(volatile),
        {
          run: helm('upgrade 0.2.0 --server-side=false'),
          fails: upgradeFails(denied('0.1.0', '0.2.0'), 'patch'),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        },
        {
          run: helm('upgrade 0.2.0 --server-side=true --force-conflicts'),
          fails: upgradeFails(denied('0.1.0', '0.2.0'), 'apply')
        }
      ]
    },
    {
      name: "Helm's own dry run asks nobody, kubectl's does",
      steps: [
        installs(volatile),
        { run: helm('upgrade 0.2.0 --dry-run=server'), asks: false, unchanged: true },
        { run: rehearse('0.2.0'), fails: deniedByKubectl('0.1.0', '0.2.0'), asks: true, unchanged: true }
      ]
    },
    {
      name: 'what changes no claim template is none of its business',
      steps: [
        installs(volatile),
        { run: helm('upgrade 0.1.0'), asks: false, unchanged: true },
        { run: helm('upgrade 0.1.0 --set replicas=2'), asks: false },
        { run: helm('uninstall'), leaves: 'no release; nothing runs', asks: false }
      ]
    },
    {
      name: 'what was rejected can be rolled back, by hand or by itself',
      steps: [
        // Nothing has to be ready: there is no kubelet, and --atomic waits.
        installs(volatile, 'install 0.1.0 --set replicas=0'),
        {
          run: helm('upgrade 0.2.0 --set replicas=0'),
          fails: upgradeFails(denied('0.1.0', '0.2.0')),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        },
        { run: helm('rollback'), leaves: all('0.1.0'), asks: false },
        {
          run: helm('upgrade 0.2.0 --set replicas=0 {atomic} --timeout=20s'),
          fails: rolledBack(denied('0.1.0', '0.2.0'))
        }
      ]
    },
    {
      name: 'warn',
      mode: 'warn',
      steps: [
        installs(volatile),
        {
          run: helm('upgrade 0.2.0'),
          warns: wouldReject('0.1.0', '0.2.0'),
          fails: upgradeFails(refused),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        }
      ]
    },
    ...(['audit', 'off'] as const).map(
      (mode): Scenario => ({
        name: mode,
        mode,
        steps: [
          installs(silent),
          {
            run: helm('upgrade 0.2.0'),
            fails: upgradeFails(refused),
            leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0',
            asks: mode === 'audit'
          }
        ]
      })
    )
  ]
}

const RESTORE: Phase = {
  name: 'restore',
  configuration: `policies: {claim-template-labels: {onChange: restore}, ${OTHER}}`,
  scenarios: [
    {
      name: 'again and again, and back',
      steps: [
        installs(silent),
        { run: podsFollow('0.1.0', { claims: ['0.1.0'] }) },
        ...['0.2.0', '0.3.0', '0.4.0', '0.5.0', '0.6.0'].map((version) => ({
          run: helm(`upgrade ${version}`),
          warns: kept('0.1.0', version),
          leaves: all(version, '0.1.0')
        })),
        { run: podsFollow('0.6.0', { claims: ['0.1.0'] }) },
        { run: helm('upgrade 0.6.0'), warns: kept('0.1.0', '0.6.0'), unchanged: true },
        { run: helm('rollback 5'), warns: kept('0.1.0', '0.5.0'), leaves: all('0.5.0', '0.1.0') },
        { run: helm('rollback'), warns: kept('0.1.0', '0.6.0'), leaves: all('0.6.0', '0.1.0') },
        { run: helm('rollback 1'), leaves: all('0.1.0'), asks: false },
        { run: helm('upgrade 0.6.0'), warns: kept('0.1.0', '0.6.0'), leaves: all('0.6.0', '0.1.0') },
        { run: helm('upgrade 0.6.0 --set replicas=2'), warns: kept('0.1.0', '0.6.0') },
        { run: podsFollow('0.6.0', { claims: ['0.1.0', '0.1.0'] }) }
      ]
    },
    {
      name: 'by force',
      steps: [
        installs(silent),
        { run: helm('upgrade 0.2.0 {force}'), warns: kept('0.1.0', '0.2.0'), leaves: all('0.2.0', '0.1.0') },
        { run: helm('upgrade 0.3.0 {force}'), warns: kept('0.1.0', '0.3.0'), leaves: all('0.3.0', '0.1.0') },
        { run: helm('rollback {force}'), warns: kept('0.1.0', '0.2.0'), leaves: all('0.2.0', '0.1.0') }
      ]
    },
    {
      name: 'applied by the server or by the client, in turns',
      only: 4,
      steps: [
        { ...installs(silent), owner: 'helm Apply' },
        ...[
          { to: '0.2.0', flag: 'true', owner: 'helm Apply' },
          { to: '0.3.0', flag: 'false', owner: 'helm Update' },
          // As the last time, unless told otherwise.
          { to: '0.4.0', flag: 'auto', owner: 'helm Update' },
          { to: '0.5.0', flag: 'true --force-conflicts', owner: 'helm Apply' },
          { to: '0.6.0', flag: 'auto', owner: 'helm Apply' }
        ].map(({ to, flag, owner }) => ({
          run: helm(`upgrade ${to} --server-side=${flag}`),
          warns: kept('0.1.0', to),
          leaves: all(to, '0.1.0'),
          owner
        }))
      ]
    },
    {
      name: 'a conflict is about what somebody else owns, never about what was put back',
      only: 4,
      steps: [
        installs(silent),
        { run: helm('upgrade 0.2.0'), warns: kept('0.1.0', '0.2.0'), leaves: all('0.2.0', '0.1.0') },
        {
          run: kubectl('set image statefulset/pgw pushgateway=quay.io/prometheus/pushgateway:v1.9.0'),
          leaves: 'deployed 0.2.0; runs 0.1.0 and 0.2.0; claim template 0.1.0'
        },
        {
          run: helm('upgrade 0.3.0'),
          fails: ({ namespace }) =>
            `Error: UPGRADE FAILED: conflict occurred while applying object ${namespace}/pgw apps/v1, Kind=StatefulSet: ` +
            'Apply failed with 1 conflict: conflict with "kubectl-set" using apps/v1: ' +
            '.spec.template.spec.containers[name="pushgateway"].image',
          leaves: 'failed 0.3.0; runs 0.1.0 and 0.2.0; claim template 0.1.0'
        },
        {
          run: helm('upgrade 0.3.0 --force-conflicts'),
          warns: kept('0.1.0', '0.3.0'),
          leaves: all('0.3.0', '0.1.0')
        }
      ]
    },
    {
      name: 'from Helm 3 to Helm 4 and back',
      only: 4,
      needs: 3,
      steps: [
        { run: helm('install 0.1.0', 3), warns: silent, leaves: all('0.1.0') },
        { run: helm('upgrade 0.2.0', 3), warns: kept('0.1.0', '0.2.0'), leaves: all('0.2.0', '0.1.0') },
        { run: helm('upgrade 0.3.0'), warns: kept('0.1.0', '0.3.0'), leaves: all('0.3.0', '0.1.0') },
        {
          run: helm('upgrade 0.4.0 --server-side=true'),
          warns: kept('0.1.0', '0.4.0'),
          leaves: all('0.4.0', '0.1.0'),
          owner: 'helm Apply'
        },
        { run: helm('upgrade 0.5.0', 3), warns: kept('0.1.0', '0.5.0'), leaves: all('0.5.0', '0.1.0') }
      ]
    },
    {
      name: 'what the release says, and what runs',
      steps: [
        installs(silent),
        { run: helm('upgrade 0.2.0'), warns: kept('0.1.0', '0.2.0'), leaves: all('0.2.0', '0.1.0') },
        { run: helm('upgrade 0.3.0 --dry-run=server'), asks: false, unchanged: true },
        { run: rehearse('0.3.0'), warns: kept('0.1.0', '0.3.0'), asks: true, unchanged: true },
        {
          run: compareManifest,
          warns: kept('0.1.0', '0.2.0'),
          finds: 'manifest 0.2.0; claim template 0.1.0; kubectl diff finds nothing',
          unchanged: true
        }
      ]
    },
    {
      name: 'a larger volume is refused, and the remediation is one',
      steps: [
        installs(silent),
        { run: podsFollow('0.1.0', { claims: ['0.1.0'] }) },
        {
          run: helm('upgrade 0.2.0 --set storage=2Gi'),
          fails: upgradeFails(deniedSize('0.1.0', '0.2.0')),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        },
        { run: theWayOut, leaves: 'failed 0.2.0; nothing runs' },
        { run: helm('upgrade 0.2.0 --set storage=2Gi'), warns: silent, leaves: all('0.2.0') },
        { run: podsFollow('0.2.0', { claims: ['0.1.0'] }) }
      ]
    },
    {
      name: 'with a rollback in store',
      steps: [
        installs(silent, 'install 0.1.0 --set replicas=0'),
        {
          run: helm('upgrade 0.2.0 --set replicas=0 {atomic} --timeout=20s'),
          warns: kept('0.1.0', '0.2.0'),
          leaves: all('0.2.0', '0.1.0')
        }
      ]
    },
    {
      name: 'what failed without Holdfast goes through',
      continues: 'no upgrade goes through',
      steps: [{ run: helm('upgrade 0.2.0'), warns: kept('0.1.0', '0.2.0'), leaves: all('0.2.0', '0.1.0') }]
    },
    {
      name: 'what was rejected goes through',
      continues: 'no way of sending it goes round',
      steps: [{ run: helm('upgrade 0.2.0'), warns: kept('0.1.0', '0.2.0'), leaves: all('0.2.0', '0.1.0') }]
    },
    {
      name: 'warn',
      mode: 'warn',
      steps: [
        installs(silent),
        {
          run: helm('upgrade 0.2.0'),
          warns: wouldKeep('0.1.0', '0.2.0'),
          fails: upgradeFails(refused),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        }
      ]
    },
    {
      name: 'audit',
      mode: 'audit',
      steps: [
        installs(silent),
        {
          run: helm('upgrade 0.2.0'),
          fails: upgradeFails(refused),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0',
          asks: true
        }
      ]
    }
  ]
}

/** After a restore, the release is one that the API server would not take: Holdfast is needed from then on. */
const REMOVED: Phase = {
  name: 'after Holdfast was removed',
  scenarios: [
    {
      name: 'what was restored can neither be upgraded nor rolled back',
      continues: 'by force',
      steps: [
        {
          run: helm('upgrade 0.2.0'),
          fails: upgradeFails(refused, 'patch'),
          leaves: 'failed 0.2.0; runs 0.2.0; claim template 0.1.0'
        },
        { run: helm('rollback 2'), fails: rollbackFails(refused, 'patch') },
        { run: theWayOutByHeart, leaves: 'failed 0.2.0; nothing runs' },
        { run: helm('upgrade 0.2.0'), leaves: all('0.2.0') }
      ]
    },
    {
      name: 'nor does it roll back by itself',
      continues: 'with a rollback in store',
      steps: [
        {
          run: helm('upgrade 0.3.0 --set replicas=0 {atomic} --timeout=20s'),
          fails: notRolledBack(refused, refused),
          leaves: 'failed 0.2.0; runs 0.2.0; claim template 0.1.0'
        }
      ]
    },
    {
      name: 'what went the remediation can be upgraded no better than before',
      continues: 'the upgrade is explained, and the remediation is one',
      steps: [
        {
          run: helm('upgrade 0.2.0'),
          fails: upgradeFails(refused),
          leaves: 'failed 0.2.0; runs 0.1.0; claim template 0.1.0'
        },
        { run: helm('rollback 1'), leaves: all('0.1.0') }
      ]
    }
  ]
}

const MAJORS: readonly Major[] = [3, 4]

endToEnd('Helm', { controllers: true }, async (t, stage) => {
  const found = await findHelms()
  for (const [major, { program, version }] of found) t.comment(`Helm ${major} is ${program}, ${version}`)
  const home = await helmHome(stage.kubectl, stage.isOwn)
  const helms = new Map([...found].map(([major, { program }]) => [major, helmWith(program, home.env)]))
  const cast: Cast = { stage, home, helms, scenes: new Map() }
  try {
    for (const phase of [WITHOUT, REJECT, RESTORE, REMOVED]) {
      await t.test(phase.name, async (t) => {
        await prepare(stage, phase)
        for (const major of MAJORS) {
          await t.test(`Helm ${major}`, { skip: isMissing(cast, major) }, (t) => playAll(t, cast, major, phase))
        }
      })
    }
  } finally {
    home.remove()
  }
})

interface Cast extends Pick<Scene, 'stage' | 'home' | 'helms'> {
  /** By major version and name of the scenario: later phases go on with what an earlier one has left. */
  scenes: Map<string, Scene>
}

function isMissing({ helms }: Cast, major: Major): string | false {
  return !helms.has(major) && `There is no Helm ${major} on the PATH (as helm, helm3 or helm4).`
}

async function prepare(stage: Stage, { configuration }: Phase): Promise<void> {
  if (configuration === undefined) await stage.uninstall()
  else await stage.install('cluster-wide', await stage.holdfast({ configuration }))
}

async function playAll(t: Test, cast: Cast, major: Major, { scenarios }: Phase): Promise<void> {
  for (const scenario of scenarios.filter(({ only = major }) => only === major)) {
    const { name, needs = major } = scenario
    await t.test(name, { skip: isMissing(cast, needs) }, async (t) => {
      const scene = await sceneFor(cast, major, scenario)
      cast.scenes.set(`${major} ${name}`, scene)
      await play(t, scene, scenario)
    })
  }
}

async function sceneFor({ scenes, ...cast }: Cast, major: Major, { continues, mode }: Scenario): Promise<Scene> {
  if (continues === undefined) return { ...cast, major, namespace: await cast.stage.namespace(mode), lastError: '' }
  const scene = scenes.get(`${major} ${continues}`)
  if (scene === undefined) throw new Error(`there was no scenario "${continues}"`)
  return scene
}

async function play(t: Test, scene: Scene, { steps }: Scenario): Promise<void> {
  let state = await stateOf(scene)
  for (const step of steps) {
    await t.test(step.run.title, async (t) => {
      const written = step.unchanged && (await writtenOf(scene))
      const asked = step.asks === undefined ? 0 : await updatesAsked(scene)

      const said = await step.run.act(scene)
      if (said.error !== '') scene.lastError = said.error
      t.strictSame({ ...said, error: shortened(said.error) }, expectedOf(step, scene), 'what is said')

      const before = state
      state = await stateOf(scene)
      t.equal(state, step.leaves ?? before, 'the release and what runs')
      if (step.unchanged) t.strictSame(await writtenOf(scene), written, 'nothing is written')
      if (step.asks !== undefined) t.equal((await updatesAsked(scene)) > asked, step.asks, 'whether Holdfast is asked')
      if (step.owner !== undefined) t.equal(await ownersOf(scene), step.owner, 'the owner of the claim templates')
    })
  }
}

function expectedOf({ fails, warns = silent, finds }: Step, scene: Scene): Said {
  const said = { warnings: warns(scene), error: fails?.(scene) ?? '' }
  return finds === undefined ? said : { ...said, found: finds }
}

/**
 * How often Holdfast was asked about an update of claim templates, by anybody: nothing else happens meanwhile. A changed
 * Pod template is looked at by another entry.
 */
async function updatesAsked({ stage }: Scene): Promise<number> {
  const modes = ['', 'warn.', 'audit.']
  const calls = await Promise.all(modes.map((mode) => stage.calls(`${mode}statefulsets.mutate.holdfast.dev`)))
  return calls.reduce((sum, count) => sum + count, 0)
}
