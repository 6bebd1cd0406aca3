// npm run test:oracle -- [--pairs N] [--seed S] [--kubernetes MINOR…] [--only NUMBER]: what Holdfast says about updates of
// StatefulSets, compared with what real API servers do with them.

import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAssets, MINORS } from '../e2e/control-plane/build.ts'
import { findAssets, startControlPlane } from '../e2e/harness/control-plane.ts'
import { oracleIn } from './api-server.ts'
import { runOracle } from './run.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    kubernetes: { type: 'string', multiple: true, default: [...MINORS] },
    only: { type: 'string' }
  }
})

for (const minor of values.kubernetes) {
  const directory = await buildAssets(minor, process.env, (line) => process.stderr.write(`${line}\n`))
  const { assets, reason } = findAssets({ KUBEBUILDER_ASSETS: directory })
  if (assets === undefined) throw new Error(reason)
  const cluster = await startControlPlane(assets, { controllers: false })
  try {
    const only = values.only === undefined ? undefined : Number(values.only)
    const oracle = await oracleIn(cluster)
    const options = { pairs: Number(values.pairs), seed: values.seed, minor, only }
    const { disagreements, ...counts } = await runOracle(oracle, options).finally(() => oracle.close())
    const numbers = Object.entries(counts).map(([name, number]) => `${name} ${number}`)
    console.log(
      `Kubernetes ${minor}, seed ${values.seed}: ${numbers.join(', ')}, disagreements ${disagreements.length}`
    )
    if (disagreements.length > 0) {
      const file = join(tmpdir(), `holdfast-oracle-${minor}-${values.seed}.json`)
      writeFileSync(file, JSON.stringify(disagreements, null, 2))
      console.log(`  written to ${file}; to repeat the first, run with --only ${disagreements[0]?.pair.split('/')[0]}`)
      process.exitCode = 1
    }
  } finally {
    await cluster.stop()
  }
}
