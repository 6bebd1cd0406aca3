import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'

/** What Pod Security "restricted" asks of a Pod, rule by rule, and whether it is kept. */
export function restricted(spec: IPodSpec): Record<string, boolean> {
  const all = [...spec.containers, ...(spec.initContainers ?? [])]
  const everywhere = (test: (it: IContainer) => boolean) => all.every(test)
  const VOLUMES = 'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' ')
  const SECCOMP = ['RuntimeDefault', 'Localhost']
  return {
    'shares no namespace with the node': !(spec.hostNetwork || spec.hostPID || spec.hostIPC),
    'opens no port on the node': everywhere((it) => (it.ports ?? []).every((port) => !port.hostPort)),
    'mounts nothing but the permitted kinds of volume': (spec.volumes ?? []).every((volume) =>
      Object.keys(volume).every((key) => key === 'name' || VOLUMES.includes(key))
    ),
    'is not privileged': everywhere((it) => !it.securityContext?.privileged),
    'cannot gain privileges': everywhere((it) => it.securityContext?.allowPrivilegeEscalation === false),
    'drops all capabilities': everywhere((it) => it.securityContext?.capabilities?.drop?.includes('ALL') ?? false),
    'adds no capability': everywhere((it) => (it.securityContext?.capabilities?.add ?? []).length === 0),
    'must not run as root': spec.securityContext?.runAsNonRoot === true,
    'names a user that is not root': (spec.securityContext?.runAsUser ?? 0) > 0,
    'nowhere takes that back': everywhere(
      (it) => it.securityContext?.runAsNonRoot !== false && it.securityContext?.runAsUser !== 0
    ),
    'has a seccomp profile': SECCOMP.includes(spec.securityContext?.seccompProfile?.type ?? ''),
    'nowhere loses it': everywhere((it) => SECCOMP.includes(it.securityContext?.seccompProfile?.type ?? 'Localhost')),
    'sets no sysctl': (spec.securityContext?.sysctls ?? []).length === 0,
    'keeps the default /proc': everywhere((it) => (it.securityContext?.procMount ?? 'Default') === 'Default'),
    // More than the standard asks for:
    'cannot write to its image': everywhere((it) => it.securityContext?.readOnlyRootFilesystem === true)
  }
}
