// From the authority to the file that the server opens: names, Secrets and paths must agree.
import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate'
import type { IIssuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { IService } from 'kubernetes-models/v1/Service'
import t from 'tap'
import { entriesOf, only, overlays, render, skip } from './render.ts'

const CONFIGURATIONS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']
const hours = (duration: string | undefined) => Number(/^(\d+)h$/.exec(duration ?? '')?.[1])

for (const overlay of overlays) {
  const manifests = () => render(`overlays/${overlay}`)
  const leaf = () => only<ICertificate>(manifests(), 'Certificate', 'holdfast-tls')
  const authority = () => only<ICertificate>(manifests(), 'Certificate', 'holdfast-ca')

  t.test(`${overlay}: the certificate is for the Service`, { skip }, async (t) => {
    const { name, namespace } = only<IService>(manifests(), 'Service').metadata
    const host = `${name}.${namespace}.svc`
    t.same(leaf().spec?.dnsNames, [host, `${host}.cluster.local`])
    for (const { clientConfig } of entriesOf(manifests())) {
      t.equal(`${clientConfig.service?.name}.${clientConfig.service?.namespace}.svc`, host, 'what is dialled')
    }
    t.match(leaf().spec, { usages: ['digital signature', 'server auth'], isCA: undefined })
  })

  t.test(`${overlay}: the chain of issuers`, { skip }, async (t) => {
    const issuerOf = (certificate: ICertificate) => {
      t.match(certificate.spec?.issuerRef, { group: 'cert-manager.io', kind: 'Issuer' })
      return only<IIssuer>(manifests(), 'Issuer', certificate.spec?.issuerRef.name)
    }
    t.same(issuerOf(leaf()).spec?.ca?.secretName, authority().spec?.secretName)
    t.same(issuerOf(authority()).spec?.selfSigned, {})
    t.equal(authority().spec?.isCA, true)
    for (const { kind, metadata } of manifests().filter((it) => it.apiVersion === 'cert-manager.io/v1')) {
      t.equal(metadata.namespace, only(manifests(), 'Namespace').metadata.name, `${kind} ${metadata.name}`)
    }
  })

  t.test(`${overlay}: keys and lifetimes`, { skip }, async (t) => {
    t.same(leaf().spec?.privateKey, { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' })
    // The same key on purpose: then a renewed authority vouches for what the old one signed.
    t.same(authority().spec?.privateKey, { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' })
    const day = 24
    t.ok(hours(leaf().spec?.duration) <= 90 * day, 'short-lived')
    t.ok(hours(leaf().spec?.renewBefore) >= 7 * day, 'a week to notice that it is not renewed')
    t.ok(hours(leaf().spec?.renewBefore) < hours(leaf().spec?.duration))
    t.ok(
      hours(authority().spec?.renewBefore) > hours(leaf().spec?.duration),
      'no certificate outlives the authority that signed it'
    )
  })

  t.test(`${overlay}: cert-manager fills caBundle in`, { skip }, async (t) => {
    for (const kind of CONFIGURATIONS) {
      t.equal(
        only(manifests(), kind).metadata.annotations?.['cert-manager.io/inject-ca-from'],
        `${leaf().metadata.namespace}/${leaf().metadata.name}`,
        kind
      )
    }
    t.notMatch(JSON.stringify(manifests()), /caBundle/, 'and nobody else does')
  })

  t.test(`${overlay}: the server opens what is mounted`, { skip }, async (t) => {
    const pod = only<IDeployment>(manifests(), 'Deployment').spec?.template.spec
    const [container] = pod?.containers ?? []
    const files: string[] = []
    for (const volume of pod?.volumes ?? []) {
      const mount = container?.volumeMounts?.find((it) => it.name === volume.name)
      for (const { secret } of volume.projected?.sources ?? []) {
        if (secret === undefined) continue
        t.equal(secret.name, leaf().spec?.secretName, 'the Secret that cert-manager writes')
        t.not(secret.optional, true, 'without it the Pod waits')
        for (const { key, path } of secret.items ?? []) files.push(`${key} ${mount?.mountPath}/${path}`)
      }
    }
    const arg = (name: string) => container?.args?.find((it) => it.startsWith(`--${name}=`))?.split('=')[1]
    t.same(files, [`tls.crt ${arg('tls-cert-file')}`, `tls.key ${arg('tls-private-key-file')}`])
  })
}
