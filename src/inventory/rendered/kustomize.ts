import { renderFailure } from './helm.ts'
import { ProgramFailure, runProgram } from './run-program.ts'

/**
 * What `kubectl kustomize` prints, or `kustomize build` where there is no kubectl.
 *
 * @throws HoldfastError RENDER_PROGRAM_MISSING, RENDER_FAILED
 */
export async function kustomizeBuild(directory: string): Promise<readonly Buffer[]> {
  const path = directory.startsWith('-') ? `./${directory}` : directory
  const first = ['kustomize', path]
  try {
    return (await runProgram('kubectl', first)).stdout
  } catch (error) {
    if (!(error instanceof ProgramFailure && error.isMissing)) throw renderFailure('kubectl', first, error)
  }
  const second = ['build', path]
  try {
    return (await runProgram('kustomize', second)).stdout
  } catch (error) {
    // Of two that are missing, most have the first.
    if (error instanceof ProgramFailure && error.isMissing) throw renderFailure('kubectl', first, error)
    throw renderFailure('kustomize', second, error)
  }
}
