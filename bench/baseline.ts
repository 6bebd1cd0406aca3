import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

/**
 * What Holdfast is measured against: the least that an admission webhook can be. It reads the body, parses it, and
 * gives a fixed answer with a patch in it.
 */
const [certificate = '', privateKey = '', port = '0'] = process.argv.slice(2)
const patch = Buffer.from('[{"op":"add","path":"/spec/containers/0/lifecycle","value":{}}]').toString('base64')

createServer(
  { cert: readFileSync(certificate), key: readFileSync(privateKey), keepAliveTimeout: 120_000 },
  (request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const { uid } = JSON.parse(body).request
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid, allowed: true, patchType: 'JSONPatch', patch }
        })
      )
    })
  }
).listen(Number(port), '127.0.0.1')
